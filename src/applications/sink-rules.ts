// The rules of netifyd 3.x, a line each: `host:"^site.com$",ip:192.0.2.0/24,tcp:8443@10001.netify.site`. It is nDPI's syntax with
// an id before the name. A host pattern is searched in the name: anywhere, or where ^ and $ hold it.
import { applicationId, type Collection, type FileRules, isTag } from './collection.js';
import type { Rule, RuleOrigin } from './definitions.js';
import { domainName, notInNames, strangeCharacter } from './domain-name.js';
import { network } from './network.js';

/** A part of a line, and the column where it begins. */
interface Entry {
  readonly kind: string;
  readonly value: string;
  readonly at: number;
}

type Found = Rule | { readonly problem: string; readonly at?: number };

const starts =
  /^(?:host|ip|ipv6|ip6|tcp|udp|nbpf|ip_risk_mask|ipv6_risk_mask|host_risk_mask|trusted_issuer_dn)\s*:/;

/** Whether a line is in this syntax. */
export const isSinkRule = (text: string) => starts.test(text);

/** One line. Everything that is wrong with it is reported; its other entries are used. */
export function sinkRule(
  collection: Collection,
  from: FileRules,
  line: number,
  text: string,
): void {
  const { file, priority } = from;
  const fail = (message: string, column?: number) =>
    collection.problems.add('error', file, line, message, column);
  const at = text.lastIndexOf('@');
  const target = text.slice(at + 1).trim();
  const dot = target.indexOf('.');
  const id = applicationId(dot < 0 ? '' : target.slice(0, dot));
  const tag = target.slice(dot + 1);
  if (at < 0) fail('no @ID.TAG at the end');
  else if (id === undefined || !isTag(tag))
    fail(
      `${JSON.stringify(target.slice(0, 80))} is no ID.TAG, such as 10035.netify.snapchat; a file of nDPI without ids belongs to the key for nDPI's protocols`,
      at + 2,
    );
  else if (collection.declare(from, line, id, tag)) {
    const origin: RuleOrigin = { application: id, file, line, priority };
    for (const entry of entries(text.slice(0, at))) {
      const found = rule(origin, entry);
      if ('problem' in found) fail(found.problem, entry.at + (found.at ?? 0));
      else collection.add(from, found);
    }
  }
}

/** The parts between commas; commas in quotes count as text. */
function* entries(text: string): Generator<Entry> {
  for (let start = 0; start < text.length; ) {
    let end = start;
    for (let quoted = false; end < text.length; end++) {
      const c = text[end];
      if (c === '"') quoted = !quoted;
      else if (c === ',' && !quoted) break;
    }
    const part = text.slice(start, end);
    const blanks = part.length - part.trimStart().length;
    const colon = part.indexOf(':');
    yield {
      kind: (colon < 0 ? part : part.slice(0, colon)).trim().toLowerCase(),
      value: colon < 0 ? '' : part.slice(colon + 1).trim(),
      at: start + blanks + 1,
    };
    start = end + 1;
  }
}

function rule(origin: RuleOrigin, { kind, value }: Entry): Found {
  switch (kind) {
    case 'host':
      return host(origin, value);
    case 'ip':
    case 'ip6':
    case 'ipv6': {
      const found = network(value.replaceAll(/[[\]]/g, ''));
      if (found === undefined)
        return { problem: `${JSON.stringify(value)} is no network, or has a port, too` };
      return { kind: 'prefix', ...origin, address: found.address, bits: found.bits };
    }
    case 'tcp':
    case 'udp':
      return port(origin, kind === 'tcp' ? 6 : 17, value);
    default:
      return { problem: `${JSON.stringify(kind.slice(0, 40))} is not used in application rules` };
  }
}

function host(origin: RuleOrigin, value: string): Found {
  const quoted = value.startsWith('"');
  if (quoted && (value.length < 2 || !value.endsWith('"')))
    return { problem: 'the " of the pattern is not closed' };
  const pattern = (quoted ? value.slice(1, -1) : value).toLowerCase();
  const start = pattern.startsWith('^');
  const end = pattern.endsWith('$');
  const text = pattern.slice(start ? 1 : 0, end ? -1 : undefined);
  if (text === '') return { problem: 'the pattern is empty: it would match every name' };
  const strange = strangeCharacter(text);
  if (strange >= 0) return { problem: notInNames(text.charAt(strange)) };
  // Anchored at both ends it is a name; anchored behind a leading dot it is what is below one.
  const below = text.startsWith('.');
  if (start && below) return { problem: 'no name begins with a dot: this never matches' };
  if (!end || (!start && !below)) return { kind: 'text', ...origin, text, start, end };
  const name = domainName(text);
  if (typeof name !== 'string') return { problem: name.message };
  return { kind: 'domain', ...origin, name, exact: start, subdomains: !start };
}

function port(origin: RuleOrigin, ipProtocol: number, value: string): Found {
  const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(value) ?? [];
  const firstPort = Number(first);
  const lastPort = Number(last ?? first);
  if (first === undefined || firstPort < 1 || lastPort > 65535 || lastPort < firstPort)
    return { problem: `${JSON.stringify(value)} is no port, and no range of ports` };
  return { kind: 'port', ...origin, ipProtocol, firstPort, lastPort };
}
