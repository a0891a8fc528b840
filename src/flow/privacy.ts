// The privacy filter: takes configured hosts and devices out of every message before it is written anywhere. It works on
// parsed messages of any type, not on their text, and on every member, not on a list of known ones; what it cannot
// redact it does not let pass. Thread: Node's. Cost: a tenth of a millisecond a message, when configured.
import { randomBytes } from 'node:crypto';
import { hex } from './address-text.js';
import { Masking, type Members, type Scope } from './masking.js';
import { announcedNames, announcing, hostNames, userNames } from './own-names.js';
import {
  type CompiledReplacement,
  compileReplacements,
  isField,
  type PrivacyOptions,
} from './privacy-options.js';
import { PrivacyRules } from './privacy-rules.js';
import { keyed } from './stand-ins.js';

/** Of the digests, when none is given: one for the process, so that flows keep theirs when the filter is configured anew. */
const processKey = randomBytes(32);

/** Members whose texts are our own words or the library's: a host that is called `dns` must not change them. */
const vocabulary =
  /^(previous\.)?(type|reason|changed|tunnel|(gtp\.)?other_type|detected_(protocol|application)_name|(ndpi|category)\..*|geo\.(continent|country|region)|dhcp\.message_type|(netbios|snmp)\.operation|ntp\.mode|rdp\.protocols|smb\.dialect|.*\b(tag|role|state|capture_type|(name_)?source))$/;

/**
 * An explanation without the values that rules fit: they stand, as this filter lets them, in the members that `field` names.
 */
function withoutValues(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutValues);
  if (!isMembers(value)) return value;
  const members = Object.entries(value).filter(([name]) => name !== 'value');
  return Object.fromEntries(members.map(([name, inner]) => [name, withoutValues(inner)]));
}

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

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
  readonly #masking: Masking;
  readonly #replacements: readonly CompiledReplacement[];
  readonly #digestKey: Buffer;
  readonly #counters = { messages: 0, suppressed: 0, failed: 0 };

  /** Resolves names. Throws ERR_CONFIG_INVALID with the rule that is wrong. */
  static async create(options: PrivacyOptions): Promise<PrivacyFilter> {
    return new PrivacyFilter(options, await PrivacyRules.create(options, options.resolve));
  }

  private constructor(options: PrivacyOptions, rules: PrivacyRules) {
    this.#options = options;
    this.#replacements = compileReplacements(options.regex ?? []);
    this.#digestKey = options.digestKey ?? options.pseudonyms?.digestKey ?? processKey;
    this.#masking = new Masking(options, rules, this.#digestKey);
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
      this.#masking.refresh();
      return this.#redact(message as Members) as Message | undefined;
    } catch (err) {
      this.#fail(err);
      return undefined;
    }
  }

  /** The same for whole lines of JSON; lines that must not be sent are missing in the result. */
  redactLines(lines: Buffer): Buffer {
    const texts = lines.toString('utf8').split('\n').filter(Boolean);
    let result = '';
    try {
      this.#masking.refresh();
      for (const line of texts) result += this.#redactLine(line);
    } catch (err) {
      // What the interfaces have is not known, so nothing can be said of any line.
      this.#fail(err, texts.length);
    }
    return Buffer.from(result);
  }

  #redactLine(line: string): string {
    try {
      const redacted = this.#redact(JSON.parse(line) as Members);
      return redacted === undefined ? '' : `${JSON.stringify(redacted)}\n`;
    } catch (err) {
      this.#fail(err);
      return '';
    }
  }

  #redact(message: Members): Members | undefined {
    let result: Members;
    if (message.type === 'endpoints' && isMembers(message.devices)) {
      result = this.#endpoints(message, message.devices);
    } else if (message.type !== 'unknown_packets') {
      result = this.#object(message, this.#masking.messageScope(), '');
    } else if (this.#holdsMasked(message.packets)) {
      this.#counters.suppressed += 1;
      return undefined;
    } else {
      result = { ...message, digest: this.#digest(message.digest) };
    }
    this.#counters.messages += 1;
    return result;
  }

  /** Said at powers of two: what fails once may fail for every message. */
  #fail(err: unknown, messages = 1): void {
    const before = this.#counters.failed;
    this.#counters.failed += messages;
    const { failed } = this.#counters;
    if (Math.clz32(failed) !== Math.clz32(before))
      this.#options.log.error({ err, failed }, 'a message cannot be redacted and is dropped');
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
    if (typeof members.mac === 'string')
      scope = this.#masking.deviceScope(members.mac, members.addr, outer);
    const result = new Map<string, unknown>();
    for (const [name, value] of Object.entries(members)) {
      // A device: its MAC is the member's name.
      const inner = Array.isArray(value) ? this.#masking.deviceScope(name, value, scope) : scope;
      const newName = this.#memberName(name, inner);
      const newValue = this.#value(value, inner, path === '' ? name : `${path}.${name}`);
      if (newValue === '' && value !== '') continue; // a replacement left nothing
      result.set(newName, merged(result.get(newName), newValue));
    }
    return Object.fromEntries(result);
  }

  /** The rows of `devices` have no addresses of their own: those in the message say whether a device is masked. */
  #endpoints(message: Members, devices: Members): Members {
    const outer = this.#masking.messageScope();
    const { devices: _, ...lists } = message;
    const rows = Object.entries(devices).map(([mac, device]) => {
      const addresses = lists[mac];
      const scope = this.#masking.deviceScope(mac, addresses, outer);
      const texts = [mac, ...(Array.isArray(addresses) ? addresses : [])];
      return [
        this.#memberName(mac, scope),
        texts.some((text) => this.#isMaskedText(text, scope))
          ? this.#maskedDevice(device, scope)
          : this.#value(device, scope, 'devices'),
      ];
    });
    const known = rows.filter(([, device]) => device !== '');
    return { ...this.#object(lists, outer, ''), devices: Object.fromEntries(known) };
  }

  #isMaskedText(text: unknown, scope: Scope): boolean {
    return typeof text === 'string' && this.#masking.text(text, scope, false) !== text;
  }

  /** Of a masked device only that it has a name is left; nothing when it has none. */
  #maskedDevice(device: unknown, scope: Scope): unknown {
    if (!isMembers(device) || typeof device.name !== 'string') return '';
    const { name, name_source } = device;
    return { name: scope.standIns.name(name), name_source };
  }

  #flow(flow: Members): Members {
    const scope = this.#masking.flowScope(flow);
    const isMaskedSide = (side: 'local' | 'other') =>
      [flow[`${side}_ip`], flow[`${side}_mac`]].some((text) => this.#isMaskedText(text, scope));
    const masked = { local: isMaskedSide('local'), other: isMaskedSide('other') };
    const isMasked = masked.local || masked.other;
    const names = isMasked ? this.#maskedNames(flow) : [];
    const result = new Map<string, unknown>();
    for (const [name, value] of Object.entries(flow)) {
      let fresh: unknown;
      if (name === 'community_id' && isMasked) fresh = this.#communityId(flow);
      else if (name === 'local_device' && masked.local) fresh = this.#maskedDevice(value, scope);
      else if (name === 'other_device' && masked.other) fresh = this.#maskedDevice(value, scope);
      else if ((name === 'geo' || name === 'as') && masked.other) fresh = '';
      else if (name === 'explain') fresh = withoutValues(value);
      else if (name === 'previous' && isMembers(value))
        fresh = this.#previous(value, isMasked ? flow : undefined, scope);
      else fresh = this.#member(name, value, names, scope);
      if (fresh !== '' || value === '') result.set(this.#memberName(name, scope), fresh);
    }
    return Object.fromEntries(result);
  }

  #member(name: string, value: unknown, names: readonly string[], scope: Scope, prefix = '') {
    if (/^(digest|digest_prev|twin_digest)$/.test(name)) return this.#digest(value);
    const shown = this.#withoutNames(value, name, names, scope);
    return this.#value(shown, scope, `${prefix}${name}`);
  }

  /** What was told of the flow before, by the same rules; `masked`: the flow, if it has a masked side. The protocol of either
   * time decides which names may be own ones. */
  #previous(before: Members, masked: Members | undefined, scope: Scope): Members {
    const times = masked === undefined ? [] : [masked, { ...masked, ...before }];
    const names = times.flatMap((flow) => this.#maskedNames(flow));
    const result: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(before)) {
      const fresh = this.#member(name, value, names, scope, 'previous.');
      if (fresh !== '' || value === '') result[name] = fresh;
    }
    return result;
  }

  /** Members of a flow with a masked side that may name it. */
  #maskedNames(flow: Members): readonly string[] {
    const announced = announcing.test(String(flow.detected_protocol_name)) ? announcedNames : [];
    return [...hostNames, ...userNames, ...announced, ...(this.#options.fields ?? [])];
  }

  #ownName(value: unknown, scope: Scope): unknown {
    return typeof value === 'string' ? scope.standIns.name(value) : undefined;
  }

  /** The member with stand-ins for the fields of `masked`, and without user names where nobody is to see them. */
  #withoutNames(value: unknown, path: string, masked: readonly string[], scope: Scope): unknown {
    if (isMembers(value)) {
      const members = Object.entries(value)
        .filter(
          ([name]) => !this.#options.withoutUserNames || !userNames.includes(`${path}.${name}`),
        )
        .map(([name, inner]) => [
          name,
          this.#withoutNames(inner, `${path}.${name}`, masked, scope),
        ]);
      return members.length > 0 ? Object.fromEntries(members) : '';
    }
    if (!isField(path, masked)) return value;
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
    return vocabulary.test(path) ? result : this.#masking.text(result, scope, true);
  }

  /** Names of members are our own words, or addresses, or what packets said. */
  #memberName(name: string, scope: Scope): string {
    return /^[a-z_]+$/.test(name) ? name : this.#masking.text(name, scope, true);
  }

  #holdsMasked(packets: unknown): boolean {
    return (packets as readonly (readonly unknown[])[]).some((packet) =>
      this.#masking.occursIn(Buffer.from(String(packet[2]), 'base64')),
    );
  }
}

/** Two members that have become one name: lists are joined, otherwise the first stays. */
function merged(before: unknown, value: unknown): unknown {
  const unique = (list: unknown[]) => [...new Set(list)];
  if (Array.isArray(before) && Array.isArray(value)) return unique([...before, ...value]);
  return before ?? value;
}
