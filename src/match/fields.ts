// The names that an expression may use. Most are the paths of the messages' own members, read from their schemas; the
// rest are netifyd's short names.
import { messages } from '../messages/index.js';
import { tunnels } from '../messages/tunnels.js';
import { nearest } from './nearest.js';
import { matchError } from './tokens.js';

export type Kind = 'number' | 'text' | 'named' | 'flag' | 'address' | 'mac' | 'constant';

export interface Field {
  readonly kind: Kind;
  readonly path: readonly string[];
  /** `named` only: where the number is, `path` being where the name is. */
  readonly numberPath?: readonly string[];
  /** `constant` only: each constant and the value that it stands for. */
  readonly constants?: ReadonlyMap<string, string | boolean>;
}

interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
}

const at = (path: string): readonly string[] => path.split('.');
const named = (entity: string): Field => ({
  kind: 'named',
  path: at(`flow.detected_${entity}_name`),
  numberPath: at(`flow.detected_${entity}`),
});
const text = (path: string): Field => ({ kind: 'text', path: at(path) });
const number = (path: string): Field => ({ kind: 'number', path: at(path) });

const otherTypes = ['unknown', 'unsupported', 'local', 'multicast', 'broadcast', 'remote', 'error'];

const application = named('application');
const protocol = named('protocol');

/** netifyd's identifiers where ours differ (its expression engine, 4.5 and 5). */
const shortNames: Readonly<Record<string, Field>> = {
  application,
  app: application,
  application_id: application,
  app_id: application,
  protocol,
  proto: protocol,
  protocol_id: protocol,
  proto_id: protocol,
  category: text('flow.ndpi.category'),
  cat: text('flow.ndpi.category'),
  application_category: text('flow.category.application'),
  app_category: text('flow.category.application'),
  domain_category: text('flow.category.domain'),
  dom_category: text('flow.category.domain'),
  protocol_category: text('flow.category.protocol'),
  proto_category: text('flow.category.protocol'),
  risks: text('flow.ndpi.risks'),
  ndpi_risk_score: number('flow.ndpi.score'),
  detected_hostname: text('flow.host_server_name'),
  dns_hostname: text('flow.dns_host_name'),
  ssl_version: text('flow.ssl.version'),
  tls_version: text('flow.ssl.version'),
  ssl_cipher: text('flow.ssl.cipher_suite'),
  fwmark: number('flow.ct_mark'),
  other_type: {
    kind: 'constant',
    path: at('flow.other_type'),
    constants: new Map(otherTypes.map((word) => [`other_${word}`, word])),
  },
  origin: {
    kind: 'constant',
    path: at('flow.local_origin'),
    constants: new Map<string, string | boolean>([
      ['origin_local', true],
      ['origin_other', false],
      ['origin_unknown', 'unknown'],
    ]),
  },
  tunnel_type: {
    kind: 'constant',
    path: at('flow.tunnel'),
    constants: new Map([
      ...tunnels.map((word): [string, string] => [`tunnel_${word}`, word]),
      ['tunnel_gtp', 'gtp_u'],
    ]),
  },
};

function kindOf(name: string, schema: Schema): Kind | undefined {
  const { type, anyOf, items } = schema;
  if (anyOf?.[0] !== undefined) return kindOf(name, anyOf[0]);
  if (items !== undefined) return kindOf(name, items);
  if (type === 'integer' || type === 'number') return 'number';
  if (type === 'boolean') return 'flag';
  if (type !== 'string') return undefined;
  if (/(^|_)ip$/.test(name)) return 'address';
  return /(^|_)mac$/.test(name) ? 'mac' : 'text';
}

function addMembers(into: Map<string, Field>, schema: Schema, path: readonly string[]): void {
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    const whole = [...path, name];
    const kind = kindOf(name, member);
    const key = whole.join('.');
    if (kind !== undefined && !into.has(key)) into.set(key, { kind, path: whole });
    addMembers(into, member, whole);
  }
}

let table: ReadonlyMap<string, Field> | undefined;

/** Every name, made when it is first asked for. */
export function fields(): ReadonlyMap<string, Field> {
  if (table !== undefined) return table;
  const members = new Map<string, Field>();
  for (const schema of Object.values(messages)) addMembers(members, schema as Schema, []);
  const all = new Map<string, Field>(Object.entries(shortNames));
  for (const [path, field] of members) if (!all.has(path)) all.set(path, field);
  // `flow.` may be left out where nothing else has the name.
  for (const [path, field] of members) {
    const short = path.startsWith('flow.') ? path.slice('flow.'.length) : path;
    if (!all.has(short)) all.set(short, field);
  }
  table = all;
  return all;
}

/** The field of that name. Throws DipperError, with the nearest name that there is. */
export function fieldOf(name: string, column: number): Field {
  const field = fields().get(name);
  if (field !== undefined) return field;
  const near = nearest(name, fields().keys());
  const hint = near === undefined ? 'see docs/reference/match.md' : `did you mean ${near}?`;
  throw matchError(column, `there is no field ${name}; ${hint}`);
}
