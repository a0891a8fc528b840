// Addresses that masked devices were seen with as the local side of a flow. The same address comes by with another MAC:
// behind a router, on another interface, in a text.
import { type Address, hex } from './address-text.js';

const most = 4096;
/** Addresses are given to other devices in time. */
const lifeMs = 3_600_000;

export class LearnedAddresses {
  readonly #now: () => number;
  /** Digits to the time of the last flow, longest silent first. */
  readonly #seen = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  add(address: Address): void {
    const digits = hex(address);
    this.#seen.delete(digits);
    this.#seen.set(digits, this.#now());
    if (this.#seen.size > most) this.#seen.delete(this.#seen.keys().next().value ?? '');
  }

  has(address: Address): boolean {
    if (this.#seen.size === 0) return false;
    const at = this.#seen.get(hex(address));
    return at !== undefined && this.#now() - at < lifeMs;
  }

  /** All, as hexadecimal digits. */
  digits(): Iterable<string> {
    return this.#seen.keys();
  }
}
