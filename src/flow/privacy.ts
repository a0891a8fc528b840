// The privacy filter: takes configured hosts and devices out of every message before it is written anywhere. It works on
// parsed messages of any type, not on their text, and on every member, not on a list of known ones; what it cannot
// redact it does not let pass. Thread: Node's. Cost: a tenth of a millisecond a message, when configured.
import { randomBytes } from 'node:crypto';
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
import {
  type CompiledReplacement,
  compileReplacements,
  isField,
  type PrivacyOptions,
} from './privacy-options.js';
import { PrivacyRules } from './privacy-rules.js';
import { type Substitutes, substitute } from './privacy-text.js';
import {
  externalStandIn,
  fixedStandIns,
  keyed,
  PseudonymsByKey,
  type Side,
  type StandIns,
} from './stand-ins.js';

type Members = Readonly<Record<string, unknown>>;

/** What is masked beyond the rules while one flow or device is looked at. */
interface Scope {
  readonly standIns: StandIns;
  readonly addresses: ReadonlyMap<string, string>;
  readonly macs: ReadonlyMap<string, string>;
}

const privateNetworks = [
  ...['10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'],
  ...['fc00::/7', 'fe80::/10'],
].map((text) => parseNetwork(text) as Network);

/** Protocols in which hosts say their own names, and where else they do. */
const announcing = /^(DHCP|DHCPV6|MDNS|LLMNR|NetBIOS|SSDP|Kerberos)$/i;
const ownNames = ['kerberos.hostname', 'kerberos.username'];
/** Sides of a flow that are hosts of ours, by `other_type`. */
const notOurs = ['remote', 'multicast', 'broadcast'];
/** Members whose texts are our own words or the library's: a host that is called `dns` must not change them. */
const vocabulary =
  /^(type|reason|tunnel|other_type|detected_(protocol|application)_name|ndpi\..*|.*\b(tag|role|state|capture_type|source))$/;
/** WAN addresses remembered: flows that began under one end under the next. */
const mostExternal = 256;

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** 0.0.0.0, ::, loopback, multicast and broadcast name no host. */
const isHost = (address: Address) =>
  address.length === 4
    ? address[0] !== 0 && address[0] !== 127 && (address[0] ?? 0) < 224
    : address[0] !== 0xff && address.some((byte, i) => byte !== 0 && (i < 15 || byte !== 1));
const isStation = (digits: string) =>
  digits !== '000000000000' && (Number.parseInt(digits.slice(0, 2), 16) & 1) === 0;

export interface PrivacyCounters {
  /** Messages that passed. */
  readonly messages: number;
  /** Captures of unknown flows that were held back. */
  readonly suppressed: number;
  /** Messages that could not be redacted and were dropped. */
  readonly failed: number;
}

export class PrivacyFilter {
  readonly #options: PrivacyOptions;
  readonly #rules: PrivacyRules;
  readonly #replacements: readonly CompiledReplacement[];
  readonly #digestKey: Buffer;
  readonly #pseudonyms = new PseudonymsByKey();
  readonly #external = new Map<string, string>();
  #externalTexts = '';
  #localTexts = '';
  #local: readonly Network[] = privateNetworks;
  readonly #counters = { messages: 0, suppressed: 0, failed: 0 };

  /** Resolves names. Throws ERR_CONFIG_INVALID with the rule that is wrong. */
  static async create(options: PrivacyOptions): Promise<PrivacyFilter> {
    return new PrivacyFilter(options, await PrivacyRules.create(options, options.resolve));
  }

  private constructor(options: PrivacyOptions, rules: PrivacyRules) {
    this.#options = options;
    this.#rules = rules;
    this.#replacements = compileReplacements(options.regex ?? []);
    this.#digestKey = options.digestKey ?? options.pseudonyms?.digestKey ?? randomBytes(32);
  }

  counters(): PrivacyCounters {
    return { ...this.#counters };
  }

  /**
   * The message with everything masked, as a new object with its members in the same order. Undefined when it must not be
   * sent: packets of an unknown flow that hold something masked, or a failure, which is counted and logged.
   */
  redact<Message extends object>(message: Message): Message | undefined {
    try {
      this.#refresh();
      const isCapture = (message as Members).type === 'unknown_packets';
      if (isCapture && this.#holdsMasked(message as Members)) {
        this.#counters.suppressed += 1;
        return undefined;
      }
      const result = isCapture
        ? { ...message, digest: this.#digest((message as Members).digest) }
        : this.#object(message as Members, this.#scope(), '');
      this.#counters.messages += 1;
      return result as Message;
    } catch (err) {
      this.#fail(err);
      return undefined;
    }
  }

  /** The same for whole lines of JSON; lines that must not be sent are missing in the result. */
  redactLines(lines: Buffer): Buffer {
    let result = '';
    for (const line of lines.toString('utf8').split('\n')) {
      if (line === '') continue;
      let message: object;
      try {
        message = JSON.parse(line);
      } catch (err) {
        this.#fail(err);
        continue;
      }
      const redacted = this.redact(message);
      if (redacted !== undefined) result += `${JSON.stringify(redacted)}\n`;
    }
    return Buffer.from(result);
  }

  /** Said at powers of two: what fails once may fail for every message. */
  #fail(err: unknown): void {
    this.#counters.failed += 1;
    const { failed } = this.#counters;
    if ((failed & (failed - 1)) === 0)
      this.#options.log.error({ err, failed }, 'a message cannot be redacted and is dropped');
  }

  /** What the interfaces have now. */
  #refresh(): void {
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

  #addExternal(text: string): void {
    const address = parseNetwork(text)?.base;
    if (address === undefined || !isHost(address) || this.#external.has(hex(address))) return;
    this.#external.set(hex(address), externalStandIn(address, this.#external.size));
    if (this.#external.size > mostExternal)
      this.#external.delete(this.#external.keys().next().value ?? '');
  }

  /** For what belongs to no flow: the present pseudonyms. */
  #scope(): Scope {
    const { pseudonyms } = this.#options;
    const standIns = pseudonyms ? this.#pseudonyms.of(pseudonyms.current()) : fixedStandIns;
    return { standIns, addresses: new Map(), macs: new Map() };
  }

  #value(value: unknown, scope: Scope, path: string): unknown {
    if (typeof value === 'string') return this.#text(value, scope, path);
    if (Array.isArray(value)) return value.map((item) => this.#value(item, scope, path));
    return isMembers(value) ? this.#object(value, scope, path) : value;
  }

  #object(members: Members, outer: Scope, path: string): Members {
    if ('digest' in members || 'local_ip' in members) return this.#flow(members);
    let scope = outer;
    // An interface: its addresses belong to its MAC.
    if (typeof members.mac === 'string') scope = this.#device(members.mac, members.addr, outer);
    const result = new Map<string, unknown>();
    for (const [name, value] of Object.entries(members)) {
      // A device: its MAC is the member's name.
      const inner = Array.isArray(value) ? this.#device(name, value, scope) : scope;
      const newName = this.#memberName(name, inner);
      const newValue = this.#value(value, inner, path === '' ? name : `${path}.${name}`);
      if (newValue === '' && value !== '') continue; // a replacement left nothing
      result.set(newName, merged(result.get(newName), newValue));
    }
    return Object.fromEntries(result);
  }

  /** One station with its addresses: when any of them is masked, all are. */
  #device(name: string, addresses: unknown, outer: Scope): Scope {
    const digits = parseMac(name);
    if (digits === undefined || !Array.isArray(addresses)) return outer;
    const list = addresses
      .map((text) => parseNetwork(String(text))?.base)
      .filter((address) => address !== undefined);
    const isMasked = this.#rules.hasMac(digits) || list.some((a) => this.#rules.hasAddress(a));
    if (!isMasked && !this.#options.pseudonyms) return outer;
    const { standIns } = outer;
    const hosts = isMasked ? list : list.filter(isHost);
    return {
      standIns,
      addresses: new Map(hosts.map((a) => [hex(a), standIns.address(a, 'local')])),
      macs: isMasked ? new Map([[digits, standIns.mac(digits, 'local')]]) : new Map(),
    };
  }

  #flow(flow: Members): Members {
    const scope = this.#flowScope(flow);
    const ips = (['local_ip', 'other_ip'] as const).map((name) => flow[name]);
    const isMasked = ips.some((ip) => typeof ip === 'string' && this.#substitute(ip, scope) !== ip);
    const result = new Map<string, unknown>();
    for (const [name, value] of Object.entries(flow)) {
      let fresh: unknown;
      if (/^(digest|digest_prev|twin_digest)$/.test(name)) fresh = this.#digest(value);
      else if (name === 'community_id' && isMasked) fresh = this.#communityId(flow);
      else if (isMasked && this.#isOwnName(name, flow)) fresh = this.#ownName(value, scope);
      else
        fresh = this.#value(
          isMasked ? this.#withoutFields(value, name, scope) : value,
          scope,
          name,
        );
      if (fresh !== '' || value === '') result.set(this.#memberName(name, scope), fresh);
    }
    return Object.fromEntries(result);
  }

  #flowScope(flow: Members): Scope {
    const { pseudonyms } = this.#options;
    let standIns: StandIns = fixedStandIns;
    if (pseudonyms) {
      // A flow whose key has been forgotten gets pseudonyms of its own, which link it to nothing.
      const key = pseudonyms.at(Number(flow.first_seen_at ?? Number.POSITIVE_INFINITY)) ?? {
        key: keyed(this.#digestKey, 'flow', String(flow.digest)),
      };
      standIns = this.#pseudonyms.of(key);
    }
    const addresses = new Map<string, string>();
    const macs = new Map<string, string>();
    for (const side of ['other', 'local'] as const) {
      const address = parseAddress(String(flow[`${side}_ip`]));
      const mac = parseMac(String(flow[`${side}_mac`]));
      const byRule =
        (mac !== undefined && this.#rules.hasMac(mac)) ||
        (address !== undefined && this.#rules.hasAddress(address));
      const ours =
        pseudonyms !== undefined &&
        (side === 'local' || !notOurs.includes(String(flow.other_type)));
      if (address && (byRule || (ours && isHost(address))))
        addresses.set(hex(address), standIns.address(address, side));
      if (mac && byRule) macs.set(mac, standIns.mac(mac, side));
    }
    return { standIns, addresses, macs };
  }

  /** Whether the member is a name that a masked host gave itself. */
  #isOwnName(name: string, flow: Members): boolean {
    const protocol = String(flow.detected_protocol_name);
    return name === 'host_server_name' && announcing.test(protocol);
  }

  #ownName(value: unknown, scope: Scope): unknown {
    return typeof value === 'string' ? scope.standIns.name(value) : undefined;
  }

  /** The member without the fields that a flow with a masked side does not show. */
  #withoutFields(value: unknown, path: string, scope: Scope): unknown {
    const fields = [...ownNames, ...(this.#options.fields ?? [])];
    if (isMembers(value))
      return Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [
          name,
          this.#withoutFields(inner, `${path}.${name}`, scope),
        ]),
      );
    if (!isField(path, fields)) return value;
    return Array.isArray(value)
      ? value.map((item) => this.#ownName(item, scope))
      : this.#ownName(value, scope);
  }

  /** Keyed, because a digest of known addresses is undone by trying them all; for every flow, because flow_stats has
   * nothing else to know one by. */
  #digest(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#digest(item));
    return hex(keyed(this.#digestKey, 'digest', String(value)).subarray(0, 20));
  }

  /** With the digest in it: two flows of one tuple have nothing in common then. */
  #communityId(flow: Members): string {
    const hash = keyed(this.#digestKey, 'community', String(flow.digest)).subarray(0, 20);
    return `1:${hash.toString('base64')}`;
  }

  #text(text: string, scope: Scope, path: string): string {
    let result = text;
    for (const { fields, regex } of this.#replacements)
      if (isField(path, fields)) result = regex.replace(result);
    return vocabulary.test(path) ? result : this.#substitute(result, scope, true);
  }

  /** Names of members are our own, or addresses. */
  #memberName(name: string, scope: Scope): string {
    return /^[a-z_]+$/.test(name) ? name : this.#substitute(name, scope);
  }

  #substitute(text: string, scope: Scope, names = false): string {
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

  #address(
    address: Address,
    exact: boolean,
    scope: Scope,
    side: Side = 'local',
  ): string | undefined {
    const digits = hex(address);
    const known = scope.addresses.get(digits);
    if (known !== undefined) return known;
    const { pseudonyms } = this.#options;
    const external = this.#external.get(digits);
    if (external !== undefined)
      return pseudonyms ? scope.standIns.address(address, side) : external;
    const masked = exact ? this.#rules.namesAddress(address) : this.#rules.hasAddress(address);
    const local = !exact && pseudonyms !== undefined && this.#isLocal(address);
    if (masked || local) return scope.standIns.address(address, side);
    const inner = embedded(address).find((a) => this.#address(a, true, scope) !== undefined);
    return inner === undefined ? undefined : scope.standIns.address(address, side);
  }

  #mac(digits: string, scope: Scope): string | undefined {
    const known = scope.macs.get(digits);
    if (known !== undefined) return known;
    const masked = this.#rules.hasMac(digits);
    const ours = this.#options.pseudonyms !== undefined && isStation(digits);
    return masked || ours ? scope.standIns.mac(digits, 'local') : undefined;
  }

  #isLocal(address: Address): boolean {
    return this.#local.some((network) => isWithin(address, network));
  }

  /** Packets cannot be redacted; with pseudonyms every one has something to hide. */
  #holdsMasked(message: Members): boolean {
    if (this.#options.pseudonyms) return true;
    const packets = message.packets as readonly (readonly unknown[])[];
    return packets.some((packet) => {
      const bytes = Buffer.from(String(packet[2]), 'base64');
      const text = bytes.toString('latin1');
      const external = [...this.#external.keys()].some((a) =>
        bytes.includes(Buffer.from(a, 'hex')),
      );
      return (
        external || this.#rules.occursIn(bytes) || this.#substitute(text, this.#scope()) !== text
      );
    });
  }
}

/** Two members that have become one name: lists are joined, otherwise the first stays. */
function merged(before: unknown, value: unknown): unknown {
  const unique = (list: unknown[]) => [...new Set(list)];
  if (Array.isArray(before) && Array.isArray(value)) return unique([...before, ...value]);
  return before ?? value;
}
