// The object `flow.ndpi`: what the library said, unchanged and in its own names. The fields of Dipper and netifyd
// (`detected_...`) may be refined by Dipper; this object never is.
import { Type } from 'typebox';
import { closed, count, flag, notes, text } from './envelope.js';

export const Ndpi = closed(
  {
    version: Type.String({
      pattern: '^[0-9]+\\.[0-9]+',
      ...notes('Version of the running libndpi, for example 4.2.0.'),
    }),
    protocol: text(
      'Master and application as the library writes them: `TLS.Google`, `DNS`, `Unknown`.',
    ),
    master: text(
      'Name of the carrying protocol, `Unknown` when there is none.',
      'detected_protocol_name',
    ),
    app: text(
      'Name of the application inside it, `Unknown` when there is none.',
      'detected_application_name',
    ),
    confidence: text(
      'How sure the library is: `DPI`, `Match by port`, `Match by IP`, ... ; `Unknown` if nothing was found.',
    ),
    category: text('Category, for example `Web`.', 'category.protocol (an id there)'),
    breed: text('Breed: `Safe`, `Acceptable`, `Fun`, `Unsafe`, ...'),
    risks: Type.Array(Type.String(), {
      uniqueItems: true,
      ...notes('Names of the risks that the library saw.', 'risks.risks (ids there)'),
    }),
    score: count('points', 'Sum of the risks, 0 when there are none.', 'risks.ndpi_risk_score'),
    guessed: flag(
      'By port or address after detection gave up, not by a dissector.',
      'detection_guessed',
    ),
  },
  { description: 'What libndpi said of the flow, in its own words.' },
);
