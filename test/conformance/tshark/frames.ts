// What tshark says of a capture, frame by frame. tshark is a program of others with its own dissectors: nothing of ours
// is in these answers.
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';

export interface Frame {
  readonly number: number;
  /** Nanoseconds since the first second of 1970. */
  readonly timeNs: bigint;
  /** IP protocol and both endpoints in order of their text: the innermost ones. */
  readonly flow: string;
  /** tshark's number of the conversation, and whose frame it is. */
  readonly stream: string;
  /** `address port` */
  readonly sender: string;
  /** From the outside in: `eth`, `ip`, `udp`, `quic`, `tls`. */
  readonly protocols: readonly string[];
  /** Values of a field in this frame, in order; empty without the field. */
  values(field: string): readonly string[];
}

const separator = '\x1e';
const aggregator = '\x1f';
const addressing = [
  'frame.number',
  'frame.time_epoch',
  'frame.protocols',
  ...['ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst'],
  ...['tcp.stream', 'tcp.srcport', 'tcp.dstport', 'udp.stream', 'udp.srcport', 'udp.dstport'],
];

/** First line of its `--version`; undefined where there is no tshark. */
export function tsharkVersion(): string | undefined {
  try {
    return execFileSync('tshark', ['--version'], { encoding: 'utf8', stdio: 'pipe' }).split(
      '\n',
    )[0];
  } catch {
    return undefined;
  }
}

/** The names of `wanted` that this tshark has. */
export function knownFields(wanted: readonly string[]): string[] {
  const text = execFileSync('tshark', ['-G', 'fields'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: 'pipe',
  });
  const known = new Set<string>();
  for (const line of text.split('\n')) known.add(line.split('\t', 3)[2] ?? '');
  return wanted.filter((name) => known.has(name));
}

/** The frames of `path` in which any of `fields` is; of a damaged capture those before the damage. */
export async function readFrames(path: string, fields: readonly string[]): Promise<Frame[]> {
  const columns = [...addressing, ...fields];
  const format = [`separator=${separator}`, 'occurrence=a', `aggregator=${aggregator}`];
  const stdout = await output([
    ...['-n', '-r', path, '-Y', fields.join(' || '), '-T', 'fields'],
    ...['-o', 'tcp.reassemble_out_of_order:TRUE'],
    ...columns.flatMap((name) => ['-e', name]),
    ...format.flatMap((option) => ['-E', option]),
  ]);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => frameOf(line.split(separator), columns));
}

/** What it wrote before it ended, also with the exit code that it has for damaged captures. */
async function output(options: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)('tshark', options, { maxBuffer: 1 << 28 })).stdout;
  } catch (error) {
    const { code, stdout } = error as { code?: unknown; stdout?: string };
    if (typeof code === 'number' && stdout !== undefined) return stdout;
    throw error;
  }
}

/** Nothing for frames without a TCP or UDP flow, and for what an ICMP error quotes of another's. */
export function frameOf(cells: readonly string[], columns: readonly string[]): Frame[] {
  const row = new Map(
    columns.map((name, i) => {
      const cell = cells[i] ?? '';
      return [name, cell === '' ? [] : cell.split(aggregator)];
    }),
  );
  const values = (field: string): readonly string[] => row.get(field) ?? [];
  const protocols = (values('frame.protocols')[0] ?? '').split(':');
  if (protocols.some((name) => name === 'icmp' || name === 'icmpv6')) return [];
  const ip = protocols.findLast((name) => name === 'ip' || name === 'ipv6');
  const transport = protocols.findLast((name) => name === 'tcp' || name === 'udp');
  if (ip === undefined || transport === undefined) return [];
  // ESP in a tunnel over UDP: the ports are not its own.
  if (protocols.lastIndexOf(transport) < protocols.lastIndexOf(ip)) return [];
  const last = (field: string): string => values(field).at(-1) ?? '';
  const end = (side: 'src' | 'dst'): string =>
    `${last(`${ip}.${side}`)} ${last(`${transport}.${side}port`)}`;
  const sender = end('src');
  return [
    {
      number: Number(values('frame.number')[0]),
      timeNs: nanoseconds(values('frame.time_epoch')[0] ?? '0.0'),
      flow: flowName(transport, sender, end('dst')),
      stream: `${transport} ${last(`${transport}.stream`)}`,
      sender,
      protocols,
      values,
    },
  ];
}

/** Of seconds with nine digits behind the point; a time before 1970 is 0. */
export const nanoseconds = (seconds: string): bigint =>
  /^\d+\.\d{9}$/.test(seconds) ? BigInt(seconds.replace('.', '')) : 0n;

/** `tcp 192.0.2.1 443 192.0.2.9 50123` */
export function flowName(transport: string, one: string, two: string): string {
  return [transport, ...[one, two].sort()].join(' ');
}
