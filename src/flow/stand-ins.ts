// What the privacy filter puts in place of what it takes away: netifyd's constants, or keyed pseudonyms that let one host
// stay one host for as long as the key lasts.
import { createHmac } from 'node:crypto';
import { type Address, formatAddress, formatMac, hex } from './address-text.js';
import type { PseudonymKey } from './pseudonym-keys.js';

export type Side = 'local' | 'other';

export interface StandIns {
  address(address: Address, side: Side): string;
  mac(digits: string, side: Side): string;
  name(name: string): string;
}

/** netifyd 3.07's for its lower and upper side; its IPv6 text (`fe:80::...`) was malformed. */
const constants = {
  local: { mac: '00:52:14:00:00:00', 4: '127.255.0.253', 16: 'fe80::ffff:7fff:fd' },
  other: { mac: '00:52:ff:00:00:00', 4: '127.255.0.254', 16: 'fe80::ffff:7fff:fe' },
} as const;

export const maskedName = 'masked.invalid';

export const fixedStandIns: StandIns = {
  address: (address, side) => constants[side][address.length === 4 ? 4 : 16],
  mac: (_, side) => constants[side].mac,
  name: () => maskedName,
};

/** For the address of a WAN interface; `index` counts from 0 in the order in which they were seen. */
export function externalStandIn(address: Address, index: number): string {
  const number = Math.min(index + 1, 252);
  return address.length === 4 ? `127.255.0.${number}` : `fe80::ffff:7fff:${number.toString(16)}`;
}

/** Keyed digest of `label` and `parts`, in bytes. */
export function keyed(key: Buffer, label: string, ...parts: (Uint8Array | string)[]): Buffer {
  const mac = createHmac('sha256', key).update(`${label}\0`);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

/** Pseudonyms remembered for one key; beyond, all are computed again. */
const mostRemembered = 16_384;

/**
 * Addresses become ones of 100.64.0.0/10 or fd00::/8, MACs locally administered ones. Of 22 bits for IPv4, two of 300
 * hosts share one in one case of a hundred.
 */
export class Pseudonyms implements StandIns {
  readonly #key: Buffer;
  readonly #known = new Map<string, string>();

  constructor(key: Buffer) {
    this.#key = key;
  }

  address(address: Address): string {
    return this.#remember(hex(address), () => {
      const bytes = keyed(this.#key, 'address', address);
      if (address.length === 4)
        return formatAddress(
          Uint8Array.of(100, 64 | ((bytes[0] ?? 0) & 63), bytes[1] ?? 0, bytes[2] ?? 0),
        );
      return formatAddress(Uint8Array.of(0xfd, ...bytes.subarray(0, 15)));
    });
  }

  mac(digits: string): string {
    return this.#remember(digits, () => {
      const bytes = keyed(this.#key, 'mac', digits).subarray(0, 6);
      bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 2;
      return formatMac(hex(bytes));
    });
  }

  name(name: string): string {
    return this.#remember(`.${name}`, () => {
      const bytes = keyed(this.#key, 'name', name).subarray(0, 5);
      return `host-${hex(bytes)}.invalid`;
    });
  }

  #remember(what: string, compute: () => string): string {
    const known = this.#known.get(what);
    if (known !== undefined) return known;
    if (this.#known.size >= mostRemembered) this.#known.clear();
    const fresh = compute();
    this.#known.set(what, fresh);
    return fresh;
  }
}

/** One object for each key, so that what it remembers is kept. */
export class PseudonymsByKey {
  readonly #byKey = new WeakMap<Buffer, Pseudonyms>();

  of({ key }: Pick<PseudonymKey, 'key'>): Pseudonyms {
    let pseudonyms = this.#byKey.get(key);
    if (pseudonyms === undefined) {
      pseudonyms = new Pseudonyms(key);
      this.#byKey.set(key, pseudonyms);
    }
    return pseudonyms;
  }
}
