// The command line of `dipper spy` -> what to run. Pure but for one look at whether a name is a file or a network
// interface; every refusal says what, why and what to do.
import { existsSync } from 'node:fs';
import type { Source } from '../capture/source.js';
import { DipperError } from '../errors.js';
import { tunnels } from '../messages/tunnels.js';
import type { OptionValues } from './command.js';
import { usageError } from './command.js';

export interface SpyOptions {
  source: Source;
  live: boolean;
  stats: boolean;
  json: boolean;
  quiet: boolean;
  snabbCompat: boolean;
  durationMs: number | undefined;
  expire: boolean;
  reference: boolean;
  workers: number;
  maxFlows: number | undefined;
  packets: number;
  tunnels: string[] | undefined;
  dpi: {
    protocols?: string;
    categories?: string;
    riskyDomains?: string;
    ja3?: string;
    certificates?: string;
    maxPacketsTcp?: number;
    maxPacketsUdp?: number;
  };
}

/** Words for a network interface: ours, and SnabbWall's for one that the system has. */
const liveSources = ['packet-ring', 'cap', 'raw', 'tap'];
/** SnabbWall's words for a network card that it drives itself. */
const cardSources = ['pci', 'intel10g', 'intel1g'];

const refuse = (message: string) => usageError('spy', message);

export function spyOptions(values: OptionValues, operands: readonly string[]): SpyOptions {
  const text = (name: string) => values[name] as string | undefined;
  const packets = text('dpiPackets')?.split(',');
  if (packets && packets.length > 2) {
    throw refuse(`--dpi-packets ${text('dpiPackets')}: give N for all, or N,M for TCP and UDP`);
  }
  const options: SpyOptions = {
    source: source(values, operands),
    live: values.live === true,
    stats: values.stats === true,
    json: values.json === true,
    quiet: values.quiet === true,
    snabbCompat: values.snabbCompat === true,
    durationMs: duration(text('duration')),
    expire: values.expire === true,
    reference: values.reference === true,
    workers: integer('--workers', text('workers'), 1, 64) ?? 1,
    maxFlows: integer('--max-flows', text('maxFlows'), 1, 2 ** 30),
    packets: integer('--packets', text('packets'), 1, 32) ?? 0,
    tunnels: tunnelList(text('tunnels')),
    dpi: {},
  };
  for (const [key, name] of Object.entries({
    protocols: 'ndpiProtocols',
    categories: 'ndpiCategories',
    riskyDomains: 'ndpiRiskyDomains',
    ja3: 'ndpiJa3',
    certificates: 'ndpiCertificates',
  } as const)) {
    const path = text(name);
    if (path !== undefined) options.dpi[key as 'protocols'] = path;
  }
  const maxPacketsTcp = integer('--dpi-packets', packets?.[0], 1, 65535);
  const maxPacketsUdp = integer('--dpi-packets', packets?.[1] ?? packets?.[0], 1, 65535);
  if (maxPacketsTcp !== undefined) options.dpi.maxPacketsTcp = maxPacketsTcp;
  if (maxPacketsUdp !== undefined) options.dpi.maxPacketsUdp = maxPacketsUdp;

  if (options.reference) {
    const other = (['expire', 'tunnels', 'dpiPackets'] as const).find(
      (name) => values[name] !== undefined,
    );
    if (other !== undefined) {
      const flag = `--${other.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
      throw refuse(
        `--reference decides by fixed rules, so ${flag} cannot be given with it; leave one out`,
      );
    }
  }
  if (options.packets > 0 && !options.json) {
    throw refuse('--packets is for the records of --json; add --json, or leave it out');
  }
  if (options.snabbCompat && options.json) {
    throw refuse('--snabb-compat changes the text lines only; leave it or --json out');
  }
  return options;
}

/** A file or an interface, with what was said about it. */
function source(values: OptionValues, operands: readonly string[]): Source {
  const [word, name] = input(operands);
  const filter = typeof values.filter === 'string' ? { filter: values.filter } : {};
  if (word === 'packet-ring') {
    if (values.paced === true) throw refuse('--paced is for capture files; leave it out');
    if (operands[0] === 'cap' && operands.length === 2)
      return { type: 'cap', interface: name, ...filter };
    const promiscuous = values.promiscuous === true ? { promiscuous: true } : {};
    return { type: 'packet-ring', interface: name, ...filter, ...promiscuous };
  }
  if (values.promiscuous === true)
    throw refuse('--promiscuous is for network interfaces; leave it out');
  const pace = values.paced === true ? ({ pace: 'recorded' } as const) : {};
  return { type: 'pcap-file', path: name, ...filter, ...pace };
}

/** `pcap FILE`, a bare FILE, `packet-ring IFACE` and its other words, or a bare IFACE that is no file. */
function input(operands: readonly string[]): [word: 'pcap-file' | 'packet-ring', name: string] {
  const [first, second] = operands;
  if (first === undefined) {
    throw refuse('no capture file is named; give its path, or - for standard input');
  }
  if (operands.length > 2) {
    throw refuse(
      `one capture file or interface at a time, and ${operands.length} are named: ${operands.join(' ')}`,
    );
  }
  if (cardSources.includes(first) && (second !== undefined || !existsSync(first))) {
    throw new DipperError(
      'ERR_SOURCE_UNAVAILABLE',
      `\`${operands.join(' ')}\`: network cards are driven by the system, not by dipper; name the card's interface: dipper spy packet-ring IFACE`,
    );
  }
  if (second !== undefined) {
    if (liveSources.includes(first)) return ['packet-ring', second];
    if (first === 'pcap') return ['pcap-file', second];
    throw refuse(`No such input available: ${first}; the input is pcap FILE or packet-ring IFACE`);
  }
  if (first === 'pcap' && !existsSync(first)) {
    throw refuse('pcap needs the path of a capture file, or - for standard input');
  }
  if (liveSources.includes(first) && !existsSync(first)) {
    throw refuse(`${first} needs the name of a network interface; \`ip link\` lists them`);
  }
  const isInterface =
    !first.includes('/') &&
    first !== '-' &&
    !existsSync(first) &&
    existsSync(`/sys/class/net/${first}`);
  return [isInterface ? 'packet-ring' : 'pcap-file', first];
}

function integer(
  flag: string,
  text: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw refuse(`${flag} ${text}: not a whole number from ${least} to ${most}`);
  }
  return value;
}

const longestMs = 2 ** 31 - 1; // setTimeout's limit, 24 days

function duration(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d+(\.\d*)?$|^\.\d+$/.test(text) ? Number(text) * 1000 : Number.NaN;
  if (!(ms > 0 && ms <= longestMs)) {
    throw refuse(
      `--duration ${text}: not a number of seconds above 0 (at most ${Math.floor(longestMs / 1000)})`,
    );
  }
  return ms;
}

function tunnelList(text: string | undefined): string[] | undefined {
  if (text === undefined || text === 'all') return undefined;
  if (text === 'none') return [];
  const known = tunnels.filter((name) => name !== 'none');
  const names = text.split(',').map((name) => name.trim());
  for (const name of names) {
    if (!(known as string[]).includes(name)) {
      throw refuse(
        `--tunnels: no tunnel is called '${name}'; choose from ${known.join(', ')}, or all, or none`,
      );
    }
  }
  return names;
}
