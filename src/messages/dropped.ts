// `dropped`: this client was too slow, and messages for it are gone. In the place where they would have been.
import { type Static, Type } from 'typebox';
import { closed, count, notes, sequence } from './envelope.js';

export const Dropped = closed(
  {
    ...sequence,
    type: Type.Literal('dropped', notes('Type of the message.')),
    count: count('messages', 'Messages that this client does not get.'),
    bytes: count('bytes', 'Their size with framing.'),
    first_seq: count('messages', 'Number of the first of them.'),
    last_seq: count('messages', 'Number of the last of them.'),
  },
  {
    $id: 'dropped',
    title: 'dropped',
    description:
      'Messages for this client were dropped because it read too slowly. To it alone, in their place.',
  },
);

export type Dropped = Static<typeof Dropped>;
