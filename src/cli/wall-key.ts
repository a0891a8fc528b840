// SnabbWall's flow key and its 32-bit hash, the first column of a flow line. Only a name for people: Dipper's own
// table has another key and a keyed 64-bit hash. The key is packed as in memory there: VLAN tag, a zero byte, IP
// protocol, lower and upper address, lower and upper port, all in network order; addresses and ports are sorted
// independently of each other, ports by the value that a little-endian machine loads.
import type { Flow } from '../messages/flow.js';

type Endpoints = Pick<
  Flow['flow'],
  'ip_version' | 'ip_protocol' | 'vlan_id' | 'local_ip' | 'local_port' | 'other_ip' | 'other_port'
>;

export interface WallKey {
  hash: number;
  lowerIp: string;
  lowerPort: number;
  upperIp: string;
  upperPort: number;
}

/** T. Wang's 32-bit integer mix. */
function mix(value: number): number {
  let x = value | 0;
  x = (x + ~(x << 15)) | 0;
  x ^= x >>> 10;
  x = (x + (x << 3)) | 0;
  x ^= x >>> 6;
  x = (x + ~(x << 11)) | 0;
  return x ^ (x >>> 16);
}

const swapped = (port: number) => ((port & 255) << 8) | (port >>> 8);

/** What a little-endian machine loads where the bytes of `word` lie in network order. */
const loaded = (word: number) =>
  (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);

export function wallKey(flow: Endpoints): WallKey {
  const local = addressWords(flow.local_ip);
  const other = addressWords(flow.other_ip);
  const localIsLower = compare(local, other) <= 0;
  const hasPorts = flow.ip_protocol === 6 || flow.ip_protocol === 17;
  const localPort = hasPorts ? flow.local_port : 0;
  const otherPort = hasPorts ? flow.other_port : 0;
  const localPortIsLower = swapped(localPort) <= swapped(otherPort);
  const lowerPort = localPortIsLower ? localPort : otherPort;
  const upperPort = localPortIsLower ? otherPort : localPort;

  let hash = mix(loaded((flow.vlan_id << 16) | flow.ip_protocol));
  for (const word of localIsLower ? local : other) hash = mix(hash ^ mix(loaded(word)));
  for (const word of localIsLower ? other : local) hash = mix(hash ^ mix(loaded(word)));
  hash = mix(hash ^ mix(loaded((lowerPort << 16) | upperPort)));
  return {
    hash: hash >>> 0,
    lowerIp: localIsLower ? flow.local_ip : flow.other_ip,
    lowerPort,
    upperIp: localIsLower ? flow.other_ip : flow.local_ip,
    upperPort,
  };
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** An address in text as one or four unsigned 32-bit numbers. */
export function addressWords(text: string): number[] {
  if (!text.includes(':')) return [dottedQuad(text)];
  const [head = '', tail] = text.split('::');
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const all = [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
  return [0, 2, 4, 6].map((i) => (((all[i] ?? 0) << 16) | (all[i + 1] ?? 0)) >>> 0);
}

function dottedQuad(text: string): number {
  let word = 0;
  let byte = 0;
  for (let i = 0; i < text.length; i += 1) {
    const digit = text.charCodeAt(i) - 48;
    if (digit >= 0) {
      byte = byte * 10 + digit;
    } else {
      word = (word << 8) | byte;
      byte = 0;
    }
  }
  return ((word << 8) | byte) >>> 0;
}

function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return Number.parseInt(group, 16);
    const word = dottedQuad(group);
    return [word >>> 16, word & 0xffff];
  });
}
