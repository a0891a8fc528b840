// What devices are called, and who says so: the operator's files first, then what the devices said themselves. The names of
// a file are replaced as a whole when it is read again; those that devices announce are bounded, the longest unused forgotten.
import type { NamedDevice } from './name-files.js';
import { RecentMap } from './recent-map.js';

/** Who names a device, the most trusted first. */
export const nameSources = ['hosts', 'lease', 'dhcp', 'mdns', 'netbios'] as const;
export type NameSource = (typeof nameSources)[number];

export interface DeviceName {
  readonly name: string;
  readonly source: NameSource;
}

/** Devices whose announcements are remembered, at least; at most twice as many. */
const mostAnnouncing = 8192;
/** A station that announces more names than this in one way speaks for others (an mDNS reflector), and is not believed. */
const mostOwnNames = 4;

interface FileNames {
  readonly source: NameSource;
  readonly byMac: ReadonlyMap<string, string>;
  readonly byAddress: ReadonlyMap<string, string>;
}

/** The last one is in force. */
type Announced = Map<NameSource, Set<string>>;

export class DeviceNames {
  readonly #files = new Map<string, FileNames>();
  readonly #announced = new RecentMap<Announced>(mostAnnouncing);
  #version = 0;

  /** Another number whenever a name may have changed. */
  get version(): number {
    return this.#version;
  }

  /** What the file at `path` says now; empty when it is gone. */
  setFile(path: string, source: NameSource, devices: readonly NamedDevice[]): void {
    const byMac = new Map<string, string>();
    const byAddress = new Map<string, string>();
    for (const { mac, address, name } of devices) {
      if (mac !== undefined) byMac.set(mac, name);
      if (address !== undefined) byAddress.set(address, name);
    }
    this.#files.set(path, { source, byMac, byAddress });
    this.#version += 1;
  }

  /** `path` is no longer looked at. */
  removeFile(path: string): void {
    if (this.#files.delete(path)) this.#version += 1;
  }

  /** The device `mac` called itself `name`. */
  announce(mac: string, source: NameSource, name: string): void {
    const all: Announced = this.#announced.get(mac) ?? new Map();
    const names = all.get(source) ?? new Set();
    const before = lastOf(names);
    if (before === name || names.size > mostOwnNames) return;
    names.delete(name);
    names.add(name);
    all.set(source, names);
    this.#announced.set(mac, all);
    this.#version += 1;
  }

  /** Every name of the device, the most trusted first, none twice. */
  of(mac: string, addresses: readonly string[]): DeviceName[] {
    const found: DeviceName[] = [];
    const add = (source: NameSource, name: string | undefined) => {
      if (name !== undefined && !found.some((one) => one.name === name))
        found.push({ name, source });
    };
    const announced = this.#announced.get(mac);
    for (const source of nameSources) {
      for (const file of this.#files.values()) {
        if (file.source !== source) continue;
        for (const address of addresses) add(source, file.byAddress.get(address));
        add(source, file.byMac.get(mac));
      }
      const own = announced?.get(source);
      if (own !== undefined && own.size <= mostOwnNames) add(source, lastOf(own));
    }
    return found;
  }
}

function lastOf(names: ReadonlySet<string>): string | undefined {
  let last: string | undefined;
  for (const name of names) last = name;
  return last;
}
