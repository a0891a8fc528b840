// The linear matcher agrees with JavaScript's where both know a pattern, refuses what needs backtracking, and takes
// linear time for the patterns that are known to stall others.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LinearRegex } from '../../../src/regex/linear-regex.js';

describe('linear regex', function () {
  this.timeout(20_000);
  const cases: [string, string, string, string][] = [
    [
      '^[^.]+\\.internal\\.example$',
      'host.internal.example',
      'Printer7.INTERNAL.example',
      'host.internal.example',
    ],
    ['(a+)(b*)', '<$2$1>', 'xaabyab', 'x<baa>y<ba>'],
    ['[[:digit:]]{2,3}', '#', '1 22 333 4444', '1 # # #4'],
    ['\\bip\\b', '$&$$', 'ip zip ip', 'ip$ zip ip$'],
    ['a|ab', '-', 'ab', '-b'],
    ['a*?b', '-', 'aaab', '-'],
    ['x*', '-', 'axb', '-a--b-'],
    ['(x)?y', '[$1]', 'xyy', '[x][]'],
    ['[]a-]', '', 'b]a-c', 'bc'],
    ['\\.', '_', 'a.b', 'a_b'],
    ['ü', 'u', 'Ünü', 'unu'],
  ];
  for (const [pattern, replacement, text, expected] of cases)
    it(`/${pattern}/ -> ${replacement}: ${text}`, () =>
      assert.equal(new LinearRegex(pattern, replacement).replace(text), expected));

  const refused: [string, RegExp][] = [
    ['(a)\\1', /back-reference/],
    ['(?=a)', /lookaround/],
    ['(?<!a)b', /lookaround/],
    ['a**', /repeats a repetition/],
    ['*a', /nothing before/],
    ['(a', /without a \)/],
    ['a)', /without a \(/],
    ['[z-a]', /backwards/],
    ['(((a{30}){30}){30})', /too large/],
    ['a{3,1}', /from 3 to 1/],
    ['\\q', /means nothing/],
    ['['.repeat(600), /longer than/],
    ['('.repeat(40), /more than 32 groups/],
  ];
  for (const [pattern, why] of refused)
    it(`refuses ${pattern.slice(0, 30)}`, () =>
      assert.throws(() => new LinearRegex(pattern, ''), why));

  it('refuses a replacement with a group that is not there', () => {
    assert.throws(() => new LinearRegex('(a)', '$2'), /no group 2/);
  });

  it('agrees with JavaScript on patterns of both', () => {
    const leaf = fc.constantFrom('a', 'b', '[ab]', '[^a]', '.', 'ab', '\\w');
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
      pattern: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => a + b),
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
        // What is repeated is never empty: there JavaScript has a rule of its own (ECMA-262 22.2.2.3.1).
        fc.tuple(leaf, fc.constantFrom('*', '+', '?', '{1,2}', '*?')).map(([a, q]) => `(${a})${q}`),
      ),
    }));
    fc.assert(
      fc.property(pattern, fc.string({ unit: fc.constantFrom('a', 'b', 'c') }), (p, text) => {
        assert.equal(
          new LinearRegex(p, '<$&>').replace(text),
          text.replaceAll(new RegExp(p, 'giu'), '<$&>'),
        );
      }),
      { numRuns: 2000 },
    );
  });

  for (const pattern of [
    '(a+)+$',
    '(a|a)*b',
    'a*a*a*a*b',
    '(.*)(.*)(.*)x',
    '([ab]*c?)*d',
    '(?:a?){60}a{60}',
  ])
    it(`takes linear time for /${pattern}/`, () => {
      const regex = new LinearRegex(pattern, '');
      const text = 'a'.repeat(1023);
      const start = process.hrtime.bigint();
      regex.replace(`${text}!`);
      const ms = Number(process.hrtime.bigint() - start) / 1e6;
      assert.ok(ms < 2000, `${ms} ms`);
    });

  it('gives up, and shows nothing, when every match looks as far as the end', () => {
    const regex = new LinearRegex('x.*y|x', '-');
    const start = process.hrtime.bigint();
    assert.equal(regex.replace('x'.repeat(1024)), '');
    assert.ok(Number(process.hrtime.bigint() - start) / 1e6 < 5000);
    assert.equal(regex.replace('xxx'), '---', 'the next text has its own steps');
  });

  it('cuts off what it does not look at', () => {
    assert.equal(
      new LinearRegex('secret', '-').replace(`${'x'.repeat(1020)}secret`),
      `${'x'.repeat(1020)}secr`,
    );
  });
});
