// Files, priorities and lines: which rule wins, and which are reported because they never do.
import assert from 'node:assert/strict';
import { load, tagOf } from './files.js';

const ours = 'app:1:a.ours\ndom:1:x.example\ndom:1:y.example\nnet:1:192.0.2.0/24\n';

describe('precedence of rules', () => {
  it('a later file overrides an earlier one, and that is a note', async () => {
    const loaded = await load({
      'ours.conf': ours,
      'users.conf': 'app:2:a.users\ndom:2:x.example\nnet:2:192.0.2.0/24\n',
    });
    assert.equal(tagOf(loaded, 'x.example'), 'a.users');
    assert.equal(tagOf(loaded, 'y.example'), 'a.ours');
    assert.equal(tagOf(loaded, '192.0.2.1'), 'a.users');
    assert.equal(loaded.problems.length, 2);
    assert.match(
      loaded.problems[0] ?? '',
      /^ours\.conf:2: note: never wins: users\.conf:2 gives it to a\.users$/,
    );
  });

  it('a longer domain or prefix wins whatever file it is in', async () => {
    const loaded = await load({
      'ours.conf': `${ours}dom:1:a.b.example\nnet:1:192.0.2.8/29\n`,
      'users.conf': 'app:2:a.users\npriority:9\ndom:2:b.example\nnet:2:192.0.2.0/25\n',
    });
    assert.equal(tagOf(loaded, 'a.b.example'), 'a.ours');
    assert.equal(tagOf(loaded, 'c.b.example'), 'a.users');
    assert.equal(tagOf(loaded, '192.0.2.9'), 'a.ours');
    assert.equal(tagOf(loaded, '192.0.2.1'), 'a.users');
    assert.deepEqual(loaded.problems, []);
  });

  it('a higher priority wins over the order of files', async () => {
    const loaded = await load({
      'first.conf': 'app:1:a.first\npriority:1\ndom:1:x.example\npriority:0\ndom:1:y.example\n',
      'second.conf': 'app:2:a.second\ndom:2:x.example\ndom:2:y.example\n',
    });
    assert.equal(tagOf(loaded, 'x.example'), 'a.first');
    assert.equal(tagOf(loaded, 'y.example'), 'a.second');
  });

  it('in one file the first line wins, and the second is a warning', async () => {
    const loaded = await load({
      'a.conf': 'app:1:a.one\napp:2:a.two\ndom:1:x.example\ndom:2:x.example\ndom:1:x.example\n',
    });
    assert.equal(tagOf(loaded, 'x.example'), 'a.one');
    assert.deepEqual(loaded.problems, [
      'a.conf:4: warning: never wins: a.conf:3 gives it to a.one',
      'a.conf:5: warning: said already at a.conf:3',
    ]);
  });

  it('a rule for a name and what is below it is shadowed only when both are', async () => {
    const loaded = await load({
      'a.conf': [
        'host:"^x.example$"@1.a.one',
        'host:"^x.example$",host:".x.example$"@2.a.two',
        'host:"^y.example$"@1.a.one',
        'dom:2:y.example',
        'host:".y.example$"@3.a.three',
      ].join('\n'),
    });
    assert.deepEqual(loaded.problems, [
      'a.conf:2: warning: never wins: a.conf:1 gives it to a.one',
      'a.conf:5: warning: never wins: a.conf:4 gives it to a.two',
    ]);
    assert.equal(tagOf(loaded, 'www.x.example'), 'a.two');
    assert.equal(tagOf(loaded, 'y.example'), 'a.one');
    assert.equal(tagOf(loaded, 'www.y.example'), 'a.two');
  });

  it('an id never stands for two applications', async () => {
    const loaded = await load({
      'ours.conf': ours,
      'users.conf': 'app:1:a.mine\ndom:1:z.example\napp:2:a.fine\ndom:2:f.example\n',
    });
    assert.deepEqual(loaded.problems, [
      'users.conf:1: error: id 1 is a.ours at ours.conf:1, so a.mine and its rules are not used; give it an id of its own',
    ]);
    assert.equal(tagOf(loaded, 'z.example'), undefined);
    assert.equal(tagOf(loaded, 'f.example'), 'a.fine');
  });

  it('a file may add to an application of another one, and rename it', async () => {
    const loaded = await load({
      'ours.conf': ours,
      'users.conf': 'category:games:Games\nnam:1:Renamed\ncat:1:games\ndom:1:more.example\n',
    });
    assert.deepEqual(loaded.problems, []);
    assert.equal(tagOf(loaded, 'more.example'), 'a.ours');
    assert.equal(loaded.definitions.applications[0]?.name, 'Renamed');
    assert.equal(loaded.definitions.applications[0]?.category, 'games');
  });
});

describe('domain lists', () => {
  it('give a category by the lowest number, then by the longest suffix', async () => {
    const loaded = await load({
      'a.conf': 'category:news:News\ncategory:games:Games\ncategory:adult:Adult\n',
      'domains.d/20-news.txt': '# comment\nx.example  y.example\n\tsub.z.example\n',
      'domains.d/10-games.txt': 'y.example\r\nz.example',
      'domains.d/30-adult.txt': 'x.example a.x.example not..one',
      'domains.d/40-unknown.txt': 'u.example',
      'domains.d/list.txt': 'l.example',
    });
    const category = (name: string) => loaded.lookup.category(name)?.category;
    assert.equal(category('www.x.example'), 'news');
    assert.equal(category('a.x.example'), 'news');
    assert.equal(category('y.example'), 'games');
    assert.equal(category('a.sub.z.example'), 'games');
    assert.equal(category('u.example'), undefined);
    assert.equal(category('l.example'), undefined);
    assert.deepEqual(loaded.problems, [
      'domains.d/30-adult.txt:1: error: "not..one": an empty label: two dots in a row',
      'domains.d/40-unknown.txt: error: not used: there is no category "unknown"; `dipper list categories` names them, category:WORD:DESCRIPTION adds one',
      'domains.d/list.txt: error: not used: its name is not {priority}-{category}.txt',
    ]);
  });
});
