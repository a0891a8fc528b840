// What dipperd knows about the ends of flows, kept up to date: names from lease files and hosts files, places from databases.
// Files are followed; one that is damaged or too large is said and changes nothing.
import type { Config } from '../config/index.js';
import { DeviceDirectory } from '../flow/device-directory.js';
import type { NameSource } from '../flow/device-names.js';
import { Enricher } from '../flow/enrich.js';
import { GeoDatabase } from '../flow/geo-database.js';
import { MacVendors } from '../flow/mac-vendors.js';
import { parseNameFile } from '../flow/name-files.js';
import type { Log } from '../log.js';
import type { Device } from '../messages/device.js';
import type { Place } from '../messages/place.js';
import type { Devices } from '../state/devices.js';
import { FollowedFile, type FollowedFileOptions } from './followed-file.js';

/** Where lease files are when nobody says: dnsmasq's and Kea's of Debian, dnsmasq's and odhcpd's of OpenWrt. */
const usualLeaseFiles = [
  '/var/lib/misc/dnsmasq.leases',
  '/tmp/dhcp.leases',
  '/tmp/hosts/odhcpd',
  '/var/lib/kea/kea-leases4.csv',
  '/var/lib/kea/kea-leases6.csv',
] as const;

const mostNameBytes = 16 << 20;
/** Whole databases are in memory; the largest that are sold have some hundred megabytes. */
const mostDatabaseBytes = 1 << 30;

type Follow = Omit<FollowedFileOptions, 'log'>;

export class Enrichment {
  readonly #log: Log;
  #directory: DeviceDirectory | undefined;
  #enricher: Enricher | undefined;
  readonly #nameFiles = new Map<string, FollowedFile>();
  readonly #databaseFiles = new Map<string, FollowedFile>();
  readonly #databases = new Map<string, GeoDatabase>();
  /** As the configuration names them: the first that knows counts. */
  #order: readonly string[] = [];
  #failed = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Takes over `[devices]` and `[geoip]`. Files that stay named are not read again. */
  async configure({ devices, geoip }: Config): Promise<void> {
    if (!devices.enable) this.#directory = undefined;
    else this.#directory ??= new DeviceDirectory(() => this.#readVendors(devices.vendors_file));
    this.#order = geoip.database;
    await this.#follow(this.#nameFiles, nameFiles(devices), (path, source) =>
      this.#names(path, source),
    );
    await this.#follow(
      this.#databaseFiles,
      new Map(geoip.database.map((path) => [path, undefined])),
      (path) => this.#database(path),
    );
    const places = this.#order.length > 0;
    this.#enricher =
      this.#directory === undefined && !places
        ? undefined
        : new Enricher({
            ...(this.#directory === undefined ? {} : { devices: this.#directory }),
            ...(places ? { placeOf: (address: string) => this.#placeOf(address) } : {}),
            log: this.#log,
          });
  }

  /** Whole lines of messages with what is known; valid until the next call. */
  lines(lines: Buffer): Buffer {
    return this.#enricher === undefined ? lines : this.#enricher.lines(lines);
  }

  /** The member `devices` of the message `endpoints`, where there is something to say. */
  about(devices: Devices): { devices?: Record<string, Device> } {
    const known: Record<string, Device> = {};
    for (const [mac, addresses] of Object.entries(devices)) {
      const device = this.#directory?.withNames(mac, addresses);
      if (device !== undefined) known[mac] = device;
    }
    return Object.keys(known).length === 0 ? {} : { devices: known };
  }

  close(): void {
    for (const file of [...this.#nameFiles.values(), ...this.#databaseFiles.values()]) file.close();
  }

  /** Follows the files of `wanted`, and no others any more. */
  async #follow<What>(
    files: Map<string, FollowedFile>,
    wanted: ReadonlyMap<string, What>,
    how: (path: string, what: What) => Follow,
  ): Promise<void> {
    for (const [path, file] of files) {
      if (wanted.has(path)) continue;
      file.close();
      files.delete(path);
      this.#directory?.names.removeFile(path);
      this.#databases.delete(path);
    }
    for (const [path, what] of wanted)
      if (!files.has(path))
        files.set(path, await FollowedFile.open(path, { ...how(path, what), log: this.#log }));
  }

  #names(path: string, { source, isNamed }: NameFileSource): Follow {
    let said = '';
    const changed = (content: Buffer | undefined) => {
      const kind = source === 'hosts' ? 'hosts' : 'lease';
      const { devices, broken, dropped } = parseNameFile(content?.toString('utf8') ?? '', kind);
      this.#directory?.names.setFile(path, source, devices);
      const remark = `${path}: ${broken} lines are broken, ${dropped} names found no room`;
      // A lease file may change every second, and stay as broken as it is.
      if (broken + dropped > 0 && remark !== said)
        this.#log.warn({ path, broken, dropped }, remark);
      said = remark;
    };
    return { limit: mostNameBytes, changed, expected: isNamed };
  }

  #database(path: string): Follow {
    const changed = async (content: Buffer | undefined) => {
      // One that is gone is about to be replaced, or was removed by mistake: only the configuration takes it away.
      if (content === undefined) throw new Error('is not there');
      const database = await GeoDatabase.open(content);
      this.#databases.set(path, database);
      this.#enricher?.forgetPlaces();
      const { type, builtOn } = database;
      this.#log.info({ path, type, built_on: builtOn }, `${path}: ${type} of ${builtOn}`);
    };
    return { limit: mostDatabaseBytes, changed, settle: true };
  }

  #placeOf(address: string): Place {
    let place: Place = {};
    for (const path of this.#order) {
      const database = this.#databases.get(path);
      if (database === undefined) continue;
      const before = database.failed;
      place = { ...database.of(address), ...place };
      if (database.failed > before) this.#sayFailed(path);
    }
    return place;
  }

  /** At powers of two: what fails once may fail for every address. */
  #sayFailed(path: string): void {
    this.#failed += 1;
    if ((this.#failed & (this.#failed - 1)) === 0)
      this.#log.warn({ path, failed: this.#failed }, `${path}: addresses cannot be looked up`);
  }

  #readVendors(path: string | undefined): MacVendors | undefined {
    try {
      return MacVendors.read(path);
    } catch (error) {
      this.#log.warn({ err: error }, 'the list of MAC vendors cannot be read; devices have none');
      return undefined;
    }
  }
}

interface NameFileSource {
  readonly source: NameSource;
  /** By the configuration: it should be there. */
  readonly isNamed: boolean;
}

/** The files of names that are looked at, by path. */
export function nameFiles(devices: Config['devices']): Map<string, NameFileSource> {
  const files = new Map<string, NameFileSource>();
  if (!devices.enable) return files;
  const add = (source: NameSource, named: readonly string[], usual: readonly string[]) => {
    const isNamed = named.length > 0;
    for (const path of isNamed ? named : usual) {
      files.set(path, { source, isNamed });
      // Kea begins a new file now and then, and sets the one before aside until it is tidied up.
      if (path.endsWith('.csv'))
        for (const end of ['.1', '.2']) files.set(path + end, { source, isNamed: false });
    }
  };
  add('hosts', devices.hosts_file, ['/etc/hosts']);
  add('lease', devices.lease_file, usualLeaseFiles);
  return files;
}
