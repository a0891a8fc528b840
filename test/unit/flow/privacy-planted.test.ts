// Property: wherever in a message and in whatever notation a masked host is planted, it is gone afterwards, and the
// message is still what it was otherwise.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PrivacyFilter } from '../../../src/flow/privacy.js';
import type { PrivacyOptions } from '../../../src/flow/privacy-options.js';

const notations = [
  ...[
    '192.0.2.77',
    '::ffff:192.0.2.77',
    '::FFFF:C000:24D',
    '192-0-2-77',
    '0xC000024D',
    '3221226061',
  ],
  ...[
    '77.2.0.192.in-addr.arpa',
    '2001:db8::beef',
    '2001:DB8:0:0:0:0:0:BEEF',
    '64:ff9b::192.0.2.77',
  ],
  ...[
    '2001%3Adb8%3A%3Abeef',
    '02:00:5e:10:00:77',
    '02-00-5E-10-00-77',
    '0200.5e10.0077',
    '02005e100077',
  ],
  ...['printer.example', 'PRINTER.Example', '2002:c000:24d::1', 'fe80::5eff:fe10:77'],
];
/** What would still name the host. */
const traces =
  /192[.-]0[.-]2[.-]77|77\.2\.0\.192|c000:?0?24d|3221226061|beef|005e10|5e:10:00:77|5e-10-00-77|5e10\.0077|printer|fe10:77/i;

const separator = fc.constantFrom(' ', '/', '"', '=', '(', '[', ',', '@', '?', '\n', '«', '<', '');
const planted = fc
  .tuple(
    separator,
    fc.constantFrom(...notations),
    separator.filter((s) => s !== '['),
  )
  .map(([before, text, after]) => `${before}${text}${after === '' ? '' : `${after}end`}`);
const word = fc.stringMatching(/^[g-z]{1,8}$/);

const message = fc.letrec<{ value: unknown; members: object }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    planted,
    word,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('members'),
  ),
  members: fc.dictionary(fc.oneof(word, planted), tie('value'), { maxKeys: 5 }),
})).members;

describe('privacy filter with planted hosts', function () {
  this.timeout(60_000);
  const log = { error: (what: object) => assert.fail(JSON.stringify(what)) };
  const options = {
    log: log as unknown as PrivacyOptions['log'],
    hosts: ['192.0.2.77', '2001:db8::beef', 'printer.example'],
    macs: ['02:00:5e:10:00:77'],
    resolve: () => Promise.resolve(['192.0.2.77']),
  };

  it('leaves no trace in any notation', async () => {
    const filter = await PrivacyFilter.create(options);
    fc.assert(
      fc.property(message, (members) => {
        const text = JSON.stringify(filter.redact({ type: 'flow', flow: members }));
        assert.ok(!traces.test(text), text);
      }),
      { numRuns: 300 },
    );
  });

  it('leaves everything else as it is', async () => {
    const filter = await PrivacyFilter.create(options);
    const harmless = fc.letrec<{ value: unknown; members: object }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.string(),
        fc.ipV4(),
        fc.ipV6(),
        fc.webUrl(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        tie('members'),
      ),
      members: fc.dictionary(
        fc.string().filter((s) => !/^(digest|local_ip|mac|community_id)$/.test(s)),
        tie('value'),
      ),
    })).members;
    fc.assert(
      fc.property(harmless, (members) => {
        const before = { type: 'other', members };
        assert.equal(JSON.stringify(filter.redact(before)), JSON.stringify(before));
      }),
      { numRuns: 300 },
    );
  });
});
