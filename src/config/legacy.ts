// What netifyd's configuration has and Dipper does not need: accepted with one notice each, never an error. A
// configuration that works there starts here.

const noUpload = 'nothing is uploaded';
const noPlugins = 'there are no plugins; clients read the stream';
const notPinned = 'threads are not pinned; the service manager can (CPUAffinity=)';
const noApi = 'nothing is fetched from a vendor';
const perInterface = 'give address[n] or filter in the section of the interface';

const dipperd: Readonly<Record<string, string>> = {
  enable_sink: noUpload,
  url_sink: noUpload,
  upload_connect_timeout: noUpload,
  upload_timeout: noUpload,
  upload_xfer_timeout: noUpload,
  sink_connect_timeout: noUpload,
  sink_xfer_timeout: noUpload,
  sink_max_post_errors: noUpload,
  max_backlog_kb: noUpload,
  ssl_verify: noUpload,
  ssl_verify_peer: noUpload,
  ssl_use_tlsv1: noUpload,
  max_packet_queue_kb: 'packets wait in the ring of the interface; rb_blocks is its size',
  max_capture_length: 'whole frames are looked at',
  soft_dissectors: 'they are part of the detection',
  flow_map_buckets: 'the table of flows sizes itself',
  syn_scan_protection: 'flows that were never answered make room first in any case',
  load_domains: 'lists of domains are not read',
  path_domains: 'lists of domains are not read',
  path_app_config: 'application lists of netifyd are not read',
  path_cat_config: 'category lists of netifyd are not read',
  path_legacy_config: 'application lists of netifyd are not read',
  path_interfaces: 'interfaces stand in this file',
  path_plugins: noPlugins,
  path_plugin_libdir: noPlugins,
  path_shared_data: noApi,
  path_license_manager: 'there is no licence to check',
  path_server_socket: 'the stream has the listeners of [socket]',
  profile: 'all settings stand in this file',
  auto_informatics: noUpload,
  auto_flow_expiry: 'flows end with the daemon',
  enable_coredumps: 'the service manager decides (LimitCORE=)',
  use_getifaddrs: 'addresses come from netlink',
  network_namespace: 'the service manager chooses it (NetworkNamespacePath=)',
  lan_networks: perInterface,
  vlan_networks: perInterface,
  ignore_networks: perInterface,
  ignore_macs: perInterface,
};

const ring = {
  fanout_flags: 'fragments and full rings are handled without',
  queue_id: 'there is no NFQUEUE source',
  queue_instances: 'there is no NFQUEUE source',
  conntrack_counters: 'every packet is counted where it is captured',
};

/** Property of the section (`interfaces` for every interface) -> key -> why it has no meaning. */
export const legacyKeys: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  dipperd,
  threads: {
    capture_base: notPinned,
    conntrack: notPinned,
    detection_base: notPinned,
    sink: notPinned,
    socket: notPinned,
  },
  flow_hash_cache: { purge_divisor: 'a full cache forgets what was unused longest' },
  dns_hint_cache: { partial_lookups: 'a hint never replaces a name that the flow itself gave' },
  netlink: {
    buffer_size: 'what was lost of addresses and routes is asked for again',
    bridge_pvid_discovery: 'VLAN tags are those of the frames',
  },
  capture_defaults: ring,
  capture_defaults_tpv3: ring,
  interfaces: ring,
};

interface LegacySection {
  readonly pattern: RegExp;
  /** As documents write it. */
  readonly shown: string;
  readonly why: string;
}

export const legacySections: readonly LegacySection[] = [
  { pattern: /^watches$/, shown: 'watches', why: 'files are not watched' },
  { pattern: /^(services|tasks)$/, shown: 'services, tasks', why: noPlugins },
  { pattern: /^sink-headers$/, shown: 'sink_headers', why: noUpload },
  {
    pattern: /^(plugins|(plugin|proc|sink)-.+)$/,
    shown: 'proc-TAG, sink-TAG',
    why: noPlugins,
  },
  { pattern: /^netify-api$/, shown: 'netify-api', why: noApi },
  { pattern: /^protocols$/, shown: 'protocols', why: 'all protocols of libndpi are on' },
];

/** Why the section has no meaning, or undefined when it is not one of netifyd's. */
export function legacySection(name: string): string | undefined {
  return legacySections.find(({ pattern }) => pattern.test(name))?.why;
}
