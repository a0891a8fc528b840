// The only door to the native addon: what it exports, typed by hand, and how it is loaded. A test compares this
// interface with the exports. Nothing but src/capture and src/daemon uses it.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DipperError } from './errors.js';

/** An Error thrown or returned by the addon: sysexits code, for some our own, for damaged captures the byte offset. */
export interface NativeError extends Error {
  exitCode: number;
  code?: string;
  offset: number;
}

export interface NativeEngine {
  start(): void;
  /** Graceful: reads no more; the lines of what was read are still to be drained. */
  stop(): void;
  /** The descriptor that state `needs_descriptor` waits for. False: not wanted, or not of its kind; still the caller's. */
  provideDescriptor(descriptor: number): boolean;
  /** Looks at once whether an interface has come back. */
  retrySource(): void;
  /** Ends at once and joins all threads. Idempotent. */
  close(): void;
  /** Copies whole lines into `buffer` (at least 512 KiB); returns the bytes. 0: nothing now, a wake-up will come. */
  drain(buffer: Uint8Array): number;
  finished(): boolean;
  failure(): NativeError | undefined;
  /** The live ones of `numbers`. This and the next: false when the workers' mailboxes are full. */
  setLiveOptions(numbers: Float64Array): boolean;
  /** Prefixes as `address/bits`, and the position of each one's class in `addressClasses`. */
  setNetworks(prefixes: readonly string[], classes: Uint8Array): boolean;
  setApplications(table: NativeApplications | undefined): boolean;
  /** Modules with these files (order of `fileNames`) for flows to come. Rejects with exitCode 78, and nothing changes then. */
  loadNdpiFiles(files: readonly string[]): Promise<void>;
  expireAll(): boolean;
  /** `explain`: flows say why they are their application. `digest`: 20 bytes, that flow alone. */
  snapshot(id: number, explain?: boolean, digest?: Uint8Array): boolean;
  cancelSnapshot(id: number): void;
  /** Live memory of the counters, laid out by `counterLayout`; stays readable after close. */
  counters(): ArrayBuffer | undefined;
}

/** A source by its type and the fields that it knows (addon/sources/sources.h); what is absent has its default. */
export interface NativeSource {
  readonly type: string;
  readonly path?: string;
  readonly interface?: string;
  readonly filter?: string;
  readonly promiscuous?: boolean;
  readonly waitForInterface?: boolean;
  readonly recordedPace?: boolean;
  readonly live?: boolean;
  readonly resumable?: boolean;
  readonly fanoutGroup?: number;
  /** The source closes it, also when it cannot be opened. */
  readonly descriptor?: number;
  readonly blockBytes?: number;
  readonly blocks?: number;
  readonly frameBytes?: number;
  readonly retireMs?: number;
}

export interface NativeEngineClass {
  new (
    source: NativeSource,
    interfaceName: string,
    numbers: Float64Array,
    files: readonly string[],
    wake: () => void,
    conntrack?: NativeConntrackMonitor,
    dnsHints?: NativeDnsHints,
    flowHashes?: NativeFlowHashes,
    applications?: NativeApplications,
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

/** The calling thread's credentials; `effective` is the set of capabilities as 16 hexadecimal digits. */
export interface NativePrivileges {
  readonly uid: number;
  readonly gid: number;
  readonly netRaw: boolean;
  readonly netAdmin: boolean;
  readonly effective: string;
  readonly noNewPrivileges: boolean;
}

export interface NativeOpener {
  readonly pid: number;
  /** A new descriptor, owned by the caller. Blocks for `timeoutMs` at most. */
  request(kind: string, timeoutMs: number): number;
  /** Ends the process. Idempotent. */
  close(): void;
}

export interface NativeOpenerClass {
  new (
    path: string,
    user: string,
    group: string,
    conntrack: boolean,
    timeoutMs: number,
  ): NativeOpener;
}

export interface NativeNames {
  readonly protocols: readonly {
    readonly id: number;
    readonly name: string;
    /** Id of its category. */
    readonly category: number;
    /** Known by names and addresses, carried by another protocol. */
    readonly application: boolean;
  }[];
  readonly categories: readonly { readonly id: number; readonly name: string }[];
  readonly risks: readonly { readonly id: number; readonly name: string }[];
}

export interface NativeConntrackState {
  readonly records: number;
  readonly evicted: number;
  readonly expired: number;
  readonly messages: number;
  readonly dumps: number;
  readonly overruns: number;
  readonly malformed: number;
  /** errno of the last dump when it was refused, else 0. */
  readonly refusal: number;
  /** The whole table was read once. */
  readonly complete: boolean;
}

export interface NativeConntrackMonitor {
  /** Opens a socket (-1) or takes over an opener's, and follows it from then on. Throws; may be called again. */
  open(descriptor: number): void;
  state(): NativeConntrackState;
  /** Ends the monitor and joins its thread. The table stays for the engines that have it. Idempotent. */
  close(): void;
}

export interface NativeDnsHints {
  size(): number;
  counters(): {
    readonly learned: number;
    readonly hits: number;
    readonly misses: number;
    readonly evicted: number;
  };
  export(): Buffer;
  /** The entries that it has then; -1 for what is no export, or when an engine has used it already. */
  import(bytes: Uint8Array): number;
}

export interface NativeDnsHintsClass {
  new (entries: number, minTtlS: number, maxTtlS: number): NativeDnsHints;
}

/** What definitions say, a typed array or a block of texts (each with a NUL behind it) a column; addon/core/applications.h. */
export interface ApplicationColumns {
  readonly applicationIds: Uint32Array;
  readonly applicationTags: Uint8Array;
  readonly applicationCategories: Uint8Array;
  readonly files: Uint8Array;
  /** Of each rule, in order of precedence, the position of its application and of its file. */
  readonly ruleApplications: Uint32Array;
  readonly ruleFiles: Uint32Array;
  readonly ruleLines: Uint32Array;
  readonly ruleTexts: Uint8Array;
  readonly domainRules: Uint32Array;
  /** 1 the name itself, 2 what is below it. */
  readonly domainFlags: Uint8Array;
  readonly domainNames: Uint8Array;
  readonly textRules: Uint32Array;
  /** 1 at the start only, 2 at the end only. */
  readonly textFlags: Uint8Array;
  readonly texts: Uint8Array;
  readonly regexRules: Uint32Array;
  /** Words of each program, then the words of all (src/regex/program-words.ts). */
  readonly regexSizes: Uint32Array;
  readonly regexWords: Uint32Array;
  readonly prefixRules: Uint32Array;
  /** 4 or 6. */
  readonly prefixVersions: Uint8Array;
  readonly prefixBits: Uint8Array;
  /** 16 bytes each, IPv4 in the first four. */
  readonly prefixAddresses: Uint8Array;
  readonly portRules: Uint32Array;
  /** First port in the upper 16 bits, last one in the lower. */
  readonly portRanges: Uint32Array;
  readonly portProtocols: Uint8Array;
  readonly libraryRules: Uint32Array;
  readonly libraryNames: Uint8Array;
  readonly transformSizes: Uint32Array;
  readonly transformWords: Uint32Array;
  readonly transformReplacements: Uint8Array;
  readonly transformTexts: Uint8Array;
  /** Positions of files, as of rules. */
  readonly transformFiles: Uint32Array;
  readonly transformLines: Uint32Array;
  /** Ascending. */
  readonly listPriorities: Uint32Array;
  readonly listCategories: Uint8Array;
  /** Of each listed name the position of its list. */
  readonly listedIn: Uint32Array;
  readonly listedNames: Uint8Array;
}

/** Numbers are positions of rules and of lists; -1 is none. */
export interface NativeApplications {
  findName(name: string): [rule: number, list: number];
  findAddress(address: string): number;
  findPort(ipProtocol: number, port: number): number;
  findLibrary(protocol: string): number;
  bytes(): number;
  /** Rules whose regular expressions are not used, because there are too many of their kind. */
  leftOut(): number[];
}

export interface NativeApplicationsClass {
  new (columns: ApplicationColumns): NativeApplications;
}

export interface NativeConntrackMonitorClass {
  new (
    capacity: number,
    lingerS: number,
    idleS: number,
    receiveBuffer: number,
  ): NativeConntrackMonitor;
}

export interface NativeFlowHashes {
  size(): number;
  counters(): {
    readonly entries: number;
    readonly hits: number;
    readonly misses: number;
    readonly forgotten: number;
  };
  export(): Buffer;
  /** Returns the entries that it has then. Throws for damaged bytes, and once an engine was made with it. */
  import(bytes: Uint8Array): number;
}

export interface NativeFlowHashesClass {
  new (entries: number): NativeFlowHashes;
}

export interface NativeRouteMonitor {
  start(): void;
  /** The whole state as JSON (src/capture/links.ts), as of now; `wake` is called again for what comes later. */
  state(): string | undefined;
  /** Ends the monitor and joins its thread. Idempotent. */
  close(): void;
}

export interface NativeRouteMonitorClass {
  new (wake: () => void): NativeRouteMonitor;
}

export interface Addon {
  readonly Engine: NativeEngineClass;
  readonly Applications: NativeApplicationsClass;
  readonly ConntrackMonitor: NativeConntrackMonitorClass;
  readonly DnsHints: NativeDnsHintsClass;
  readonly FlowHashes: NativeFlowHashesClass;
  readonly RouteMonitor: NativeRouteMonitorClass;
  /** Names of a detection module that has these files loaded (order of Engine.fileNames). Throws. */
  protocols(files: readonly string[]): NativeNames;
  readonly Opener: NativeOpenerClass;
  privileges(): NativePrivileges;
  /** Ids of a user and a group; an empty group is the user's own. Exit code 67 when there is none. */
  findAccount(user: string, group: string): { readonly uid: number; readonly gid: number };
  /** For good and on all threads; returns how many were verified. After an error the process must end. */
  dropPrivileges(user: string, group: string): number;
  /** sd_notify(3): one datagram. Nothing is sent when `socketPath` is empty. */
  notifyServiceManager(socketPath: string, state: string): void;
  /** A descriptor that holds the lock. The error has `holder`: the PID of who holds it, 0 when unknown. */
  lockPidFile(path: string): number;
  /** The PID of who holds the lock of `path`, 0 when nobody does. */
  pidFileHolder(path: string): number;
  /** Version of the libndpi that runs, for example `4.2.0`. */
  readonly libraryVersion: string;
  readonly counterLayout: CounterLayout;
  readonly tunnels: readonly string[];
  /** Names of the counter `source_state`. */
  readonly sourceStates: readonly string[];
  /** What libpcap says against a packet filter; undefined when it compiles. */
  filterProblem(filter: string): string | undefined;
  /** Descriptors of a new pipe, not inherited by programs; both are the caller's. Throws when there are none left. */
  makePipe(): [read: number, write: number];
}

let loaded: Addon | undefined;

/** Where the build puts programs that belong to the addon, `dipper-opener` for one. */
export function nativeProgram(name: string): string {
  return join(dirname(createRequire(import.meta.url).resolve('#addon')), name);
}

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
