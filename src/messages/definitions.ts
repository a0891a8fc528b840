// `definitions` and `protocols`: which names stand behind the ids in `detected_protocol` and `detected_application`.
// The same list in two shapes: 4.x clients read the first, 3.x clients the second.
import { type Static, Type } from 'typebox';
import { closed, count, notes, sequence, text } from './envelope.js';

export const Definition = closed(
  {
    id: count('id', 'Number in `detected_protocol` or `detected_application`.', 'id'),
    tag: text('Name, for example `TLS` or `dipper.google`.', 'tag'),
  },
  { description: 'One name.' },
);

const list = (description: string, netifyd: string) =>
  Type.Array(Definition, { ...notes(description, netifyd) });

export const Definitions = closed(
  {
    ...sequence,
    type: Type.Literal('definitions', notes('Type of the message.', 'type')),
    applications: list('Names of applications.', 'applications (4.x)'),
    protocols: list('Names of protocols.', 'protocols (4.x)'),
  },
  {
    $id: 'definitions',
    title: 'definitions',
    description: 'The names behind the ids: on connect, and when they change.',
  },
);

export type Definition = Static<typeof Definition>;
export type Definitions = Static<typeof Definitions>;

/** A row of what the data plane knows; without the flag it is a protocol. */
export interface KnownName {
  readonly id: number;
  readonly name: string;
  /** Carried by a protocol, such as `Google` by `TLS`. */
  readonly application?: boolean;
}

export function definitions(names: readonly KnownName[]): Definitions {
  const rows = (application: boolean) =>
    names.filter((row) => (row.application ?? false) === application).map(definition);
  return { type: 'definitions', applications: rows(true), protocols: rows(false) };
}

export function definition({ id, name }: KnownName): Definition {
  return { id, tag: name };
}
