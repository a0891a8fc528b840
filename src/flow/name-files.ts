// Names of devices in files of others: lease files of DHCP servers (dnsmasq, odhcpd, Kea) and hosts(5). The format is known by
// what a line looks like; what is no lease is passed over and counted, because one broken line must not hide the others.
// The names in leases are what clients call themselves: as hostile as the packets that they came in.
import { isIPv4 } from 'node:net';
import { formatAddress, formatMac, parseAddress, parseMac } from './address-text.js';

/** A name of a MAC, of an address, or of both. */
export interface NamedDevice {
  /** `aa:bb:cc:dd:ee:ff`. */
  readonly mac?: string;
  /** As flows write it. */
  readonly address?: string;
  readonly name: string;
}

export interface NameFile {
  readonly devices: readonly NamedDevice[];
  /** Lines that are neither a lease nor a comment. */
  readonly broken: number;
  /** Leases that found no room. */
  readonly dropped: number;
}

/** Of one file. */
export const mostNamed = 32_768;
/** RFC 1035 section 2.3.4, in characters. */
const longestName = 253;

/** A name that can be shown: without a final dot, without characters that move a cursor or turn text around. */
export function presentable(text: string): string | undefined {
  const name = text.trim().replace(/\.$/, '');
  if (name === '' || name.length > longestName) return undefined;
  if (/^[ -~]+$/.test(name)) return name;
  return /[\p{C}\p{Z}]/u.test(name.replaceAll(' ', '')) ? undefined : name;
}

/** A line's device; without a name: whoever had the address before has it no more. */
type Parsed = NamedDevice | 'nothing' | 'broken';

/** What `text` holds. `lease`: of a DHCP server, the last line for an address counts; `hosts`: as hosts(5), the first one. */
export function parseNameFile(text: string, kind: 'lease' | 'hosts'): NameFile {
  const parse = kind === 'hosts' ? hostsLine : leaseParser(text);
  const devices = new Map<string, NamedDevice>();
  let [broken, dropped] = [0, 0];
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue;
    const parsed = parse(line);
    if (parsed === 'broken') broken += 1;
    if (typeof parsed === 'string') continue;
    const key = parsed.address ?? parsed.mac ?? '';
    if (kind === 'hosts' && devices.has(key)) continue;
    devices.delete(key); // the newest is the last in the order, too
    if (parsed.name === '') continue;
    if (devices.size < mostNamed) devices.set(key, parsed);
    else dropped += 1;
  }
  return { devices: [...devices.values()], broken, dropped };
}

function leaseParser(text: string): (line: string) => Parsed {
  const header = /^address,[a-z0-9_,]+/m.exec(text.slice(0, 4096));
  return header === null ? leaseLine : keaParser(header[0]);
}

const leaseLine = (line: string): Parsed => {
  if (line.startsWith('#')) return odhcpdLine(line);
  return /^\s*(\d+|duid)\s/.test(line) ? dnsmasqLine(line) : hostsLine(line);
};

/** As flows write it; IPv4 has one way of writing. */
function canonicalAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  const bytes = parseAddress(text);
  return bytes === undefined ? undefined : formatAddress(bytes);
}

function named(mac: string | undefined, address: string, name: string): Parsed {
  const shown = presentable(name);
  const digits = mac === undefined ? undefined : parseMac(mac);
  const canonical = canonicalAddress(address);
  if (canonical === undefined) return 'broken';
  return {
    name: shown ?? '',
    address: canonical,
    ...(digits === undefined ? {} : { mac: formatMac(digits) }),
  };
}

/**
 * `EXPIRY MAC ADDRESS NAME CLIENT-ID`, for IPv6 `EXPIRY IAID ADDRESS NAME DUID`; `*` is no name, `duid ...` the server's own
 * id. A hardware type other than Ethernet stands before the MAC (`06-...`), and an IAID is no MAC. The expiry is not looked at:
 * dnsmasq takes out what is over, and on machines without a clock it writes a length in its place.
 */
function dnsmasqLine(line: string): Parsed {
  const [expiry = '', hardware = '', address = '', name = ''] = line.trim().split(/\s+/);
  if (expiry === 'duid') return 'nothing';
  const mac = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(hardware) ? hardware : undefined;
  if (name === '') return 'broken';
  return named(mac, address, name === '*' ? '' : name);
}

/**
 * `# INTERFACE HARDWARE ipv4 NAME EXPIRY ADDRESS 32 ADDRESS/32`; of a lease for IPv6 the DUID in the place of HARDWARE may be
 * of another interface, and its addresses come again in lines as of hosts(5).
 */
function odhcpdLine(line: string): Parsed {
  const [, , hardware = '', kind, name = '', , , , lease = ''] = line.trim().split(/\s+/);
  const isNamed = name !== '-' && !name.startsWith('broken\\x20');
  if (kind !== 'ipv4' || !isNamed || !/^[0-9a-f]{12}$/i.test(hardware)) return 'nothing';
  return named(hardware, lease.replace(/\/\d+$/, ''), name);
}

/** 127.0.0.0/8, ::1, groups, 0.0.0.0 and :: name no device. */
const noDevice = /^(127\.|2(2[4-9]|3\d)\.|255\.|0\.0\.0\.0$|::1?$|ff)/i;

/** `ADDRESS NAME ALIAS... # comment`: the first name. */
function hostsLine(line: string): Parsed {
  const [address = '', name] = line.replace(/#.*/, '').trim().split(/\s+/);
  if (address === '' || noDevice.test(address)) return 'nothing';
  return name === undefined ? 'broken' : named(undefined, address, name);
}

/**
 * Kea's memfile: CSV with a header, in which a later line for the same address counts (the file is appended to); commas in
 * values are `&#x2c`. A lease with lifetime 0 was released; state 0 is one in use.
 */
function keaParser(header: string): (line: string) => Parsed {
  const column = new Map(header.split(',').map((name, i) => [name, i]));
  return (line) => {
    if (line.startsWith('address,')) return 'nothing';
    const fields = line.split(',');
    const value = (name: string) => (fields[column.get(name) ?? -1] ?? '').replaceAll('&#x2c', ',');
    if (fields.length < 9) return 'broken';
    const isInUse = value('valid_lifetime') !== '0' && (value('state') || '0') === '0';
    return named(value('hwaddr'), value('address'), isInUse ? value('hostname') : '');
  };
}
