// Messages of netifyd 5.x whose members are names of interfaces or addresses, side by side with `type`. An interface
// that is called `type` or `seq` has no place in such a message; `agent_status` holds it all the same.
import { type Static, type TProperties, type TSchema, Type } from 'typebox';
import { notes, sequence } from './envelope.js';

/** Names that are members of the message itself. */
const reserved: ReadonlySet<string> = new Set(['type', 'seq', '__proto__']);

export type Keyed<Name extends string, Value> = {
  readonly seq?: number;
  readonly type: Name;
} & Readonly<Record<string, Value | Name | number | undefined>>;

/** The schema of a message `{type, KEY: value, ...}`; `members` are beside these, with names that no key can have. */
export function keyed<Name extends string, Value extends TSchema>(
  name: Name,
  value: Value,
  description: string,
  members: TProperties = {},
) {
  const properties: TProperties = {
    ...sequence,
    type: Type.Literal(name, notes('Type of the message.', 'type')),
    ...members,
  };
  const schema = Type.Object(properties, {
    $id: name,
    title: name,
    description,
    additionalProperties: value,
  });
  return Type.Unsafe<Keyed<Name, Static<Value>>>(schema);
}

/** `{type, ...values}`, without what has a reserved name. */
export function keyedMessage<const Name extends string, Value>(
  type: Name,
  values: Readonly<Record<string, Value>>,
): Keyed<Name, Value> {
  const rows = Object.entries(values).filter(([key]) => !reserved.has(key));
  return { type, ...Object.fromEntries(rows) } as Keyed<Name, Value>;
}
