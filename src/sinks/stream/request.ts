// What a client may say: lines of JSON, each checked before anything is done. A line that is not understood is
// answered, never a reason to close; a flood of lines is.
import { Ajv, type ValidateFunction } from 'ajv';
import { type Static, Type } from 'typebox';

export const Subscribe = Type.Object(
  {
    types: Type.Optional(
      Type.Array(Type.String({ pattern: '^[a-z][a-z0-9_]{0,63}$' }), {
        maxItems: 64,
        uniqueItems: true,
        description: 'Types of the messages to send; all without this member.',
      }),
    ),
    filter: Type.Optional(
      Type.String({
        maxLength: 8192,
        description: 'Only messages that this expression matches; all without this member.',
      }),
    ),
    explain: Type.Optional(
      Type.Boolean({
        description:
          'Whether `flow` and `flow_dpi_update` say why the flow is its application; no without this member.',
      }),
    ),
  },
  { additionalProperties: false },
);

export const Request = Type.Union(
  [
    Type.Object({ subscribe: Subscribe }, { additionalProperties: false }),
    Type.Object({ snapshot: Type.Literal(true) }, { additionalProperties: false }),
    Type.Object(
      {
        explain: Type.String({ pattern: '^[0-9a-f]{40}$', description: 'Digest of a live flow.' }),
      },
      { additionalProperties: false },
    ),
  ],
  { $id: 'request', title: 'request', description: 'One line from a client to the server.' },
);

export type Request = Static<typeof Request>;

let validateSubscribe: ValidateFunction | undefined;

/** The request in `line`, or what is wrong with it. */
export function parseRequest(line: string): Request | { problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { problem: `not JSON; ${shapes}` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { problem: `not an object; ${shapes}` };
  }
  const members = Object.keys(value);
  if (members.length !== 1) return { problem: `${members.length} members; ${shapes}` };
  if ('snapshot' in value) {
    return value.snapshot === true
      ? { snapshot: true }
      : { problem: '"snapshot" can only be true' };
  }
  if ('explain' in value) {
    const digest = value.explain;
    return typeof digest === 'string' && /^[0-9a-f]{40}$/.test(digest)
      ? { explain: digest }
      : { problem: '"explain" is the digest of a flow, 40 hexadecimal digits' };
  }
  if (!('subscribe' in value)) {
    return { problem: `${JSON.stringify(members[0]?.slice(0, 40))} is no request; ${shapes}` };
  }
  validateSubscribe ??= new Ajv({ strict: true }).compile(Subscribe);
  if (validateSubscribe(value.subscribe)) return value as Request;
  const error = validateSubscribe.errors?.[0];
  const extra: unknown = error?.params.additionalProperty;
  const name = typeof extra === 'string' ? ` (${JSON.stringify(extra.slice(0, 40))})` : '';
  return {
    problem: `subscribe${error?.instancePath ?? ''} ${error?.message ?? 'is wrong'}${name}`,
  };
}

const shapes =
  'send {"subscribe": {"types": [...], "filter": "..."}}, {"snapshot": true} or {"explain": "DIGEST"}';

/** Cuts what arrives into lines of at most `limit` bytes; of a longer one it keeps nothing. */
export class LineReader {
  readonly #limit: number;
  #kept = Buffer.alloc(0);
  #size = 0;
  #skipping = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The lines that `data` completes; `null` for one that was too long, at the moment when it becomes so. */
  *read(data: Buffer): Generator<string | null, void, void> {
    for (let from = 0; from < data.length; ) {
      const end = data.indexOf(10, from);
      const part = data.subarray(from, end < 0 ? data.length : end);
      from += part.length + (end < 0 ? 0 : 1);
      if (!this.#skipping && !this.#keep(part)) {
        this.#skipping = true;
        yield null;
      }
      if (end < 0) return;
      const line = this.#kept.toString('utf8', 0, this.#size);
      const whole = !this.#skipping;
      this.#size = 0;
      this.#skipping = false;
      if (whole) yield line;
    }
  }

  #keep(part: Buffer): boolean {
    const size = this.#size + part.length;
    if (size > this.#limit) return false;
    if (size > this.#kept.length) {
      const larger = Buffer.alloc(Math.min(this.#limit, 2 * size));
      this.#kept.copy(larger, 0, 0, this.#size);
      this.#kept = larger;
    }
    part.copy(this.#kept, this.#size);
    this.#size = size;
    return true;
  }
}
