// The only door to the native addon: what it exports, typed by hand, and how it is loaded. A test compares this
// interface with the exports. Nothing but src/capture uses it.
import { createRequire } from 'node:module';
import { DipperError } from './errors.js';

/** An Error thrown or returned by the addon: sysexits code, and for damaged captures the byte offset. */
export interface NativeError extends Error {
  exitCode: number;
  offset: number;
}

export interface NativeEngine {
  start(): void;
  /** Graceful: reads no more; the lines of what was read are still to be drained. */
  stop(): void;
  /** Ends at once and joins all threads. Idempotent. */
  close(): void;
  /** Copies whole lines into `buffer` (at least 512 KiB); returns the bytes. 0: nothing now, a wake-up will come. */
  drain(buffer: Uint8Array): number;
  finished(): boolean;
  failure(): NativeError | undefined;
  /** Live memory of the counters, laid out by `counterLayout`; stays readable after close. */
  counters(): ArrayBuffer | undefined;
}

export interface NativeEngineClass {
  new (
    sourceType: string,
    path: string,
    interfaceName: string,
    numbers: Float64Array,
    files: readonly string[],
    wake: () => void,
  ): NativeEngine;
  /** What each position of `numbers` means. */
  readonly numberNames: readonly string[];
  readonly fileNames: readonly string[];
}

export interface CounterLayout {
  readonly reader: readonly string[];
  readonly worker: readonly string[];
  readonly discards: readonly string[];
  /** In 64-bit cells. */
  readonly workerOffset: number;
  readonly workerStride: number;
}

export interface Addon {
  readonly Engine: NativeEngineClass;
  /** Version of the libndpi that runs, for example `4.2.0`. */
  readonly libraryVersion: string;
  readonly counterLayout: CounterLayout;
  readonly tunnels: readonly string[];
}

let loaded: Addon | undefined;

/** Loads the addon once. Throws ERR_ADDON_UNAVAILABLE with the loader's reason and the remedy. */
export function loadAddon(): Addon {
  if (loaded) return loaded;
  try {
    loaded = createRequire(import.meta.url)('#addon') as Addon;
    return loaded;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new DipperError(
      'ERR_ADDON_UNAVAILABLE',
      `the native addon cannot be loaded: ${reason}; build it with \`npm run build\``,
      { cause },
    );
  }
}
