// What flows have taught and later flows use: DNS hints and digests of flows that ended. Shared by all engines, kept in
// files by the state.
import type { EngineOptions } from '../capture/engine.js';
import type { CacheRow } from '../state/caches.js';

export class Learned {
  rows(): CacheRow[] {
    return [];
  }

  engineParts(): Partial<EngineOptions> {
    return {};
  }

  sizes(): { dnsHints?: number; flowHashes?: number } {
    return {};
  }
}
