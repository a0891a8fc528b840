// The native table against Lookup, which reads the same definitions in the plainest way.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Definitions, Rule } from '../../../src/applications/definitions.js';
import { Lookup } from '../../../src/applications/lookup.js';
import { compileApplications } from '../../../src/applications/table.js';

const application = { id: 7, tag: 'dipper.x', name: 'X', category: 'web', file: 'x', line: 1 };
const origin = { application: 7, file: 'x', line: 1, priority: 0 };

const labels = ['a', 'b', 'ab', 'aab', 'x-1', '_sip', 'www', 'com', 'net'];
const name = fc
  .array(fc.constantFrom(...labels), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join('.'));
const piece = name.chain((text) =>
  fc.tuple(fc.nat(text.length - 1), fc.nat(text.length)).map(([from, to]) => {
    const cut = text.slice(Math.min(from, to), Math.max(from, to));
    return cut === '' ? 'a' : cut;
  }),
);
const atom = fc.constantFrom(
  ...['a', 'b', '.', '[ab]', '[^b.]', '\\.', 'com', '(a|b)', '(ab)?', 'a*', 'b+', '[0-9]', '-'],
  ...['a{2}', '(a|ab)+', '\\w', 'W', '(?:b|net)'],
);
const pattern = fc
  .tuple(
    fc.constantFrom('', '', '^', '\\b'),
    fc.array(atom, { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', '', '$'),
  )
  .map(([start, atoms, end]) => `${start}${atoms.join('')}${end}`);
const address = fc.oneof(
  fc.tuple(fc.constantFrom(10, 192), fc.nat(1), fc.nat(3), fc.nat(255)).map((b) => b.join('.')),
  fc
    .tuple(fc.constantFrom('2001', 'fe80'), fc.constantFrom('db8', '0'), fc.nat(3))
    .map(([a, b, c]) => `${a}:${b}:0:0:0:0:0:${c}`),
);

function prefix(text: string, bits: number): Rule {
  const v4 = !text.includes(':');
  const length = Math.min(bits, v4 ? 32 : 128);
  const bytes = v4
    ? text.split('.').map(Number)
    : text.split(':').flatMap((w) => [parseInt(w, 16) >> 8, parseInt(w, 16) & 255]);
  const kept = bytes.map((b, i) => b & ~(255 >> Math.min(8, Math.max(0, length - 8 * i))));
  const words = Array.from({ length: 8 }, (_, i) =>
    (((kept[2 * i] ?? 0) << 8) | (kept[2 * i + 1] ?? 0)).toString(16),
  );
  return {
    ...origin,
    kind: 'prefix',
    address: v4 ? kept.join('.') : words.join(':'),
    bits: length,
  };
}

const rule: fc.Arbitrary<Rule> = fc.oneof(
  fc.record({ name, exact: fc.boolean() }).chain(({ name: text, exact }) =>
    fc.boolean().map(
      (below): Rule => ({
        ...{ ...origin, kind: 'domain', name: text, exact, subdomains: !exact || below },
      }),
    ),
  ),
  fc.record({ text: piece, anchor: fc.constantFrom('start', 'end', 'none') }).map(
    ({ text, anchor }): Rule => ({
      ...{ ...origin, kind: 'text', text, start: anchor === 'start', end: anchor === 'end' },
    }),
  ),
  pattern.map((source): Rule => ({ ...origin, kind: 'regex', source })),
  fc.tuple(address, fc.nat(128)).map(([text, bits]) => prefix(text, bits)),
  fc.tuple(fc.constantFrom(6, 17), fc.nat(20), fc.nat(20)).map(
    ([ipProtocol, a, b]): Rule => ({
      ...{ ...origin, kind: 'port', ipProtocol },
      ...{ firstPort: Math.min(a, b), lastPort: Math.max(a, b) },
    }),
  ),
  fc
    .constantFrom('Netflix', 'netflix', 'Google')
    .map((protocol): Rule => ({ ...origin, kind: 'library', protocol })),
);
const transform = fc
  .tuple(pattern, fc.constantFrom('', 'a', 'com', '$&', 'b.$1', 'x$$'))
  .map(([source, replacement]) => ({
    ...{ source: `(${source})`, replacement, file: 'x', line: 1 },
  }));
const list = fc.record({
  category: fc.constantFrom('web', 'ads', 'games'),
  priority: fc.nat(2),
  file: fc.constant('x'),
  domains: fc.array(name, { maxLength: 6 }),
});

const definitions: fc.Arbitrary<Definitions> = fc.record({
  applications: fc.constant([application]),
  rules: fc.array(rule, { maxLength: 12 }),
  transforms: fc.array(transform, { maxLength: 2 }),
  categories: fc.constant([]),
  domainLists: fc
    .array(list, { maxLength: 3 })
    .map((lists) => lists.sort((a, b) => a.priority - b.priority)),
  problems: fc.constant([]),
  files: fc.constant(['x']),
});

describe('the native table of applications', () => {
  it('finds what the reference finds, for names, addresses, ports and words of the library', async () => {
    await fc.assert(
      fc.asyncProperty(
        definitions,
        fc.array(name, { minLength: 1, maxLength: 8 }),
        fc.array(address, { minLength: 1, maxLength: 8 }),
        async (what, names, addresses) => {
          const { table } = await compileApplications(what);
          const reference = new Lookup(what);
          const number = (found: readonly { rule: Rule }[]) =>
            found[0] === undefined ? -1 : what.rules.indexOf(found[0].rule);
          for (const one of names) {
            const found = table.name(one);
            assert.equal(found.rule, number(reference.name(one)), one);
            assert.equal(what.domainLists[found.list]?.category, reference.category(one)?.category);
          }
          for (const one of addresses)
            assert.equal(table.address(one), number(reference.address(one)), one);
          for (const port of [0, 5, 19])
            assert.equal(table.port(6, port), number(reference.port(6, port)));
          for (const word of ['NETFLIX', 'google', 'x'])
            assert.equal(table.library(word), number(reference.library(word)));
        },
      ),
      { numRuns: 500 },
    );
  }).timeout(60_000);

  it('is bounded whatever expressions a file has, and says which are not used', async () => {
    // Each needs 2^20 states as an automaton.
    const rules = Array.from(
      { length: 70 },
      (_, i): Rule => ({
        ...{ ...origin, line: i + 1, kind: 'regex', source: `a.{20}x${i}$` },
      }),
    );
    const what: Definitions = {
      ...{ applications: [application], rules, transforms: [], categories: [] },
      ...{ domainLists: [], problems: [], files: ['x'] },
    };
    const { table, problems } = await compileApplications(what);
    assert.equal(problems.length, 6);
    assert.equal(problems[0]?.line, 65);
    assert.equal(table.name(`a${'b'.repeat(20)}x3`).rule, 3);
  }).timeout(10_000);
});
