// Names of servers, learned by engines from the DNS answers that their clients were given. Held natively, shared by engines;
// here its limits, its size, and its bytes for a file.
import { loadAddon, type NativeDnsHints } from '../addon.js';
import { DipperError } from '../errors.js';

export interface DnsHintsOptions {
  /** Hints remembered; beyond it the longest unused are forgotten (default 65,536). */
  readonly entries?: number;
  /** A hint lives as long as its answer's TTL, and at least so long: clients do not ask again at once (default 300). */
  readonly minTtlS?: number;
  /** And at most so long (default 86,400). */
  readonly maxTtlS?: number;
}

export class DnsHints {
  /** For Engine alone. */
  readonly native: NativeDnsHints;

  /** Throws ERR_OPTION_INVALID. */
  constructor({ entries = 65_536, minTtlS = 300, maxTtlS = 86_400 }: DnsHintsOptions = {}) {
    for (const [name, value] of Object.entries({ entries, maxTtlS }))
      if (!Number.isInteger(value) || value < 1 || value > 1 << 24)
        throw new DipperError(
          'ERR_OPTION_INVALID',
          `${name} is ${value}; it must be a whole number from 1 to ${1 << 24}`,
        );
    if (!Number.isInteger(minTtlS) || minTtlS < 0)
      throw new DipperError(
        'ERR_OPTION_INVALID',
        `minTtlS is ${minTtlS}; it must be a whole number from 0`,
      );
    this.native = new (loadAddon().DnsHints)(entries, Math.min(minTtlS, maxTtlS), maxTtlS);
  }

  get size(): number {
    return this.native.size();
  }

  /** Since the start: answers learned, flows that found a name or none, hints that made room for others. */
  counters(): ReturnType<NativeDnsHints['counters']> {
    return this.native.counters();
  }

  /**
   * For a file: names with their ends, under keyed hashes of the two addresses. It names no host, but whoever has it can test
   * a guess.
   */
  export(): Buffer {
    return this.native.export();
  }

  /** Takes an export over, before any engine has the hints; returns the entries. Throws ERR_OPTION_INVALID otherwise. */
  import(bytes: Uint8Array): number {
    const entries = this.native.import(bytes);
    if (entries < 0)
      throw new DipperError(
        'ERR_OPTION_INVALID',
        'these are no DNS hints of this version, or an engine uses the hints already',
      );
    return entries;
  }
}
