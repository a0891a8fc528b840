// What is known about a device, from all that knows something: names (device-names.ts) and the vendor of its MAC.
import type { Device } from '../messages/device.js';
import type { Announcement } from './device-announcements.js';
import { type DeviceName, DeviceNames } from './device-names.js';
import { isLocallyAdministered, MacVendors } from './mac-vendors.js';

/** Without Ethernet (zeros), or a group: no station's own. */
const isStation = (mac: string): boolean =>
  mac !== '00:00:00:00:00:00' && (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0;

export class DeviceDirectory {
  readonly names = new DeviceNames();
  readonly #readVendors: () => MacVendors | undefined;
  #vendors: MacVendors | undefined;
  #isRead = false;

  /** `readVendors` is called when the first MAC is looked up; undefined: there is no list. */
  constructor(readVendors: () => MacVendors | undefined = () => MacVendors.read()) {
    this.#readVendors = readVendors;
  }

  /** Another number whenever what is known may have changed. */
  get version(): number {
    return this.names.version;
  }

  announce({ mac, source, name }: Announcement): void {
    if (isStation(mac)) this.names.announce(mac, source, name);
  }

  /** For a flow; undefined: nothing is known. */
  of(mac: string, addresses: readonly string[]): Device | undefined {
    return this.#about(mac, this.names.of(mac, addresses));
  }

  /** For a list of devices: every name. */
  withNames(mac: string, addresses: readonly string[]): Device | undefined {
    const names = this.names.of(mac, addresses);
    const device = this.#about(mac, names);
    return names.length < 2 ? device : { ...device, names };
  }

  #about(mac: string, [best]: readonly DeviceName[]): Device | undefined {
    const randomized = isStation(mac) && isLocallyAdministered(mac);
    const vendor = randomized || !isStation(mac) ? undefined : this.#vendorOf(mac);
    if (best === undefined && vendor === undefined && !randomized) return undefined;
    return {
      ...(best === undefined ? {} : { name: best.name, name_source: best.source }),
      ...(vendor === undefined ? {} : { vendor }),
      ...(randomized ? { randomized } : {}),
    };
  }

  #vendorOf(mac: string): string | undefined {
    if (!this.#isRead) {
      this.#isRead = true;
      this.#vendors = this.#readVendors();
    }
    return this.#vendors?.of(mac);
  }
}
