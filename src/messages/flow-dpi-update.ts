// `flow_dpi_update`: detection learned more about a flow that a `flow` message has announced.
import { type Static, Type } from 'typebox';
import { closed, envelope, notes, sequence } from './envelope.js';
import { Explain } from './explain.js';
import { identity } from './flow.js';

export const FlowDpiUpdate = closed(
  {
    ...sequence,
    type: Type.Literal('flow_dpi_update', notes('Type of the message.', 'type')),
    ...envelope,
    flow: closed(
      { ...identity, explain: Type.Optional(Explain) },
      { description: 'The flow as it is known now.' },
    ),
  },
  {
    $id: 'flow_dpi_update',
    title: 'flow_dpi_update',
    description:
      'The verdict or the metadata of a flow changed after its `flow` message; the whole object again.',
  },
);

export type FlowDpiUpdate = Static<typeof FlowDpiUpdate>;
