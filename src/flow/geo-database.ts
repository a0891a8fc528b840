// One MaxMind DB file: where an address is, and whose network it is in. The members are those of MaxMind's databases (GeoLite2,
// GeoIP2), which DB-IP's have too, or the flat ones of IPinfo's.
import { Reader, type Response } from 'mmdb-lib';
import type { AutonomousSystem, Geo, Place } from '../messages/place.js';
import { checkDatabase, checkMetadata } from './mmdb-check.js';

/** Longest text that is taken over. */
const longest = 128;
/** Pointers that are followed for one record; MaxMind's have some dozens. */
const mostPointers = 512;
/** Values that are kept decoded: names of countries and the like, to which many records point. */
const mostKept = 4096;

/** The decoder's cache: bounded, and a bound on the work for one record (a pointer may lead to a value with pointers). */
class Pointers {
  readonly #kept = new Map<string | number, unknown>();
  #followed = 0;

  begin(): void {
    this.#followed = 0;
    if (this.#kept.size > mostKept) this.#kept.clear();
  }

  get(offset: string | number): unknown {
    this.#followed += 1;
    if (this.#followed > mostPointers) throw new Error('a record has too many pointers');
    return this.#kept.get(offset);
  }

  set(offset: string | number, value: unknown): void {
    this.#kept.set(offset, value);
  }
}

export class GeoDatabase {
  readonly type: string;
  /** `2026-11-22`. */
  readonly builtOn: string;
  readonly #reader: Reader<Response>;
  readonly #pointers = new Pointers();
  readonly #has6: boolean;
  #failed = 0;

  /** `file` is kept. Throws what is wrong with it. `pause` is called now and then: it takes a while. */
  static async open(
    file: Buffer,
    pause: () => Promise<unknown> = () => new Promise((resolve) => setImmediate(resolve)),
  ): Promise<GeoDatabase> {
    checkMetadata(file);
    const database = new GeoDatabase(file);
    await checkDatabase(file, database.#reader.metadata, pause);
    return database;
  }

  private constructor(file: Buffer) {
    this.#reader = new Reader(file, { cache: this.#pointers });
    const { databaseType, buildEpoch, ipVersion } = this.#reader.metadata;
    this.type = String(databaseType).slice(0, longest);
    const isDate = !Number.isNaN(buildEpoch.getTime());
    this.builtOn = isDate ? buildEpoch.toISOString().slice(0, 10) : 'no date';
    this.#has6 = ipVersion === 6;
  }

  /** Lookups that failed: the file has changed under our feet, or it is made to harm. */
  get failed(): number {
    return this.#failed;
  }

  /** What the database says of `address`, as flows write it; empty when it says nothing. */
  of(address: string): Place {
    if (!this.#has6 && address.includes(':')) return {}; // the library would look up its first 32 bits
    this.#pointers.begin();
    try {
      return placeOf(this.#reader.get(address));
    } catch {
      this.#failed += 1;
      return {};
    }
  }
}

/** The first of `paths` where something is. */
function first(record: unknown, ...paths: readonly string[]): unknown {
  for (const path of paths) {
    let value: unknown = record;
    for (const name of path.split('.'))
      value =
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? (value as Record<string, unknown>)[name]
          : undefined;
    if (value !== undefined && typeof value !== 'object') return value;
  }
  return undefined;
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value.slice(0, longest) : undefined;
const code = (value: unknown): string | undefined => {
  const found = text(value);
  return found !== undefined && /^[A-Z0-9]{1,3}$/.test(found) ? found : undefined;
};
const degrees = (value: unknown, most: number): number | undefined =>
  typeof value === 'number' && Math.abs(value) <= most ? value : undefined;

/** An object of those that are there; undefined when none is. */
function some<Members extends object>(members: Members): Partial<Members> | undefined {
  const there = Object.entries(members).filter(([, value]) => value !== undefined);
  return there.length === 0 ? undefined : (Object.fromEntries(there) as Partial<Members>);
}

/** What a record says, whichever database it is of. */
export function placeOf(record: unknown): Place {
  const lat = degrees(first(record, 'location.latitude'), 90);
  const lon = degrees(first(record, 'location.longitude'), 180);
  const geo = some({
    continent: code(first(record, 'continent.code', 'continent_code')),
    country: code(first(record, 'country.iso_code', 'country_code', 'country')),
    country_name: text(first(record, 'country.names.en', 'country_name')),
    region: code(first(record, 'subdivisions.0.iso_code')),
    region_name: text(first(record, 'subdivisions.0.names.en', 'region')),
    city: text(first(record, 'city.names.en', 'city')),
    location: lat === undefined || lon === undefined ? undefined : { lat, lon },
  });
  const number = systemNumber(first(record, 'autonomous_system_number', 'asn'));
  const organization = text(first(record, 'autonomous_system_organization', 'as_name'));
  const as = number === undefined ? undefined : { number, ...(organization && { organization }) };
  return {
    ...(geo === undefined ? {} : { geo: geo as Geo }),
    ...(as === undefined ? {} : { as: as as AutonomousSystem }),
  };
}

/** `AS64496`, or the number alone. */
function systemNumber(value: unknown): number | undefined {
  const digits = /^(?:AS)?(\d{1,10})$/.exec(String(value))?.[1];
  const number = Number(digits ?? Number.NaN);
  return Number.isInteger(number) && number >= 0 && number <= 0xffffffff ? number : undefined;
}
