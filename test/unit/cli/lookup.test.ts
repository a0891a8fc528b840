// `dipper lookup`, `list` and `applications` as their users have them: the real program on real files.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folder } from '../applications/files.js';

const main = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url));

describe('dipper lookup, list, applications', function () {
  this.timeout(60_000);
  const root = folder();

  function dipper(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
      encoding: 'utf8',
    });
    return { status, stdout: stdout.replaceAll(`${root}/`, ''), stderr };
  }

  function file(name: string, text: string): string {
    writeFileSync(join(root, name), text);
    return join(root, name);
  }

  it('looks up names and addresses in our own set', () => {
    const { status, stdout } = dipper('lookup', '--json', 'chat.openai.com', '17.1.2.3', 'mit.edu');
    assert.equal(status, 0);
    const [name, address, none] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(name.application.tag, 'dipper.openai');
    assert.equal(name.application.category, 'artificial-intelligence');
    assert.match(name.rule.file, /etc\/dipper\/applications\.d\/20-ai\.conf$/);
    assert.equal(name.rule.rule, `dom:${name.application.id}:openai.com`);
    assert.equal(address.application.tag, 'dipper.apple');
    assert.equal(none.application, null);
  });

  it('says which rule won, and what else matched', () => {
    const definitions = file(
      'a.conf',
      'app:1:a.one\napp:2:a.two\ndom:1:example\ndom:2:x.example\nxfm:^cdn-(.*)$:$1\n',
    );
    const { stdout } = dipper('lookup', '-d', definitions, 'cdn-x.example');
    assert.deepEqual(stdout.split('\n'), [
      'cdn-x.example',
      '  application  a.two (2): two, unclassified',
      '  rule         dom:2:x.example  a.conf:4',
      '  looked up as x.example',
      '  also         a.one by dom:1:example  a.conf:3',
      '',
    ]);
    assert.match(dipper('lookup', '-d', definitions, 'other.test').stdout, /none: no rule/);
  });

  it('refuses what is not there', () => {
    assert.equal(dipper('lookup').status, 64);
    assert.equal(dipper('lookup', '-d', join(root, 'none'), 'x').status, 66);
    assert.equal(dipper('list').status, 64);
    assert.equal(dipper('list', 'everything').status, 64);
  });

  it('lists applications, categories, protocols, risks and fields', () => {
    const rows = (name: string) =>
      dipper('list', name, '--json')
        .stdout.trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    const openai = rows('applications').find(({ tag }) => tag === 'dipper.openai');
    assert.equal(openai.name, 'OpenAI');
    const categories = rows('categories');
    assert.ok(categories.some(({ name, of }) => name === 'games' && of === 'application'));
    assert.ok(categories.some(({ name, of }) => name === 'VPN' && of === 'protocol'));
    assert.ok(rows('protocols').some(({ name, kind }) => name === 'TLS' && kind === 'protocol'));
    assert.ok(rows('risks').length > 20);
    const sni = rows('fields').find(({ path }) => path === 'flow.ssl.client_sni');
    assert.equal(sni.type, 'string');
    const { stdout } = dipper('list', 'applications');
    assert.match(stdout, /^\d+ +dipper\.openai +artificial-intelligence +OpenAI$/m);
  });

  it('checks files: 65 with every error, 0 without', () => {
    const ours = dipper('applications', 'check');
    assert.equal(ours.status, 0);
    assert.match(ours.stdout, /applications, \d+ rules, \d+ domains in lists; 0 errors/);
    const bad = file('bad.conf', 'app:200001:a.one\ndom:200001:bad..name\ndom:200001:openai.com\n');
    const { status, stdout } = dipper('applications', 'check', bad);
    assert.equal(status, 65);
    assert.match(stdout, /^bad\.conf:2:16: error: an empty label/m);
    assert.equal(dipper('applications', 'check', join(root, 'none')).status, 66);
  });
});
