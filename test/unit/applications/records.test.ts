// Records of netifyd 4.x and those of ours: what they mean, and what is said about lines that cannot be used.
import assert from 'node:assert/strict';
import { type Loaded, load, tagOf } from './files.js';

const example = [
  'category:games:Games',
  'category:news:News',
  'app:20:x.games',
  'nam:20:The Games',
  'cat:20:games',
  'dom:20:games.example',
  'dom:20:.dotted.example.',
  'dom:20:Bücher.example',
  'dom:20:zone',
  'net:20:198.51.100.0/24',
  'net:20:2001:db8::/32',
  'lib:20:TheGames',
  'rex:20:^play[0-9]+\\.',
  'app:21:x.special',
  'dom:21:special.games.example',
  'net:21:198.51.100.128/25',
  'xfm:^cdn-(.*)\\.delivery\\.example$:$1.example',
].join('\n');

describe('records of netifyd 4.x', () => {
  let loaded: Loaded;
  before(async () => {
    loaded = await load({ 'a.conf': example });
    assert.deepEqual(loaded.problems, []);
  });

  const names: [string, string | undefined][] = [
    ['games.example', 'x.games'],
    ['www.games.example', 'x.games'],
    ['notgames.example', undefined],
    ['special.games.example', 'x.special'],
    ['a.special.games.example', 'x.special'],
    ['dotted.example', 'x.games'],
    ['www.xn--bcher-kva.example', 'x.games'],
    ['anything.zone', 'x.games'],
    ['198.51.100.1', 'x.games'],
    ['198.51.100.129', 'x.special'],
    ['2001:db8::1', 'x.games'],
    ['play12.other.example', 'x.games'],
    ['cdn-games.delivery.example', 'x.games'],
  ];
  for (const [name, tag] of names)
    it(`${name} is ${tag ?? 'nothing'}`, () => assert.equal(tagOf(loaded, name), tag));

  it('gives an application its name and its category', () => {
    assert.deepEqual(
      loaded.definitions.applications.map(({ id, tag, name, category, line }) => [
        id,
        tag,
        name,
        category,
        line,
      ]),
      [
        [20, 'x.games', 'The Games', 'games', 3],
        [21, 'x.special', 'special', 'unclassified', 14],
      ],
    );
  });

  it("knows libndpi's names, without regard to case", () => {
    assert.equal(loaded.lookup.library('thegames')[0]?.application.tag, 'x.games');
  });

  it('names what is wrong, and uses the rest', async () => {
    const bad = await load({
      'a.conf': [
        'app:1:a.one',
        'app:0:a.zero',
        'app:x:a.x',
        'app:2:',
        'app:3:two words',
        'dom:1:two..dots',
        'dom:1:no space.example',
        `dom:1:${'x'.repeat(64)}.example`,
        'dom:9:undeclared.example',
        'net:1:192.0.2.0/33',
        'net:1:192.0.2.77/24',
        'rex:1:(a)\\1',
        'xfm:(:x',
        'cat:1:no-such',
        'dmo:1:mistyped.example',
        'nonsense',
        'nsd:1:-1:aGVsbG8=',
        'priority:high',
        'nam:7:Nobody',
        'dom:1:good.example',
      ].join('\n'),
    });
    assert.deepEqual(bad.problems, [
      'a.conf:2:5: error: write app:ID:..., the id being a number from 1 to 2147483647',
      'a.conf:3:5: error: write app:ID:..., the id being a number from 1 to 2147483647',
      'a.conf:4:7: error: nothing follows app:2:',
      'a.conf:5:7: error: a tag has letters, digits, and . _ + - between them: dipper.example',
      'a.conf:6:11: error: an empty label: two dots in a row',
      'a.conf:7:9: error: " " cannot be in a domain name',
      'a.conf:8:7: error: a label of more than 63 characters',
      'a.conf:9: error: no file declares the application 9 of this rule; add app:9:TAG',
      'a.conf:10:7: error: "192.0.2.0/33" is no network; write 192.0.2.0/24 or 2001:db8::/32',
      'a.conf:11:7: warning: bits behind the length are set; used as 192.0.2.0/24',
      'a.conf:12:7: error: the expression has a back-reference, which is not supported (character 6)',
      'a.conf:13:5: error: the expression has a ( without a ) (character 2)',
      'a.conf:14: error: there is no category "no-such"; `dipper list categories` names them, category:WORD:DESCRIPTION adds one',
      'a.conf:15:1: error: "dmo" is no type of record; did you mean `dom`?',
      'a.conf:16:1: error: "nonsense" is no type of record',
      "a.conf:17: warning: netifyd's soft dissectors are not supported; the line is not used",
      'a.conf:18:10: error: write priority:NUMBER, from -999999 to 999999',
      'a.conf:19: error: no file declares the application 7 of this name; add app:7:TAG',
    ]);
    assert.equal(tagOf(bad, 'good.example'), 'a.one');
    assert.equal(tagOf(bad, '192.0.2.1'), 'a.one');
  });

  it('mixes with the rules of 3.x in one file', async () => {
    const mixed = await load({
      'a.conf': 'app:1:a.one\nhost:"^x.example$"@2.a.two\ndom:1:y.example\ndom:2:z.example\n',
    });
    assert.deepEqual(mixed.problems, []);
    assert.equal(tagOf(mixed, 'x.example'), 'a.two');
    assert.equal(tagOf(mixed, 'y.example'), 'a.one');
    assert.equal(tagOf(mixed, 'z.example'), 'a.two');
  });
});
