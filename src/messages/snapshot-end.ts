// `snapshot_end`: after the last live flow of a snapshot; what follows is live.
import { type Static, Type } from 'typebox';
import { closed, count, notes, sequence } from './envelope.js';

export const SnapshotEnd = closed(
  {
    snapshot: Type.Optional(count('request', 'Number of the snapshot that ends here.')),
    ...sequence,
    type: Type.Literal('snapshot_end', notes('Type of the message.')),
    flows: Type.Optional(count('flows', 'Flows that the snapshot had.')),
  },
  {
    $id: 'snapshot_end',
    title: 'snapshot_end',
    description:
      'Every flow that lived when the snapshot was asked for has been sent. To the client that asked, alone.',
  },
);

export type SnapshotEnd = Static<typeof SnapshotEnd>;
