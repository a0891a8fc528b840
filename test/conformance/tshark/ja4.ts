// JA4 of a client hello, written from its description (FoxIO, technical_details/JA4.md) and from nothing else of ours: the
// second opinion on addon/core. Input are the fields as tshark shows them.
import { createHash } from 'node:crypto';

export interface ClientHello {
  /** What carries it: TLS over TCP, QUIC, DTLS. */
  readonly transport: 't' | 'q' | 'd';
  /** legacy_version of the hello. */
  readonly version: number;
  /** Of the extension supported_versions. */
  readonly supportedVersions: readonly number[];
  readonly ciphers: readonly number[];
  /** Types, in the order of the hello. */
  readonly extensions: readonly number[];
  /** Of the extension signature_algorithms, in its order. */
  readonly signatureAlgorithms: readonly number[];
  /** The first protocol that the client offers, undefined without the extension. */
  readonly alpn: Buffer | undefined;
}

const serverName = 0x0000;
const alpnExtension = 0x0010;

const versions: ReadonlyMap<number, string> = new Map([
  [0x0304, '13'],
  [0x0303, '12'],
  [0x0302, '11'],
  [0x0301, '10'],
  [0x0300, 's3'],
  [0x0002, 's2'],
  [0xfeff, 'd1'],
  [0xfefd, 'd2'],
  [0xfefc, 'd3'],
]);

export function ja4(hello: ClientHello): string {
  const ciphers = hello.ciphers.filter(isReal);
  const extensions = hello.extensions.filter(isReal);
  const algorithms = hello.signatureAlgorithms.filter(isReal).map(hex4);
  const hashed = extensions
    .filter((type) => type !== serverName && type !== alpnExtension)
    .map(hex4)
    .sort();
  const first = [
    hello.transport,
    versionOf(hello),
    extensions.includes(serverName) ? 'd' : 'i',
    twoDigits(ciphers.length),
    twoDigits(extensions.length),
    alpnCharacters(hello.alpn),
  ].join('');
  const last =
    algorithms.length === 0 ? hashed.join(',') : `${hashed.join(',')}_${algorithms.join(',')}`;
  const cipherHash = sum(ciphers.map(hex4).sort().join(','), ciphers.length);
  return `${first}_${cipherHash}_${sum(last, hashed.length)}`;
}

/** Not one of the values that RFC 8701 reserves for grease: both bytes alike, 0x?A. */
function isReal(value: number): boolean {
  return (value & 0x0f0f) !== 0x0a0a || value >> 8 !== (value & 0xff);
}

/** DTLS numbers its versions downwards: the highest is the lowest value. */
function versionOf({ transport, version, supportedVersions }: ClientHello): string {
  const offered = supportedVersions.filter(isReal);
  const best = transport === 'd' ? Math.min : Math.max;
  return versions.get(offered.length === 0 ? version : best(...offered)) ?? '00';
}

function alpnCharacters(alpn: Buffer | undefined): string {
  if (alpn === undefined || alpn.length === 0) return '00';
  const ends = [alpn[0], alpn.at(-1)].map((byte) => String.fromCharCode(byte ?? 0));
  if (ends.every((letter) => /[0-9A-Za-z]/.test(letter))) return ends.join('');
  const digits = alpn.toString('hex');
  return `${digits[0]}${digits.at(-1)}`;
}

const hex4 = (value: number): string => value.toString(16).padStart(4, '0');
const twoDigits = (count: number): string => String(Math.min(count, 99)).padStart(2, '0');
const sum = (text: string, count: number): string =>
  count === 0 ? '000000000000' : createHash('sha256').update(text).digest('hex').slice(0, 12);
