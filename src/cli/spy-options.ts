// The command line of `dipper spy` -> what to run. Pure but for one look at whether a name is a file or a network
// interface; every refusal says what, why and what to do.
import { existsSync } from 'node:fs';
import { DipperError } from '../errors.js';
import { tunnels } from '../messages/tunnels.js';
import type { OptionValues } from './command.js';
import { usageError } from './command.js';

export interface SpyOptions {
  file: string;
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

/** SnabbWall's words for where packets come from, except `pcap`. */
const liveSources = ['raw', 'tap', 'pci', 'intel10g', 'intel1g'];

const refuse = (message: string) => usageError('spy', message);

export function spyOptions(values: OptionValues, operands: readonly string[]): SpyOptions {
  const file = inputFile(operands);
  const text = (name: string) => values[name] as string | undefined;
  const packets = text('dpiPackets')?.split(',');
  if (packets && packets.length > 2) {
    throw refuse(`--dpi-packets ${text('dpiPackets')}: give N for all, or N,M for TCP and UDP`);
  }
  const options: SpyOptions = {
    file,
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
  if (options.snabbCompat && options.json) {
    throw refuse('--snabb-compat changes the text lines only; leave it or --json out');
  }
  return options;
}

/** `pcap FILE`, or a bare FILE; the other sources of SnabbWall are told what they are waiting for. */
function inputFile(operands: readonly string[]): string {
  const [first, second] = operands;
  if (first === undefined) {
    throw refuse('no capture file is named; give its path, or - for standard input');
  }
  if (operands.length > 2) {
    throw refuse(
      `one capture file at a time, and ${operands.length} are named: ${operands.join(' ')}`,
    );
  }
  if (liveSources.includes(first) && (second !== undefined || !existsSync(first))) {
    throw noLiveCapture(`\`${operands.join(' ')}\`:`);
  }
  if (second !== undefined) {
    if (first !== 'pcap') throw refuse(`No such input available: ${first}; the input is pcap FILE`);
    return second;
  }
  if (first === 'pcap' && !existsSync(first)) {
    throw refuse('pcap needs the path of a capture file, or - for standard input');
  }
  if (
    !first.includes('/') &&
    first !== '-' &&
    !existsSync(first) &&
    existsSync(`/sys/class/net/${first}`)
  ) {
    throw noLiveCapture(`${first} is a network interface:`);
  }
  return first;
}

function noLiveCapture(what: string): DipperError {
  return new DipperError(
    'ERR_SOURCE_UNAVAILABLE',
    `${what} live capture is not in this build yet; pipe one in: tcpdump -U -w - -i IFACE | dipper spy --live -`,
  );
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
