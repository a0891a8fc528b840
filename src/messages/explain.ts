// `flow.explain`: why a flow is the application that it is said to be. Only for who asks for it.
import { Type } from 'typebox';
import { closed, count, text } from './envelope.js';

const place = {
  file: text('Definition file.'),
  line: count('lines', 'Line of the file, from 1.'),
} as const;

const fit = {
  field: text('Member of `flow` whose value the rule fits, for example `ssl.client_sni`.'),
  value: Type.Optional(
    text('That value; of a list the item. Absent where the privacy filter is on: see the member.'),
  ),
  rule: closed(
    {
      application: text('Tag of the application that the rule stands for.'),
      ...place,
      text: text('The rule as a line of a definition file says it.'),
    },
    { description: 'The rule.' },
  ),
  transform: Type.Optional(
    closed(
      {
        value: Type.Optional(
          text('What it made of the value: the name that was looked up. Absent as that is.'),
        ),
        ...place,
        text: text('The transform as a line of a definition file says it.'),
      },
      { description: 'The `xfm:` that changed the value before the rule was looked for.' },
    ),
  ),
} as const;

export const Explain = closed(
  {
    field: Type.Optional(fit.field),
    value: fit.value,
    rule: Type.Optional(fit.rule),
    transform: fit.transform,
    packet: Type.Optional(
      count('packets', 'Packets of the record when it was decided; 65535 stands for more.'),
    ),
    others: Type.Array(closed(fit, { description: 'A rule that fits as well.' }), {
      maxItems: 8,
      description:
        'Other rules that fit something of the flow, the strongest evidence first: name in the hello, host or query, certificate, DNS hint, address of the server, the word of libndpi, port.',
    }),
  },
  {
    description:
      'Which rule decided on `detected_application`, by which value, and what else would have. Without `rule` none did. What the library said is in `ndpi`.',
  },
);
