// What flows have taught and later flows use: DNS hints and digests of flows that ended. Shared by all engines, kept in
// files by the state.
import { DnsHints } from '../capture/dns-hints.js';
import type { EngineOptions } from '../capture/engine.js';
import { FlowHashes } from '../capture/flow-hashes.js';
import type { Config } from '../config/index.js';
import type { CacheRow } from '../state/caches.js';

/** A cache, the row of its file, what engines are given of it, and its size in the status. */
interface Learning {
  readonly row: CacheRow;
  readonly part: Partial<EngineOptions>;
  readonly sizes: () => { readonly dnsHints?: number; readonly flowHashes?: number };
}

const headerBytes = 64;
/** A file of so many entries is read also where `cache_size` has become smaller. */
const entriesRead = 1 << 20;

function flowHashes({ enable, save, cache_size: entries }: Config['flow_hash_cache']): Learning[] {
  if (!enable) return [];
  const cache = new FlowHashes(entries);
  const limit = headerBytes + 36 * Math.max(entries, entriesRead);
  return [
    {
      row: {
        ...{ name: 'flow-hashes.cache', kind: 'fhc', version: 1, limit },
        ...{ place: save, content: cache },
      },
      part: { flowHashes: cache },
      sizes: () => ({ flowHashes: cache.size }),
    },
  ];
}

/** A name of 255 bytes and what stands beside it. */
const hintBytes = 320;

function dnsHints({
  enable,
  save,
  ttl,
  cache_size: entries,
}: Config['dns_hint_cache']): Learning[] {
  if (!enable) return [];
  const cache = new DnsHints({ entries, minTtlS: Math.min(300, ttl), maxTtlS: ttl });
  const limit = headerBytes + hintBytes * Math.max(entries, 1 << 16);
  return [
    {
      row: {
        ...{ name: 'dns-hints.cache', kind: 'dhc', version: 1, limit },
        ...{ place: save, content: cache },
      },
      part: { dnsHints: cache },
      sizes: () => ({ dnsHints: cache.size }),
    },
  ];
}

export class Learned {
  readonly #learnings: readonly Learning[];

  constructor(config: Config) {
    this.#learnings = [...flowHashes(config.flow_hash_cache), ...dnsHints(config.dns_hint_cache)];
  }

  rows(): CacheRow[] {
    return this.#learnings.map(({ row }) => row);
  }

  engineParts(): Partial<EngineOptions> {
    return Object.assign({}, ...this.#learnings.map(({ part }) => part)) as Partial<EngineOptions>;
  }

  sizes(): { dnsHints?: number; flowHashes?: number } {
    return Object.assign({}, ...this.#learnings.map(({ sizes }) => sizes())) as ReturnType<
      Learned['sizes']
    >;
  }
}
