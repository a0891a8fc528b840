// `flow_dpi_update`: detection learned more about a flow that a `flow` message has announced.
import { type Static, type TProperties, Type } from 'typebox';
import { closed, envelope, notes, sequence } from './envelope.js';
import { Explain } from './explain.js';
import { countersSoFar, identity } from './flow.js';
import { metadata } from './metadata.js';
import { Ndpi } from './ndpi.js';

const {
  detected_protocol,
  detected_protocol_name,
  detected_application,
  detected_application_name,
  detection_guessed,
  soft_dissector,
  category,
  ip_nat,
  dns_host_name,
  dhc_hit,
  fhc_hit,
  digest_prev,
} = identity;

/** Every property optional. */
const some = <Properties extends TProperties>(properties: Properties) =>
  Type.Partial(Type.Object(properties)).properties;

/** Members whose value may differ from what was told before; of `ndpi` and the metadata those that do. */
const previous = closed(
  {
    ...some({
      ...{ ip_nat, dns_host_name, dhc_hit, fhc_hit, digest_prev },
      ...{ detected_protocol, detected_protocol_name },
      ...{ detected_application, detected_application_name },
      ...{ detection_guessed, soft_dissector },
    }),
    category: Type.Optional(
      closed(some(category.properties), { description: 'Categories that were others.' }),
    ),
    ndpi: Type.Optional(
      closed(some(Ndpi.properties), { description: 'What libndpi had said otherwise.' }),
    ),
    ...metadata,
  },
  {
    description:
      'The members that differ from what was told of the flow before, with their values then; those that are new have none. What the flow has carried so far (`total_bytes` and others, the sum of its flow_stats so far) was counted under them.',
  },
);

export const FlowDpiUpdate = closed(
  {
    ...sequence,
    type: Type.Literal('flow_dpi_update', notes('Type of the message.', 'type')),
    ...envelope,
    flow: closed(
      {
        ...identity,
        changed: Type.Array(Type.String(), {
          ...notes(
            'Names of the members that differ, are new or are gone since the message before; those inside of an object with a dot: `ssl.client_sni`.',
          ),
        }),
        previous,
        explain: Type.Optional(Explain),
        ...countersSoFar,
      },
      { description: 'The flow as it is known now, and as it was told before.' },
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
