// The text lines of `dipper spy`, in SnabbWall's exact formats. Nothing of a packet's content is in them: addresses
// and numbers are formatted by us, names come from the library and are reduced to A-Z, 0-9 and `_`.
import type { FlowMessage, FlowStats } from '../messages/index.js';
import { flowName } from './names.js';
import { wallKey } from './wall-key.js';

type Identified = Exclude<FlowMessage, FlowStats>['flow'];

/** `%#010x %4dp %15s:%-5d - %15s:%-5d  %s\n`: hash, packets, both endpoints, name. */
export function flowLine(flow: Identified, packets: number, snabbCompat: boolean): string {
  const key = wallKey(flow);
  const hex = key.hash.toString(16).padStart(8, '0');
  if (snabbCompat) {
    // Lower and upper are sorted one by one, so a port may stand beside the other side's address; and the hash is
    // a signed number widened to 64 bits.
    const hash = key.hash > 0x7fffffff ? `0xffffffff${hex}` : `0x${hex}`;
    return line(hash, packets, key.lowerIp, key.lowerPort, key.upperIp, key.upperPort, flow);
  }
  return flow.local_origin
    ? line(
        `0x${hex}`,
        packets,
        flow.local_ip,
        flow.local_port,
        flow.other_ip,
        flow.other_port,
        flow,
      )
    : line(
        `0x${hex}`,
        packets,
        flow.other_ip,
        flow.other_port,
        flow.local_ip,
        flow.local_port,
        flow,
      );
}

function line(
  hash: string,
  packets: number,
  firstIp: string,
  firstPort: number,
  secondIp: string,
  secondPort: number,
  flow: Identified,
): string {
  const first = `${firstIp.padStart(15)}:${String(firstPort).padEnd(5)}`;
  const second = `${secondIp.padStart(15)}:${String(secondPort).padEnd(5)}`;
  return `${hash} ${String(packets).padStart(4)}p ${first} - ${second}  ${flowName(flow)}\n`;
}

/** `=== %s === %d Bytes, %d packets, %.3f B/s, %.3f PPS\n`: what came in `seconds` up to `now`. */
export function statsLine(now: Date, bytes: number, packets: number, seconds: number): string {
  const rate = (n: number) => (seconds > 0 ? n / seconds : 0).toFixed(3);
  return `=== ${localTime(now)} === ${bytes} Bytes, ${packets} packets, ${rate(bytes)} B/s, ${rate(packets)} PPS\n`;
}

/** `%Y-%m-%dT%H:%M:%S%z` in the zone of this machine. */
export function localTime(time: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const zone = -time.getTimezoneOffset();
  const sign = zone < 0 ? '-' : '+';
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return `${date}T${clock}${sign}${two(Math.floor(Math.abs(zone) / 60))}${two(Math.abs(zone) % 60)}`;
}
