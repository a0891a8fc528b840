// What is masked, where, and by what: the rules, the addresses of the outside, those that masked devices were seen with,
// and the pseudonyms, for one flow, one device, or a message that belongs to neither.
import {
  type Address,
  embedded,
  hex,
  isWithin,
  type Network,
  parseAddress,
  parseMac,
  parseNetwork,
} from './address-text.js';
import { LearnedAddresses } from './learned-addresses.js';
import type { PrivacyOptions } from './privacy-options.js';
import type { PrivacyRules } from './privacy-rules.js';
import { type Substitutes, substitute } from './privacy-text.js';
import {
  externalStandIn,
  fixedStandIns,
  keyed,
  PseudonymsByKey,
  type StandIns,
} from './stand-ins.js';

export type Members = Readonly<Record<string, unknown>>;

/** What is masked beyond the rules while one flow or device is looked at. */
export interface Scope {
  readonly standIns: StandIns;
  readonly addresses: ReadonlyMap<string, string>;
  readonly macs: ReadonlyMap<string, string>;
}

const privateNetworks = [
  ...['10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'],
  ...['fc00::/7', 'fe80::/10'],
].map((text) => parseNetwork(text) as Network);

/** Sides of a flow that are no hosts of ours, by `other_type`. */
const notOurs = ['remote', 'multicast', 'broadcast'];
/** WAN addresses remembered: flows that began under one end under the next. */
const mostExternal = 256;

/** 0.0.0.0, ::, loopback, multicast and broadcast name no host. */
const isHost = (address: Address) =>
  address.length === 4
    ? address[0] !== 0 && address[0] !== 127 && (address[0] ?? 0) < 224
    : address[0] !== 0xff && address.some((byte, i) => byte !== 0 && (i < 15 || byte !== 1));
const isStation = (digits: string) =>
  digits !== '000000000000' && (Number.parseInt(digits.slice(0, 2), 16) & 1) === 0;

export class Masking {
  readonly #options: PrivacyOptions;
  readonly #rules: PrivacyRules;
  readonly #digestKey: Buffer;
  readonly #pseudonyms = new PseudonymsByKey();
  readonly #learned: LearnedAddresses;
  readonly #external = new Map<string, string>();
  #externalTexts = '';
  #localTexts = '';
  #local: readonly Network[] = privateNetworks;

  constructor(options: PrivacyOptions, rules: PrivacyRules, digestKey: Buffer) {
    this.#options = options;
    this.#rules = rules;
    this.#digestKey = digestKey;
    this.#learned = new LearnedAddresses(options.now ?? Date.now);
  }

  /** Takes in what the interfaces have now. */
  refresh(): void {
    const { privateExternalAddresses, wanAddresses, localNetworks } = this.#options;
    const external = privateExternalAddresses ? (wanAddresses?.() ?? []) : [];
    if (external.join() !== this.#externalTexts) {
      for (const text of external) this.#addExternal(text);
      this.#externalTexts = external.join();
    }
    const local = localNetworks?.() ?? [];
    if (local.join() !== this.#localTexts) {
      const networks = local.map(parseNetwork).filter((network) => network !== undefined);
      this.#local = [...privateNetworks, ...networks];
      this.#localTexts = local.join();
    }
  }

  /** For what belongs to no flow: the present pseudonyms. */
  messageScope(): Scope {
    const { pseudonyms } = this.#options;
    const standIns = pseudonyms ? this.#pseudonyms.of(pseudonyms.current()) : fixedStandIns;
    return { standIns, addresses: new Map(), macs: new Map() };
  }

  /** One station with its addresses: when any of them is masked, all are. */
  deviceScope(name: string, addresses: unknown, outer: Scope): Scope {
    const digits = parseMac(name);
    if (digits === undefined || !Array.isArray(addresses)) return outer;
    const list = addresses
      .map((text) => parseNetwork(String(text))?.base)
      .filter((address) => address !== undefined);
    const isMasked = this.#rules.hasMac(digits) || list.some((a) => this.#isMasked(a));
    if (!isMasked && !this.#options.pseudonyms) return outer;
    const { standIns } = outer;
    const hosts = isMasked ? list : list.filter(isHost);
    return {
      standIns,
      addresses: new Map(hosts.map((a) => [hex(a), standIns.address(a, 'local')])),
      macs: isMasked ? new Map([[digits, standIns.mac(digits, 'local')]]) : new Map(),
    };
  }

  flowScope(flow: Members): Scope {
    const standIns = this.#flowStandIns(flow);
    const addresses = new Map<string, string>();
    const macs = new Map<string, string>();
    const tunnel = flow.gtp as Members | undefined;
    for (const side of ['other', 'local'] as const) {
      if (tunnel !== undefined) this.#addTunnelEnd(tunnel, side, standIns, addresses);
      const address = parseAddress(String(flow[`${side}_ip`]));
      const mac = parseMac(String(flow[`${side}_mac`]));
      const byMac = mac !== undefined && this.#rules.hasMac(mac);
      if (byMac && address && side === 'local' && isHost(address)) this.#learned.add(address);
      const byRule = byMac || (address !== undefined && this.#isMasked(address));
      if (address && (byRule || (this.#byPseudonym(flow, side) && isHost(address))))
        addresses.set(hex(address), standIns.address(address, side));
      if (mac && byRule) macs.set(mac, standIns.mac(mac, side));
    }
    return { standIns, addresses, macs };
  }

  /** `text` with everything masked in it; names only where they can stand for a host. */
  text(text: string, scope: Scope, names: boolean): string {
    const rules = this.#rules;
    const substitutes: Substitutes = {
      address: (address, exact) => this.#address(address, exact, scope),
      mac: (digits) => this.#mac(digits, scope),
      name:
        names && rules.hasNames
          ? (name) => (rules.hasName(name) ? scope.standIns.name(name) : undefined)
          : undefined,
    };
    return substitute(text, substitutes);
  }

  /** Whether raw packets hold anything masked. With pseudonyms every one does. */
  occursIn(bytes: Buffer): boolean {
    if (this.#options.pseudonyms || this.#rules.occursIn(bytes)) return true;
    const known = [...this.#external.keys(), ...this.#learned.digits()];
    if (known.some((digits) => bytes.includes(Buffer.from(digits, 'hex')))) return true;
    const text = bytes.toString('latin1');
    return this.text(text, this.messageScope(), true) !== text;
  }

  #addExternal(text: string): void {
    const address = parseNetwork(text)?.base;
    if (address === undefined || !isHost(address) || this.#external.has(hex(address))) return;
    this.#external.set(hex(address), externalStandIn(address, this.#external.size));
    if (this.#external.size > mostExternal)
      this.#external.delete(this.#external.keys().next().value ?? '');
  }

  /** The ends of a tunnel are hosts of the network, as those of the flow in it are. */
  #addTunnelEnd(
    tunnel: Members,
    side: 'local' | 'other',
    standIns: StandIns,
    addresses: Map<string, string>,
  ): void {
    const address = parseAddress(String(tunnel[`${side}_ip`]));
    if (address === undefined) return;
    if (this.#isMasked(address) || (this.#byPseudonym(tunnel, side) && isHost(address)))
      addresses.set(hex(address), standIns.address(address, side));
  }

  #byPseudonym(ends: Members, side: 'local' | 'other'): boolean {
    const isOurs = side === 'local' || !notOurs.includes(String(ends.other_type));
    return this.#options.pseudonyms !== undefined && isOurs;
  }

  #flowStandIns(flow: Members): StandIns {
    const { pseudonyms } = this.#options;
    if (!pseudonyms) return fixedStandIns;
    // A flow whose key has been forgotten gets pseudonyms of its own, which link it to nothing.
    const key = pseudonyms.at(Number(flow.first_seen_at ?? Number.POSITIVE_INFINITY)) ?? {
      key: keyed(this.#digestKey, 'flow', String(flow.digest)),
    };
    return this.#pseudonyms.of(key);
  }

  #isMasked(address: Address): boolean {
    return this.#rules.hasAddress(address) || this.#learned.has(address);
  }

  #address(address: Address, exact: boolean, scope: Scope): string | undefined {
    const digits = hex(address);
    const known = scope.addresses.get(digits);
    if (known !== undefined) return known;
    const { pseudonyms } = this.#options;
    const standIn = () => scope.standIns.address(address, 'local');
    const external = this.#external.get(digits);
    if (external !== undefined) return pseudonyms ? standIn() : external;
    if (exact ? this.#rules.namesAddress(address) : this.#isMasked(address)) return standIn();
    if (!exact && pseudonyms !== undefined && this.#isLocal(address)) return standIn();
    const inner = embedded(address).some((a) => this.#address(a, true, scope) !== undefined);
    return inner ? standIn() : undefined;
  }

  #mac(digits: string, scope: Scope): string | undefined {
    const known = scope.macs.get(digits);
    if (known !== undefined) return known;
    const isOurs = this.#options.pseudonyms !== undefined && isStation(digits);
    return isOurs || this.#rules.hasMac(digits) ? scope.standIns.mac(digits, 'local') : undefined;
  }

  #isLocal(address: Address): boolean {
    return this.#local.some((network) => isWithin(address, network));
  }
}
