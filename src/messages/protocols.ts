// `protocols`: the list of names as netifyd 3.x sends it on connect: protocols and applications in one id space.
import { type Static, Type } from 'typebox';
import { Definition, definition, type KnownName } from './definitions.js';
import { closed, notes, sequence } from './envelope.js';

export const Protocols = closed(
  {
    ...sequence,
    type: Type.Literal('protocols', notes('Type of the message.', 'type')),
    protocols: Type.Array(Definition, {
      ...notes('Names of protocols and of applications.', 'protocols'),
    }),
  },
  {
    $id: 'protocols',
    title: 'protocols',
    description: 'The names behind the ids, as clients of netifyd 3.x expect them on connect.',
  },
);

export type Protocols = Static<typeof Protocols>;

export function protocols(names: readonly KnownName[]): Protocols {
  return { type: 'protocols', protocols: names.map(definition) };
}
