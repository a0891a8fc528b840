// The options of the daemon as a table: ours, and those of netifyd 3.07, 4.x and 5.x with what became of them.
// The parser, the help text and the page on migration are made from it.
import type { DumpSubject } from './command-line-types.js';

export type Action =
  /** Opens an interface; what binds to an interface follows it. */
  | { readonly kind: 'interface'; readonly role: 'LAN' | 'WAN' }
  | { readonly kind: 'bound'; readonly to: 'addresses' | 'filter' | 'peer' }
  /** Gives a key of the configuration; `text` when the option has no argument. */
  | { readonly kind: 'set'; readonly section: string; readonly key: string; readonly text?: string }
  | { readonly kind: 'mode'; readonly mode: 'check' | 'version' | 'help' | 'status' | 'uuid' }
  | { readonly kind: 'mode'; readonly mode: 'provision' | 'hash' }
  | { readonly kind: 'dump'; readonly subject: Exclude<DumpSubject, `${string}-categories`> }
  | { readonly kind: 'dump-category' }
  | { readonly kind: 'dump-modifier'; readonly modifier: 'sortByTag' | 'withCategories' }
  | { readonly kind: 'config' | 'debug' | 'verbose' | 'foreground' | 'workers' | 'key' }
  /** No meaning here. */
  | { readonly kind: 'notice'; readonly why: string }
  /** It did a task of its own and ended; here it does nothing and ends. */
  | { readonly kind: 'notice-and-end'; readonly why: string };

export interface OptionRow {
  readonly short?: string;
  readonly long: readonly string[];
  /** Name of the argument; absent without one. */
  readonly argument?: string;
  readonly action: Action;
  /** For the help text; an option without meaning has none. */
  readonly help?: string;
  /** Versions of netifyd that have it; absent for ours. */
  readonly netifyd?: string;
  /** The argument is a path: relative ones are taken from the folder of the caller. */
  readonly isPath?: true;
}

const noUpload = 'nothing is uploaded';
const noApi = 'nothing is fetched from a vendor';
const notPinned = 'threads are not pinned; the service manager can (CPUAffinity=)';
const noLists =
  'the definitions are files already: `dipper list applications`, etc/dipper/applications.d';

const set = (section: string, key: string, text?: string): Action => ({
  kind: 'set',
  section,
  key,
  ...(text === undefined ? {} : { text }),
});
const notice = (why: string): Action => ({ kind: 'notice', why });
const end = (why: string): Action => ({ kind: 'notice-and-end', why });

export const optionRows: readonly OptionRow[] = [
  {
    short: 'I',
    long: ['internal'],
    argument: 'IFACE',
    action: { kind: 'interface', role: 'LAN' },
    help: 'capture on a local interface; IFACE,FILE replays a capture file under that name, FILE alone under the name offline0, offline1, ...',
    netifyd: '3.x, 4.x, 5.x',
  },
  {
    short: 'E',
    long: ['external'],
    argument: 'IFACE',
    action: { kind: 'interface', role: 'WAN' },
    help: 'the same for an interface to the outside',
    netifyd: '3.x, 4.x, 5.x',
  },
  {
    short: 'A',
    long: ['device-address'],
    argument: 'CIDR',
    action: { kind: 'bound', to: 'addresses' },
    help: 'a local address with its network, for the interface before it; may be repeated',
    netifyd: '3.x, 4.x, 5.x',
  },
  {
    short: 'F',
    long: ['device-filter'],
    argument: 'EXPR',
    action: { kind: 'bound', to: 'filter' },
    help: 'capture only what the expression (pcap-filter(7)) lets through, for the interface before it',
    netifyd: '3.x, 4.x, 5.x',
  },
  {
    short: 'N',
    long: ['device-peer', 'device-netlink'],
    argument: 'IFACE',
    action: { kind: 'bound', to: 'peer' },
    help: 'addresses and routes of IFACE count as those of the interface before it (PPPoE)',
    netifyd: '3.x (--device-netlink), 4.x, 5.x',
  },
  {
    short: 'c',
    long: ['config'],
    argument: 'FILE',
    action: { kind: 'config' },
    help: 'the configuration (default /etc/dipperd.conf)',
    netifyd: '3.x, 4.x, 5.x',
    isPath: true,
  },
  {
    long: ['check'],
    action: { kind: 'mode', mode: 'check' },
    help: 'name every problem of the configuration and end: 0 when there is none, else 78',
  },
  {
    long: ['set'],
    argument: 'SECTION.KEY=VALUE',
    action: { kind: 'key' },
    help: 'any key of the configuration, as in --set socket.listen_port[0]=7151; may be repeated',
  },
  {
    long: ['workers'],
    argument: 'N',
    action: { kind: 'workers' },
    help: 'threads that analyse, for each interface; -1 = one for each processor',
  },
  {
    long: ['log-level'],
    argument: 'LEVEL',
    action: set('dipperd', 'log_level'),
    help: 'trace, debug, info, warn, error, fatal or silent',
  },
  {
    long: ['insecure'],
    action: set('socket', 'insecure', 'yes'),
    help: 'TCP listeners beyond the loopback may do without TLS and token',
  },
  {
    short: 'd',
    long: ['debug'],
    action: { kind: 'debug' },
    help: 'stay in the foreground, write no PID file, log more; twice for most',
    netifyd: '3.x, 4.x, 5.x',
  },
  {
    short: 'v',
    long: ['verbose'],
    action: { kind: 'verbose' },
    help: 'with -d, a line for each detection',
    netifyd: '3.x, 4.x',
  },
  {
    short: 'R',
    long: ['remain-in-foreground'],
    action: { kind: 'foreground' },
    help: 'stay in the foreground',
    netifyd: '3.x, 4.x, 5.x',
  },
  {
    short: 'r',
    long: ['replay-delay'],
    action: set('capture-defaults', 'replay_delay', 'yes'),
    help: 'replay capture files in their own time',
    netifyd: '3.x, 4.x',
  },
  {
    short: 'i',
    long: ['interval'],
    argument: 'SECONDS',
    action: set('dipperd', 'update_interval'),
    help: 'period of statistics and status',
    netifyd: '3.x (overwritten there), 4.x',
  },
  {
    short: 'j',
    long: ['json', 'export-json'],
    argument: 'FILE',
    action: set('dipperd', 'json_save_path'),
    help: 'file of json_save',
    netifyd: '3.x, 4.x (--export-json)',
    isPath: true,
  },
  {
    short: 'f',
    long: ['applications-file', 'sink-config', 'ndpi-config'],
    argument: 'FILE',
    action: set('applications', 'file'),
    help: 'definitions of applications, read after those of the folders; both syntaxes of netifyd',
    netifyd: '3.x, 4.x (instead of the shipped ones)',
    isPath: true,
  },
  {
    short: 'l',
    long: ['disable-netlink'],
    action: set('netlink', 'addresses', 'no'),
    help: 'do not follow addresses and routes',
    netifyd: '3.x, 4.x',
  },
  {
    short: 't',
    long: ['disable-conntrack'],
    action: set('netlink', 'conntrack', 'no'),
    help: 'do not follow connection tracking',
    netifyd: '3.x, 4.x',
  },
  {
    short: 'u',
    long: ['uuid'],
    argument: 'UUID',
    action: set('dipperd', 'uuid'),
    help: 'agent UUID of this run',
    netifyd: '3.x, 4.x (saved there)',
  },
  {
    long: ['wait-for-client'],
    action: set('socket', 'wait_for_client', 'yes'),
    help: 'capture from when the first client is connected',
    netifyd: '3.x',
  },
  {
    long: ['thread-detection-cores'],
    argument: 'N',
    action: { kind: 'workers' },
    help: 'the same as --workers',
    netifyd: '3.x, 4.x',
  },
  {
    short: 's',
    long: ['status'],
    action: { kind: 'mode', mode: 'status' },
    help: 'what the running daemon does',
    netifyd: '3.x, 4.x, 5.x',
  },
  {
    short: 'p',
    long: ['provision'],
    action: { kind: 'mode', mode: 'provision' },
    help: 'make the agent UUID if there is none, and print it',
    netifyd: '3.x, 4.x, 5.x',
  },
  {
    short: 'U',
    long: ['uuidgen'],
    action: { kind: 'mode', mode: 'uuid' },
    help: 'print a fresh UUID',
    netifyd: '3.x, 4.x',
  },
  {
    short: 'S',
    long: ['hash-file'],
    argument: 'FILE',
    action: { kind: 'mode', mode: 'hash' },
    help: 'print the SHA-1 of a file',
    netifyd: '3.x, 4.x',
    isPath: true,
  },
  {
    short: 'P',
    long: ['protocols', 'dump-all'],
    action: { kind: 'dump', subject: 'all' },
    help: 'print applications and protocols',
    netifyd: '3.x (protocols), 4.x (--dump-all)',
  },
  {
    long: ['dump-apps', 'dump-applications'],
    action: { kind: 'dump', subject: 'applications' },
    help: 'print the applications',
    netifyd: '4.x, 5.x',
  },
  {
    long: ['dump-protos', 'dump-protocols'],
    action: { kind: 'dump', subject: 'protocols' },
    help: 'print the protocols',
    netifyd: '4.x, 5.x',
  },
  {
    long: ['dump-categories'],
    action: { kind: 'dump', subject: 'categories' },
    help: 'print the categories of applications, then those of protocols',
    netifyd: '4.x, 5.x',
  },
  {
    long: ['dump-category'],
    argument: 'TYPE',
    action: { kind: 'dump-category' },
    help: 'print the categories of one TYPE: application or protocol',
    netifyd: '4.x, 5.x',
  },
  {
    long: ['dump-risks'],
    action: { kind: 'dump', subject: 'risks' },
    help: 'print the risks',
    netifyd: '4.x, 5.x',
  },
  {
    long: ['dump-sort-by-tag'],
    action: { kind: 'dump-modifier', modifier: 'sortByTag' },
    help: 'in the order of the names, not of the numbers',
    netifyd: '4.x, 5.x',
  },
  {
    long: ['dump-with-categories'],
    action: { kind: 'dump-modifier', modifier: 'withCategories' },
    help: 'with the category of each',
    netifyd: '4.x, 5.x',
  },
  {
    short: 'V',
    long: ['version'],
    action: { kind: 'mode', mode: 'version' },
    help: 'versions of dipperd, nDPI and Node',
    netifyd: '3.x, 4.x, 5.x',
  },
  {
    short: 'h',
    long: ['help'],
    action: { kind: 'mode', mode: 'help' },
    help: 'this text',
    netifyd: '3.x, 4.x, 5.x',
  },

  {
    short: 'D',
    long: ['debug-uploads', 'debug-curl'],
    action: notice(noUpload),
    netifyd: '3.x, 4.x',
  },
  {
    short: 'e',
    long: ['debug-ether-names'],
    action: notice('the log has no addresses to name'),
    netifyd: '3.x, 4.x',
  },
  {
    short: 'n',
    long: ['debug-ndpi'],
    action: notice('libndpi of the system is built without debug messages'),
    netifyd: '4.x',
  },
  {
    short: 'x',
    long: ['debug-flow-expression'],
    argument: 'EXPR',
    action: notice('clients filter the stream: dipper stream --filter'),
    netifyd: '4.x',
  },
  {
    short: 'T',
    long: ['test-output'],
    argument: 'FILE',
    action: notice('`dipper spy --live` prints detections as text'),
    netifyd: '3.x, 4.x',
  },
  {
    long: ['thread-capture-base', 'thread-conntrack', 'thread-detection-base'],
    argument: 'CPU',
    action: notice(notPinned),
    netifyd: '3.x, 4.x',
  },
  {
    long: ['thread-sink', 'thread-socket'],
    argument: 'CPU',
    action: notice(notPinned),
    netifyd: '3.x',
  },
  { long: ['enable-sink', 'disable-sink'], action: end(noUpload), netifyd: '3.x, 4.0 to 4.4' },
  {
    long: ['enable-informatics', 'disable-informatics'],
    action: end(noUpload),
    netifyd: '5.x',
  },
  {
    long: ['force-reset'],
    action: end('there is nothing that a vendor assigned; remove path_uuid for a new UUID'),
    netifyd: '3.x, 4.x',
  },
  { long: ['export-apps'], action: end(noLists), netifyd: '4.x' },
  { long: ['lookup-ip'], argument: 'ADDR', action: end(noApi), netifyd: '4.x, 5.x' },
];
