// The configuration as one schema: its sections by the names that the file has, and the type of the whole.
import { type Static, type TObject, Type } from 'typebox';
import { applications } from './applications.js';
import {
  capture,
  captureDefaults,
  captureDefaultsRing,
  captureInterface,
  captureRing,
  Interface as InterfaceSchema,
} from './capture.js';
import { dipperd } from './dipperd.js';
import { dnsHintCache, flowHashCache, ndpi, netlink, threads } from './engine.js';
import { devices, geoip } from './enrichment.js';
import { privacyReplacement, privacySection } from './privacy.js';
import { type Listener as ListenerSchema, socketListener, socketSection } from './socket.js';

export const ConfigSchema = Type.Object(
  {
    dipperd,
    threads,
    netlink,
    ndpi,
    applications,
    flow_hash_cache: flowHashCache,
    dns_hint_cache: dnsHintCache,
    devices,
    geoip,
    socket: socketSection,
    privacy_filter: privacySection,
    capture_defaults: captureDefaults,
    capture_defaults_tpv3: captureDefaultsRing,
    interfaces: Type.Array(InterfaceSchema, { default: [], maxItems: 256 }),
  },
  { $id: 'configuration', additionalProperties: false },
);

type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** The whole configuration with every default filled in; frozen at every depth. */
export type Config = DeepReadonly<Static<typeof ConfigSchema>>;
/** One entry of `interfaces`: what is not set there has the value of the capture defaults. */
export type InterfaceConfig = Config['interfaces'][number];
/** The keys of one listener index: a path, an address, or both. `listenersOf` makes listeners of them. */
export type ListenerKeys = DeepReadonly<Static<typeof ListenerSchema>>;

/** Several keys that belong together by their index: `listen_address[1]`, `listen_port[1]`. */
export interface Group {
  /** The property of the section that holds the entries. */
  readonly property: string;
  readonly keys: TObject['properties'];
  /** The keys that make an entry; without an index they mean the first one. The others, without an index, mean all. */
  readonly makers: readonly string[];
}

export interface Section {
  /** As the file writes it. `-` and `_` are the same there, and case does not matter. */
  readonly name: string;
  /** The property of the configuration. */
  readonly property: Exclude<keyof Config, 'interfaces'>;
  readonly aliases: readonly string[];
  readonly description: string;
  /** Keys with one value, and lists (`key[n]`). */
  readonly keys: TObject['properties'];
  readonly group?: Group;
}

const section = (
  name: string,
  property: Section['property'],
  aliases: readonly string[] = [],
  group?: Group,
): Section => {
  const schema = ConfigSchema.properties[property] as TObject & { description?: string };
  const keys = { ...schema.properties };
  if (group !== undefined) delete keys[group.property];
  return {
    name,
    property,
    aliases,
    description: schema.description ?? '',
    keys,
    ...(group === undefined ? {} : { group }),
  };
};

/** In the order of the sample file. */
export const sections: readonly Section[] = [
  section('dipperd', 'dipperd', ['netifyd']),
  section('socket', 'socket', [], {
    property: 'listeners',
    keys: socketListener,
    makers: ['listen_path', 'listen_address'],
  }),
  section('capture-defaults', 'capture_defaults'),
  section('capture-defaults-tpv3', 'capture_defaults_tpv3'),
  section('netlink', 'netlink'),
  section('threads', 'threads'),
  section('ndpi', 'ndpi'),
  section('applications', 'applications'),
  section('flow-hash-cache', 'flow_hash_cache'),
  section('dns-hint-cache', 'dns_hint_cache'),
  section('devices', 'devices'),
  section('geoip', 'geoip'),
  section('privacy-filter', 'privacy_filter', [], {
    property: 'replacements',
    keys: privacyReplacement,
    makers: ['regex_search', 'regex_replace'],
  }),
];

/** `[capture-interface-NAME]`: its own keys and every capture default. */
export const interfaceSection = {
  prefix: 'capture-interface-',
  description: 'One interface or capture file; any capture default may be set for it.',
  keys: { ...captureInterface, ...capture, ...captureRing } as TObject['properties'],
} as const;
