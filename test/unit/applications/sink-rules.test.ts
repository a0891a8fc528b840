// Rules of netifyd 3.x: anchors, entries, ids, and what is said about lines that cannot be used.
import assert from 'node:assert/strict';
import { type Loaded, load, tagOf } from './files.js';

describe('rules of netifyd 3.x', () => {
  let loaded: Loaded;
  before(async () => {
    loaded = await load({
      'sink.conf': [
        '# a comment, then rules',
        'host:"^snapchat.com$",host:".snapchat.com$"@10035.netify.snapchat',
        'host:"^only.example$"@10001.netify.only',
        'host:".below.example$"@10002.netify.below',
        'host:"anywhere"@10003.netify.anywhere',
        'host:"^begins."@10004.netify.begins',
        'host:"ends.example$"@10005.netify.ends',
        'host:plain-text@10006.netify.plain',
        'ip:17.0.0.0/8,ip:2001:db8::/32@140.netify.apple',
        'ipv6:[2001:db8:1::]/48@141.netify.longer',
        'ip:192.0.2.1@142.netify.host',
        'tcp:8443,udp:5000-5010@10007.netify.ports',
      ].join('\n'),
    });
  });

  const names: [string, string | undefined][] = [
    ['snapchat.com', 'netify.snapchat'],
    ['WWW.Snapchat.com.', 'netify.snapchat'],
    ['notsnapchat.com', undefined],
    ['snapchat.com.example', undefined],
    ['only.example', 'netify.only'],
    ['www.only.example', undefined],
    ['below.example', undefined],
    ['a.b.below.example', 'netify.below'],
    ['xbelow.example', undefined],
    ['is-anywhere-here.example', 'netify.anywhere'],
    ['begins.example', 'netify.begins'],
    ['it.begins.example', undefined],
    ['it-ends.example', 'netify.ends'],
    ['ends.example.com', undefined],
    ['a.plain-text.example', 'netify.plain'],
    ['17.1.2.3', 'netify.apple'],
    ['18.1.2.3', undefined],
    ['2001:db8::1', 'netify.apple'],
    ['2001:db8:1::1', 'netify.longer'],
    ['192.0.2.1', 'netify.host'],
    ['192.0.2.2', undefined],
  ];
  for (const [name, tag] of names)
    it(`${name} is ${tag ?? 'nothing'}`, () => assert.equal(tagOf(loaded, name), tag));

  it('keeps the ids', () => {
    const byTag = new Map(loaded.definitions.applications.map(({ id, tag }) => [tag, id]));
    assert.equal(byTag.get('netify.snapchat'), 10035);
    assert.equal(byTag.get('netify.apple'), 140);
  });

  it('matches ports of the server, ranges too', () => {
    const tag = (protocol: number, port: number) =>
      loaded.lookup.port(protocol, port)[0]?.application.tag;
    assert.equal(tag(6, 8443), 'netify.ports');
    assert.equal(tag(17, 8443), undefined);
    assert.equal(tag(17, 5000), 'netify.ports');
    assert.equal(tag(17, 5010), 'netify.ports');
    assert.equal(tag(17, 5011), undefined);
  });

  it('names what is wrong, and uses the rest', async () => {
    const bad = await load({
      'a.conf': [
        'host:"good.example"@1.a.good',
        'host:"x.example"',
        'host:"x.example"@HTTP',
        'host:"",host:"kept.example"@2.a.kept',
        'host:"un*safe"@3.a.star',
        'host:"open@4.a.open',
        'ip:300.0.0.0/8@5.a.ip',
        'ip:192.0.2.0/24:443@5.a.ip',
        'tcp:70000@5.a.ip',
        'host:"^.never.example$"@6.a.dot',
        'nbpf:"host 192.0.2.1"@7.a.nbpf',
        'host:"y.example"@1.a.other',
      ].join('\n'),
    });
    assert.deepEqual(bad.problems, [
      'a.conf:2: error: no @ID.TAG at the end',
      `a.conf:3:18: error: "HTTP" is no ID.TAG, such as 10035.netify.snapchat; a file of nDPI without ids belongs to the key for nDPI's protocols`,
      'a.conf:4:1: error: the pattern is empty: it would match every name',
      'a.conf:5:1: error: "*" cannot be in a domain name; write the domain alone, it stands for all that is below it',
      'a.conf:6:1: error: the " of the pattern is not closed',
      'a.conf:7:1: error: "300.0.0.0/8" is no network, or has a port, too',
      'a.conf:8:1: error: "192.0.2.0/24:443" is no network, or has a port, too',
      'a.conf:9:1: error: "70000" is no port, and no range of ports',
      'a.conf:10:1: error: no name begins with a dot: this never matches',
      'a.conf:11:1: error: "nbpf" is not used in application rules',
      'a.conf:12: error: id 1 is a.good at a.conf:1, so a.other and its rules are not used; give it an id of its own',
    ]);
    assert.equal(tagOf(bad, 'good.example'), 'a.good');
    assert.equal(tagOf(bad, 'kept.example'), 'a.kept');
    assert.equal(tagOf(bad, 'y.example'), undefined);
  });
});
