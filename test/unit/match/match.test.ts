// The match language: what it means, what it refuses and how, and that compiled it does what it says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import {
  compile,
  type Expression,
  fields,
  maxDepth,
  maxExpression,
  parseExpression,
  printExpression,
  type Value,
} from '../../../src/match/index.js';
import { examples } from '../messages/examples.js';
import { naive } from './naive.js';

const matches = (text: string, message: object = examples.flow): boolean =>
  compile(parseExpression(text))(message);

describe('match language', () => {
  // local 192.0.2.10:50123 -> 198.51.100.9:443, TLS 91, dipper.google 100126, SNI www.example.net
  const yes = [
    "type == 'flow'",
    'ip_protocol == 6 and ip_version == 4',
    "protocol == 'tls' && application == 'DIPPER.GOOGLE'",
    'protocol == 91',
    'app == 100126',
    "app_id in {1, 100126, 'Other'}",
    "application in ['dipper.google', 'Other']",
    'other_port in {80, 443}',
    'local_port >= 1024 && local_port <= 65535',
    'other_port < 444 and other_port > 442.5',
    'local_ip == 192.0.2.0/24',
    'local_ip == 192.0.2.10',
    "local_ip == '192.0.2.10'",
    'local_ip == ::ffff:192.0.2.0/120',
    'other_ip not in {10.0.0.0/8, 192.168.0.0/16, 2001:db8::/32}',
    'other_ip == 0.0.0.0/0',
    'local_mac == 02:00:00:00:00:01',
    'local_mac == 02-00-00-00-00-01',
    'other_type == other_remote',
    "other_type == 'remote'",
    'origin == origin_local',
    'origin != origin_unknown',
    'tunnel_type == tunnel_none',
    'internal',
    '!established and !(detection_guessed)',
    'internal == true and established == 0',
    "risks == 'Obsolete TLS (v1.1 or older)'",
    'risks',
    "local_device.name == 'desk' and local_device.randomized and geo.country in {'DE', 'FR'}",
    'as.number == 64496 and geo.location.lat > 50',
    "ssl.alpn == 'h2' and ssl.alpn == 'http/1.1' and not ssl.alpn == 'h3'",
    "flow.ssl.client_sni == 'www.example.net'",
    "detected_hostname == 'WWW.example.NET'",
    "tls_version == 'TLSv1.1'",
    "ndpi.category == 'Web' and cat in {'Web'}",
    'ndpi_risk_score >= 50',
    'ssl.client_sni',
    '!http.url',
    "http.url != 'x'",
    'not http.status >= 500',
    'flow.vlan_id == 0x0',
    'first_seen_at > 1.7e12',
    "(((type == 'flow')));",
    "interface == 'eth0' or local_port == 1 and local_port == 2",
  ];
  for (const text of yes) it(`matches ${text}`, () => assert.equal(matches(text), true));

  const no = [
    "type == 'flow_purge'",
    'other_port not in {80, 443}',
    'local_ip == 192.0.3.0/24',
    'local_ip == ::/0',
    'local_ip in {198.51.100.9, 192.0.2.11}',
    'established',
    'http.status >= 0',
    "http.url == ''",
    'vlan_id',
    'tunnel_type == tunnel_gtp',
    'origin == origin_other',
    "(interface == 'eth0' or local_port == 1) and local_port == 2",
    "ssl.alpn != 'h2'",
  ];
  for (const text of no) it(`does not match ${text}`, () => assert.equal(matches(text), false));

  it('takes any message, also one that is nothing like it', () => {
    for (const message of [{}, { flow: null }, { flow: 1 }, { flow: { ssl: [] } }, { flow: 'x' }]) {
      assert.equal(
        matches('local_ip == 10.0.0.0/8 or ssl.client_sni or other_port > 1', message),
        false,
      );
    }
    assert.equal(matches('local_ip == 10.0.0.0/8', { flow: { local_ip: 'pseudonym' } }), false);
    assert.equal(matches('detection_guessed', { flow: { detection_guessed: 1 } }), true);
    assert.equal(matches('detection_guessed == false', { flow: { detection_guessed: 0 } }), true);
  });

  const wrong: [text: string, column: number, problem: RegExp][] = [
    ['', 1, /expected the name of a field, but the expression ends/],
    ['protocol ==', 12, /expected a value, but the expression ends/],
    ['protocol == DNS', 13, /protocol is a name in quotes or a number, not DNS/],
    ['protocol == and', 13, /expected a value, but there is "and"; if it is text, quote it: 'and'/],
    ['protokoll == 1', 1, /there is no field protokoll; did you mean protocol\?/],
    ['x', 1, /there is no field x; see/],
    ['flow.ssl.client_sn', 1, /did you mean flow\.ssl\.client_sni\?/],
    ['other_port = 1', 12, /= compares nothing; use ==/],
    ['other_port =~ 1', 12, /use ==/],
    ['other_port ~ 1', 12, /no patterns yet/],
    ['established & internal', 13, /use && or and/],
    ['established | internal', 13, /use \|\| or or/],
    ['(other_port == 1', 17, /expected `\)`, but the expression ends/],
    ['other_port == 1)', 16, /expected `and`, `or` or the end, but there is "\)"/],
    ['other_port == 1 other_port', 17, /expected `and`, `or` or the end/],
    ['other_port in 1', 15, /expected `\{`/],
    ['other_port in {}', 16, /expected a value/],
    ['other_port in {1, 2', 20, /expected `,` or `}`/],
    ['other_port in {1]', 17, /expected `,` or `}`/],
    ["other_port == 'x'", 15, /other_port is a number, not x/],
    ['other_port == 10.0.0.1', 15, /is a number, not 10\.0\.0\.1/],
    ['local_ip == 300.0.0.1', 13, /300\.0\.0\.1 is no address or network/],
    ['local_ip == 10.0.0.0/33', 13, /is no address or network/],
    ['local_ip == 7', 13, /local_ip is an address or a network/],
    ["local_ip == 'here'", 13, /local_ip is an address or a network/],
    ['local_ip < 10.0.0.1', 12, /< needs a number/],
    ["interface > 'a'", 13, /> needs a number/],
    ['internal == 2', 13, /internal is true or false/],
    ['other_type == other_remot', 15, /other_type is one of other_unknown, /],
    ["type == 'flow", 9, /the text has no end; close it with '/],
    ["type == 'a\\q'", 11, /\\q means nothing/],
    ['type == "a" § 1', 13, /"§" is not part of the language/],
    [`${'('.repeat(maxDepth + 1)}internal`, maxDepth + 1, /more than 64 levels/],
    [`${'!'.repeat(100)}internal`, maxDepth + 1, /more than 64 levels/],
    ["type == 'x' ".padEnd(maxExpression + 1), maxExpression + 1, /8192 characters at most/],
  ];
  for (const [text, column, problem] of wrong) {
    it(`refuses ${text.slice(0, 40)}`, () => {
      assert.throws(
        () => parseExpression(text),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'ERR_FILTER');
          assert.match(error.message, problem);
          const at = /^filter, column (\d+): /.exec(error.message)?.[1];
          assert.equal(Number(at), column);
          return true;
        },
      );
    });
  }

  it('has a bound for comparisons and for sets', () => {
    const many = (count: number, text: string, sign: string) =>
      new Array(count).fill(text).join(sign);
    assert.throws(
      () => parseExpression(`app in {${many(1025, '1', ',')}}`),
      /more than 1024 values/,
    );
    assert.equal(matches(`app in {${many(1024, '1', ',')}}`), false);
    assert.throws(() => parseExpression(many(1025, 'app', '||')), /more than 1024 comparisons/);
  });

  it('never throws anything else, whatever the text is', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '(',
        ')',
        'and',
        'or',
        'not',
        '!',
        '==',
        'in',
        '{',
        '}',
        ',',
        'app',
        "'x'",
        '1',
      ),
      fc.constantFrom(
        'local_ip',
        '10.0.0.0/8',
        '::1',
        'fe80::/10',
        '02:00:00:00:00:01',
        ';',
        'true',
      ),
      fc.string({ maxLength: 5 }),
    );
    const accepted = { count: 0 };
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          const expression = parseExpression(pieces.join(' '));
          accepted.count += 1;
          compile(expression)(examples.flow);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'ERR_FILTER', String(error));
        }
      }),
      { numRuns: 2000 },
    );
    assert.ok(accepted.count > 0, 'some were expressions');
  });

  it('prints what it has parsed, and parses what it prints', () => {
    fc.assert(
      fc.property(expression, (made) => {
        const value = structuredClone(made); // plain objects, as the parser makes them
        assert.deepEqual(parseExpression(printExpression(value)), value);
      }),
      { numRuns: 1000 },
    );
  });

  it('does compiled what it says', () => {
    const seen = { true: 0, false: 0 };
    fc.assert(
      fc.property(expression, message, (value, of) => {
        const wanted = naive(value, of);
        assert.equal(compile(value)(of), wanted, printExpression(value));
        seen[`${wanted}`] += 1;
      }),
      { numRuns: 3000 },
    );
    assert.ok(seen.true > 300 && seen.false > 300, JSON.stringify(seen));
  });

  it('knows every field of every message, with or without `flow.`', () => {
    for (const name of ['flow.ssl.client_sni', 'ssl.client_sni', 'reason', 'seq', 'flow_count']) {
      assert.ok(fields().has(name), name);
    }
    const page = readFileSync(
      new URL('../../../../docs/reference/match.md', import.meta.url),
      'utf8',
    );
    const short = [...fields().keys()].filter((name) => !name.includes('.'));
    const documented = new Set([...page.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    const netifyd = short.filter((name) => fields().get(name)?.path.join('.') !== name);
    const own = new Set(netifyd.filter((name) => fields().get(name)?.path.at(-1) !== name));
    for (const name of own) assert.ok(documented.has(name), `${name} is in match.md`);
    for (const [, line] of (page.split('## Grammar')[0] ?? '').matchAll(/^ {4}(.*)$/gm)) {
      assert.doesNotThrow(() => parseExpression(line ?? ''), line);
    }
  });
});

const addresses = [
  '192.0.2.10',
  '192.0.2.77',
  '10.1.2.3',
  '2001:db8::1',
  '::ffff:192.0.2.10',
  '::1',
];
const networks = [
  '192.0.2.0/24',
  '192.0.2.8/29',
  '10.0.0.0/8',
  '2001:db8::/32',
  '::/0',
  '0.0.0.0/0',
  '::1/128',
];
const texts = ['TLS', 'tls', 'Google', "O'Brien\\", 'two\nlines', '', 'remote', 'ä'];
const numbers = [0, 1, 5, 6, 126, 443, -3, 2.5, 1e21];

const valueFor: Readonly<Record<string, fc.Arbitrary<Value>>> = {
  number: fc.constantFrom(...numbers).map((value) => ({ kind: 'number', value })),
  text: fc.constantFrom(...texts).map((value) => ({ kind: 'text', value })),
  named: fc.constantFrom<Value>({ kind: 'number', value: 126 }, { kind: 'text', value: 'tls' }),
  flag: fc.boolean().map((value) => ({ kind: 'boolean', value })),
  address: fc.constantFrom(...addresses, ...networks).map((value) => ({ kind: 'address', value })),
  mac: fc.constantFrom<Value>(
    { kind: 'mac', value: '02:00:00:00:00:01' },
    { kind: 'mac', value: '02-00-00-00-00-0A' },
  ),
};
const names = [
  'interface',
  'other_port',
  'ndpi_risk_score',
  'protocol',
  'app',
  'internal',
  'local_ip',
  'other_mac',
  'risks',
  'ssl.alpn',
  'ssl.client_sni',
  'type',
  'other_type',
  'origin',
];

const term: fc.Arbitrary<Expression> = fc.constantFrom(...names).chain((field) => {
  const { kind = 'text', constants } = fields().get(field) ?? {};
  const value: fc.Arbitrary<Value> =
    constants === undefined
      ? (valueFor[kind] as fc.Arbitrary<Value>)
      : fc.constantFrom(...constants.keys()).map((word): Value => ({ kind: 'word', value: word }));
  const operators: ('==' | '!=' | '<' | '<=' | '>' | '>=')[] =
    kind === 'number' ? ['==', '!=', '<', '<=', '>', '>='] : ['==', '!='];
  return fc.oneof(
    fc.record({ op: fc.constant('present' as const), field: fc.constant(field) }),
    fc.record({
      op: fc.constant('compare' as const),
      field: fc.constant(field),
      operator: fc.constantFrom(...operators),
      value,
    }),
    fc.record({
      op: fc.constant('in' as const),
      field: fc.constant(field),
      values: fc.array(value, { minLength: 1, maxLength: 4 }),
    }),
  );
});

const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    term,
    fc.record({
      op: fc.constantFrom('and' as const, 'or' as const),
      items: fc.array(tie('expression'), { minLength: 2, maxLength: 4 }),
    }),
    fc.record({ op: fc.constant('not' as const), item: tie('expression') }),
  ),
}));

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const message = fc.record({
  type: fc.constantFrom('flow', 'flow_purge', 'TLS'),
  interface: maybe(fc.constantFrom(...texts)),
  internal: fc.constantFrom<unknown>(true, false, 0, 1, undefined),
  flow: maybe(
    fc.record({
      local_ip: maybe(fc.constantFrom(...addresses, 'no address')),
      other_mac: maybe(fc.constantFrom('02:00:00:00:00:01', '02:00:00:00:00:0a')),
      other_port: maybe(fc.constantFrom(...numbers)),
      other_type: fc.constantFrom('remote', 'local', 'error'),
      local_origin: maybe(fc.boolean()),
      detected_protocol: fc.constantFrom(1, 126),
      detected_protocol_name: fc.constantFrom('TLS', 'DNS'),
      detected_application: maybe(fc.constantFrom(1, 126)),
      detected_application_name: maybe(fc.constantFrom('tls', 'Google')),
      ndpi: maybe(
        fc.record({
          score: fc.constantFrom(...numbers),
          risks: fc.array(fc.constantFrom(...texts), { maxLength: 3 }),
        }),
      ),
      ssl: maybe(
        fc.record({
          client_sni: maybe(fc.constantFrom(...texts)),
          alpn: maybe(fc.array(fc.constantFrom(...texts), { maxLength: 3 })),
        }),
      ),
    }),
  ),
});
