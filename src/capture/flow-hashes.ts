// What flows that ended were called, shared by all engines of the process: which digest a flow's addresses and ports had
// before. Bounded; the longest unused are forgotten.
import { loadAddon, type NativeFlowHashes } from '../addon.js';
import { DipperError } from '../errors.js';

export interface FlowHashCounters {
  readonly entries: number;
  /** Records that had one before. */
  readonly hits: number;
  readonly misses: number;
  /** Made room for others. */
  readonly forgotten: number;
}

export class FlowHashes {
  /** For Engine alone. */
  readonly native: NativeFlowHashes;

  /** Throws ERR_OPTION_INVALID. Each entry takes 48 bytes when it is used. */
  constructor(entries: number) {
    if (!Number.isInteger(entries) || entries < 1 || entries > 1 << 24)
      throw new DipperError(
        'ERR_OPTION_INVALID',
        `flow hashes: ${entries} entries; it must be a whole number from 1 to ${1 << 24}`,
      );
    this.native = new (loadAddon().FlowHashes)(entries);
  }

  get size(): number {
    return this.native.size();
  }

  counters(): FlowHashCounters {
    return this.native.counters();
  }

  /** Everything, and the secret that gives it meaning, as bytes (addon/core/flow_hashes.h). */
  export(): Uint8Array {
    return this.native.export();
  }

  /**
   * Takes over what was exported, in the place of what there is, before an engine is made with it. Returns the entries; when
   * there is no room for all, those used last. Throws an Error that says what is wrong with the bytes.
   */
  import(content: Uint8Array): number {
    return this.native.import(content);
  }
}
