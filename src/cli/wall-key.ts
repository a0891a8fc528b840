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

export function wallKey(flow: Endpoints): WallKey {
  const local = addressBytes(flow.local_ip);
  const other = addressBytes(flow.other_ip);
  const localIsLower = Buffer.compare(local, other) <= 0;
  const hasPorts = flow.ip_protocol === 6 || flow.ip_protocol === 17;
  const localPort = hasPorts ? flow.local_port : 0;
  const otherPort = hasPorts ? flow.other_port : 0;
  const localPortIsLower = swapped(localPort) <= swapped(otherPort);
  const lowerPort = localPortIsLower ? localPort : otherPort;
  const upperPort = localPortIsLower ? otherPort : localPort;

  const size = local.length;
  const key = Buffer.alloc(8 + 2 * size);
  key.writeUInt16BE(flow.vlan_id, 0);
  key[3] = flow.ip_protocol;
  (localIsLower ? local : other).copy(key, 4);
  (localIsLower ? other : local).copy(key, 4 + size);
  key.writeUInt16BE(lowerPort, 4 + 2 * size);
  key.writeUInt16BE(upperPort, 6 + 2 * size);

  let hash = mix(key.readInt32LE(0));
  for (let at = 4; at < key.length; at += 4) hash = mix(hash ^ mix(key.readInt32LE(at)));
  return {
    hash: hash >>> 0,
    lowerIp: localIsLower ? flow.local_ip : flow.other_ip,
    lowerPort,
    upperIp: localIsLower ? flow.other_ip : flow.local_ip,
    upperPort,
  };
}

/** The 4 or 16 bytes of an address in text. */
export function addressBytes(text: string): Buffer {
  if (!text.includes(':')) return Buffer.from(text.split('.').map(Number));
  const bytes = Buffer.alloc(16);
  const [head = '', tail] = text.split('::');
  const front = groups(head);
  Buffer.from(front).copy(bytes, 0);
  if (tail !== undefined) {
    const back = groups(tail);
    Buffer.from(back).copy(bytes, 16 - back.length);
  }
  return bytes;
}

function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >>> 8, value & 255];
  });
}
