// `dropped`: this client was too slow, and messages for it are gone. In the place where they would have been.
import { type Static, Type } from 'typebox';
import { closed, count, notes, sequence } from './envelope.js';

export const Dropped = closed(
  {
    ...sequence,
    type: Type.Literal('dropped', notes('Type of the message.')),
    messages: count('messages', 'Messages that this client does not get.'),
    bytes: count('bytes', 'Their size without framing.'),
  },
  {
    $id: 'dropped',
    title: 'dropped',
    description: 'Messages for this client were dropped because it read too slowly. To it alone.',
  },
);

export type Dropped = Static<typeof Dropped>;
