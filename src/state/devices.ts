// Which addresses each device of the local side has used since the last status: from `flow` messages, read as text,
// because parsing each of them would cost five times as much. Bounded; what does not fit is counted.

/** Addresses by MAC. */
export type Devices = Record<string, string[]>;

export interface DeviceLimits {
  /** Default 4096. */
  readonly devices?: number;
  /** Of one device (default 64). */
  readonly addresses?: number;
}

/** IANA (VRRP), IPv4 and IPv6 multicast, and what is no MAC at all. */
const excluded = /^(00:00:5e|01:00:5e|33:33|ff:ff:ff:ff:ff:ff|00:00:00:00:00:00)/;
const unspecified: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

const internal = Buffer.from('"internal":true,');
const flow = Buffer.from(',"flow":{');
const firstMember = Buffer.from('"local_ip":"');
/** Both sides in the writer's order of members; no character of an address or a MAC is ever escaped. */
const sides =
  /^"local_ip":"([^"\\]{2,45})","local_port":\d+,"local_mac":"([0-9a-f:]{17})","other_ip":"([^"\\]{2,45})","other_port":\d+,"other_mac":"([0-9a-f:]{17})","other_type":"([a-z]+)"/;
/** Longer than what it matches. */
const sidesBytes = 320;

export class DeviceTable {
  readonly #mostDevices: number;
  readonly #mostAddresses: number;
  #devices = new Map<string, Set<string>>();
  #overflows = 0;

  constructor(limits: DeviceLimits = {}) {
    this.#mostDevices = limits.devices ?? 4096;
    this.#mostAddresses = limits.addresses ?? 64;
  }

  /** Addresses that found no room, since the start. */
  get overflows(): number {
    return this.#overflows;
  }

  /** One whole line of type `flow` or `flow_dpi_update`. Others than those of local interfaces are passed over. */
  add(line: Buffer): void {
    const at = line.indexOf(flow);
    if (at < 0) return;
    const marked = line.indexOf(internal);
    if (marked < 0 || marked > at) return;
    const first = line.indexOf(firstMember, at);
    if (first < 0) return;
    const found = sides.exec(line.toString('latin1', first, first + sidesBytes));
    if (found === null) return;
    const [, localIp = '', localMac = '', otherIp = '', otherMac = '', otherType] = found;
    this.#add(localMac, localIp);
    if (otherType === 'local') this.#add(otherMac, otherIp);
  }

  /** What was seen since the last call. */
  take(): Devices {
    const devices: Devices = {};
    for (const [mac, addresses] of this.#devices) devices[mac] = [...addresses].sort();
    this.#devices = new Map();
    return devices;
  }

  #add(mac: string, address: string): void {
    if (excluded.test(mac) || unspecified.has(address)) return;
    let addresses = this.#devices.get(mac);
    if (addresses === undefined) {
      if (this.#devices.size >= this.#mostDevices) {
        this.#overflows += 1;
        return;
      }
      addresses = new Set();
      this.#devices.set(mac, addresses);
    }
    if (addresses.has(address)) return;
    if (addresses.size >= this.#mostAddresses) this.#overflows += 1;
    else addresses.add(address);
  }
}
