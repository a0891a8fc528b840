// What the privacy filter looks for: the configured MACs, addresses, networks and names, and the addresses of the
// outside. Everything is bytes or lower-case here.
import { lookup } from 'node:dns/promises';
import { domainToASCII } from 'node:url';
import { DipperError } from '../errors.js';
import {
  type Address,
  embedded,
  hardwareAddress,
  hex,
  isWithin,
  type Network,
  parseMac,
  parseNetwork,
} from './address-text.js';

export interface PrivacyRuleTexts {
  readonly macs?: readonly string[];
  /** Addresses, networks (`192.0.2.0/24`) and names. */
  readonly hosts?: readonly string[];
}

/** All addresses of a name. */
export type Resolve = (name: string) => Promise<readonly string[]>;

const resolveBySystem: Resolve = async (name) =>
  (await lookup(name, { all: true, verbatim: true })).map(({ address }) => address);

const refuse = (what: string, cause?: unknown) =>
  new DipperError('ERR_CONFIG_INVALID', `privacy filter: ${what}`, { cause });

/** Lower-case, punycode where it is a name beyond ASCII, without a final dot. */
export const normalName = (name: string) => {
  const lower = name.toLowerCase().replace(/\.$/, '');
  return domainToASCII(lower) || lower;
};

export class PrivacyRules {
  readonly #macs = new Set<string>();
  readonly #addresses = new Set<string>();
  readonly #networks: Network[] = [];
  readonly #names = new Set<string>();

  /**
   * Names are resolved now, once. Throws ERR_CONFIG_INVALID for a text that is neither MAC, address, network nor name, and
   * for a name without an address: masking less than was asked for would go unseen.
   */
  static async create(
    texts: PrivacyRuleTexts,
    resolve: Resolve = resolveBySystem,
  ): Promise<PrivacyRules> {
    const rules = new PrivacyRules();
    for (const text of texts.macs ?? []) {
      const digits = parseMac(text);
      if (digits === undefined) throw refuse(`"${text}" is no MAC address`);
      rules.#macs.add(digits);
    }
    for (const text of texts.hosts ?? []) {
      if (!rules.#addNetwork(text)) await rules.#addName(text, resolve);
    }
    return rules;
  }

  get hasNames(): boolean {
    return this.#names.size > 0;
  }

  hasMac(digits: string): boolean {
    return this.#macs.has(digits);
  }

  hasName(name: string): boolean {
    return this.#names.has(name) || (/[^ -~]/.test(name) && this.#names.has(normalName(name)));
  }

  /** Also when a masked IPv4 address is inside an IPv6 one, or that was made of a masked MAC. */
  hasAddress(address: Address): boolean {
    if (this.#addresses.has(hex(address))) return true;
    if (this.#networks.some((network) => isWithin(address, network))) return true;
    const mac = hardwareAddress(address);
    if (mac !== undefined && this.#macs.has(mac)) return true;
    return embedded(address).some((inner) => this.hasAddress(inner));
  }

  /** Whether the address itself was named, not a network that it is in. */
  namesAddress(address: Address): boolean {
    return this.#addresses.has(hex(address));
  }

  /**
   * Whether raw packets hold anything masked, as bytes at any offset or as text. May say so without need: a network is
   * wide, and any four bytes may look like an address in it.
   */
  occursIn(bytes: Buffer): boolean {
    const has = (digits: string) => bytes.includes(Buffer.from(digits, 'hex'));
    if ([...this.#macs].some(has) || [...this.#addresses].some(has)) return true;
    if (this.#networks.some((network) => isAnywhere(bytes, network))) return true;
    const text = bytes.toString('latin1').toLowerCase();
    return [...this.#names].some((name) => text.includes(name) || text.includes(wireName(name)));
  }

  #addNetwork(text: string): boolean {
    const network = parseNetwork(text);
    if (network === undefined) {
      if (text.includes('/') || /^[\d.]+$/.test(text) || text.includes(':'))
        throw refuse(`"${text}" is neither an address nor a network`);
      return false;
    }
    if (network.length === 8 * network.base.length) this.#addresses.add(hex(network.base));
    else this.#networks.push(network);
    return true;
  }

  async #addName(text: string, resolve: Resolve): Promise<void> {
    let addresses: readonly string[];
    try {
      addresses = await resolve(text);
    } catch (cause) {
      const { message } = cause as Error;
      throw refuse(
        `the host "${text}" has no address: ${message}; name its address instead, or see to the DNS`,
        cause,
      );
    }
    for (const address of addresses) this.#addNetwork(address);
    this.#names.add(normalName(text));
  }
}

function isAnywhere(bytes: Buffer, network: Network): boolean {
  const { length } = network.base;
  for (let at = 0; at + length <= bytes.length; at += 1)
    if (isWithin(bytes.subarray(at, at + length), network)) return true;
  return false;
}

/** As in DNS packets: each label with its length before it (RFC 1035 section 3.1). */
const wireName = (name: string) =>
  name
    .split('.')
    .map((label) => String.fromCharCode(label.length) + label)
    .join('');
