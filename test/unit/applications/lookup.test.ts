// Suffix and prefix lookup against the definition of the words: try every rule.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Definitions, Rule } from '../../../src/applications/definitions.js';
import { Lookup } from '../../../src/applications/lookup.js';

const label = fc.constantFrom('a', 'b', 'ab', 'com');
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const origin = (line: number) => ({ application: 1, file: 'f', line, priority: 0 });

function definitions(rules: readonly Rule[]): Definitions {
  const application = { id: 1, tag: 'a.b', name: 'b', category: 'none', file: 'f', line: 1 };
  return {
    applications: [application],
    rules,
    transforms: [],
    categories: [],
    domainLists: [],
    problems: [],
    files: [],
  };
}

const domainRules = fc
  .array(fc.record({ name, exact: fc.boolean(), subdomains: fc.boolean() }), { maxLength: 12 })
  .map((all) => all.map((rule, i): Rule => ({ kind: 'domain', ...origin(i), ...rule })));

function naiveName(rules: readonly Rule[], asked: string): Rule | undefined {
  let best: Rule | undefined;
  for (const rule of rules) {
    if (rule.kind !== 'domain') continue;
    const matches =
      (rule.exact && asked === rule.name) || (rule.subdomains && asked.endsWith(`.${rule.name}`));
    if (matches && (best?.kind !== 'domain' || rule.name.length > best.name.length)) best = rule;
  }
  return best;
}

const octet = fc.integer({ min: 0, max: 3 });
const address = fc.tuple(octet, octet, octet, octet).map((parts) => parts.join('.'));
const value = (text: string) =>
  text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
const first = (text: string, bits: number) => {
  const host = BigInt(32 - bits);
  const masked = (value(text) >> host) << host;
  return [24n, 16n, 8n, 0n].map((shift) => (masked >> shift) & 255n).join('.');
};
const prefixRules = fc
  .array(fc.tuple(address, fc.integer({ min: 0, max: 32 })), { maxLength: 12 })
  .map((all) =>
    all.map(
      ([text, bits], i): Rule => ({
        kind: 'prefix',
        ...origin(i),
        address: first(text, bits),
        bits,
      }),
    ),
  );

function naiveAddress(rules: readonly Rule[], asked: string): Rule | undefined {
  let best: Rule | undefined;
  for (const rule of rules) {
    if (rule.kind !== 'prefix' || first(asked, rule.bits) !== rule.address) continue;
    if (best?.kind !== 'prefix' || rule.bits > best.bits) best = rule;
  }
  return best;
}

describe('lookup', () => {
  it('finds the longest suffix that any rule has', () => {
    fc.assert(
      fc.property(domainRules, name, (rules, asked) => {
        const [match] = new Lookup(definitions(rules)).name(asked);
        assert.equal(match?.rule, naiveName(rules, asked));
      }),
      { numRuns: 2000 },
    );
  });

  it('finds the longest prefix that any rule has', () => {
    fc.assert(
      fc.property(prefixRules, address, (rules, asked) => {
        const [match] = new Lookup(definitions(rules)).address(asked);
        assert.equal(match?.rule, naiveAddress(rules, asked));
      }),
      { numRuns: 2000 },
    );
  });

  it('prefers domains to texts, longer texts to shorter ones, texts to expressions', () => {
    const rules: Rule[] = [
      { kind: 'regex', ...origin(1), source: 'example' },
      { kind: 'text', ...origin(2), text: 'exam', start: false, end: false },
      { kind: 'text', ...origin(3), text: 'example', start: false, end: false },
      { kind: 'domain', ...origin(4), name: 'com', exact: true, subdomains: true },
    ];
    const lines = new Lookup(definitions(rules)).name('example.com').map(({ rule }) => rule.line);
    assert.deepEqual(lines, [4, 3, 2, 1]);
  });

  it('weighs names before addresses, and these before what the library says and ports', () => {
    const rules: Rule[] = [
      { kind: 'port', ...origin(1), ipProtocol: 6, firstPort: 443, lastPort: 443 },
      { kind: 'library', ...origin(2), protocol: 'Netflix' },
      { kind: 'prefix', ...origin(3), address: '192.0.2.0', bits: 24 },
      { kind: 'domain', ...origin(4), name: 'b.example', exact: true, subdomains: false },
      { kind: 'domain', ...origin(5), name: 'a.example', exact: true, subdomains: false },
    ];
    const found = new Lookup(definitions(rules)).evidence({
      names: ['a.example', 'b.example'],
      address: '192.0.2.1',
      library: ['NetFlix'],
      ipProtocol: 6,
      serverPort: 443,
    });
    assert.deepEqual(
      found.map(({ rule }) => rule.line),
      [5, 4, 3, 2, 1],
    );
  });
});
