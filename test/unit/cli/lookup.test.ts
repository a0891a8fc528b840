// `dipper lookup`, `list` and `applications` on real files, in this process: what they print, and what they exit with.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Command,
  type CommandGroup,
  type Io,
  memberOf,
  parse,
} from '../../../src/cli/command.js';
import { command as applications } from '../../../src/cli/commands/applications.js';
import { command as list } from '../../../src/cli/commands/list.js';
import { command as lookup } from '../../../src/cli/commands/lookup.js';
import { DipperError } from '../../../src/errors.js';
import { folder } from '../applications/files.js';
import { captureOf } from '../applications/hellos.js';

const commands: Readonly<Record<string, Command | CommandGroup>> = { applications, list, lookup };

describe('dipper lookup, list, applications', function () {
  this.timeout(60_000);
  const root = folder();
  const noConfiguration = file('empty.conf', '');

  /** As `dipper NAME ARGS...`; errors are words on stderr and an exit code, as main.ts makes them. */
  async function dipper(name: string, ...args: string[]) {
    const out: string[] = [];
    const err: string[] = [];
    const io: Io = {
      stdout: { write: (data) => Promise.resolve(void out.push(data.toString())) },
      stdoutIsTty: false,
      stderr: { write: (text) => void err.push(text), isTty: false, columns: 80 },
      environment: { DIPPER_CONFIG: noConfiguration },
      onSignal: () => () => {},
      exit: () => assert.fail('exit'),
    };
    let status: number;
    try {
      const loaded = commands[name] as Command | CommandGroup;
      const command = 'commands' in loaded ? memberOf(loaded, args) : loaded;
      const parsed = parse(command.spec, 'commands' in loaded ? args.slice(1) : args);
      assert.ok(!parsed.help);
      status = await command.run(parsed.values, parsed.operands, io);
    } catch (error) {
      assert.ok(error instanceof DipperError, String(error));
      err.push(error.message);
      status = error.exitCode;
    }
    return { status, stdout: out.join('').replaceAll(`${root}/`, ''), stderr: err.join('') };
  }

  function file(name: string, text: string): string {
    writeFileSync(join(root, name), text);
    return join(root, name);
  }

  it('looks up names and addresses in our own set', async () => {
    const { status, stdout } = await dipper(
      'lookup',
      '--json',
      'chat.openai.com',
      '17.1.2.3',
      'mit.edu',
    );
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

  it('says which rule won, and what else matched', async () => {
    const definitions = file(
      'a.conf',
      'app:1:a.one\napp:2:a.two\ndom:1:example\ndom:2:x.example\nxfm:^cdn-(.*)$:$1\n',
    );
    const { stdout } = await dipper('lookup', '-d', definitions, 'cdn-x.example');
    assert.deepEqual(stdout.split('\n'), [
      'cdn-x.example',
      '  application  a.two (2): two, unclassified',
      '  rule         dom:2:x.example  a.conf:4',
      '  looked up as x.example',
      '  also         a.one by dom:1:example  a.conf:3',
      '',
    ]);
    assert.match((await dipper('lookup', '-d', definitions, 'other.test')).stdout, /none: no rule/);
  });

  it('refuses what is not there', async () => {
    assert.equal((await dipper('lookup')).status, 64);
    assert.equal((await dipper('lookup', '-d', join(root, 'none'), 'x')).status, 66);
    assert.equal((await dipper('list')).status, 64);
    assert.equal((await dipper('list', 'everything')).status, 64);
  });

  it('lists applications, categories, protocols, risks and fields', async () => {
    const rows = async (name: string) =>
      (await dipper('list', name, '--json')).stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    const openai = (await rows('applications')).find(({ tag }) => tag === 'dipper.openai');
    assert.equal(openai.name, 'OpenAI');
    const categories = await rows('categories');
    assert.ok(categories.some(({ name, of }) => name === 'games' && of === 'application'));
    assert.ok(categories.some(({ name, of }) => name === 'VPN' && of === 'protocol'));
    assert.ok(
      (await rows('protocols')).some(({ name, kind }) => name === 'TLS' && kind === 'protocol'),
    );
    assert.ok((await rows('risks')).length > 20);
    const sni = (await rows('fields')).find(({ path }) => path === 'flow.ssl.client_sni');
    assert.equal(sni.type, 'string');
    const { stdout } = await dipper('list', 'applications');
    assert.match(stdout, /^\d+ +dipper\.openai +artificial-intelligence +OpenAI$/m);
  });

  it('checks files: 65 with every error, 0 without', async () => {
    const ours = await dipper('applications', 'check');
    assert.equal(ours.status, 0);
    assert.match(ours.stdout, /applications, \d+ rules, \d+ domains in lists; 0 errors/);
    const bad = file('bad.conf', 'app:200001:a.one\ndom:200001:bad..name\ndom:200001:openai.com\n');
    const { status, stdout } = await dipper('applications', 'check', bad);
    assert.equal(status, 65);
    assert.match(stdout, /^bad\.conf:2:16: error: an empty label/m);
    assert.equal((await dipper('applications', 'check', join(root, 'none'))).status, 66);
  });

  it('names the flows that a changed file would call otherwise', async () => {
    const capture = join(root, 'three.pcap');
    const names = ['www.example.com', 'chat.openai.com', 'x.example.net'];
    writeFileSync(capture, captureOf('tls', names));
    const mine = file('mine.conf', 'app:200001:a.mine\ndom:200001:example.com\n');
    const { status, stdout } = await dipper('applications', 'test', mine, capture);
    assert.equal(status, 0);
    assert.match(
      stdout,
      /^Unknown -> a\.mine: 1 flows, \d+ bytes; www\.example\.com by dom:200001:example\.com {2}mine\.conf:2\n1 of 3 flows change\n$/,
    );
    const instead = file('20-ai.conf', 'app:100041:dipper.openai\ndom:100041:example.net\nbad\n');
    const replaced = await dipper('applications', 'test', '--json', instead, capture);
    assert.equal(replaced.status, 65);
    assert.match(replaced.stderr, /20-ai\.conf:3:1: error/);
    const changes = replaced.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(changes.map(({ before, after, example }) => [before, after, example]).sort(), [
      ['Unknown', 'dipper.openai', 'x.example.net'],
      ['dipper.openai', 'Unknown', 'chat.openai.com'],
    ]);
    assert.equal((await dipper('applications', 'test', mine, join(root, 'none'))).status, 66);
    assert.equal((await dipper('applications', 'test', mine)).status, 64);
  });

  it('reads what the configuration names', async () => {
    const definitions = file('b.conf', 'app:1:a.one\ndom:1:example\n');
    const config = file('dipperd.conf', `[applications]\nfile[0] = ${definitions}\n`);
    assert.match((await dipper('lookup', '-c', config, 'x.example')).stdout, /a\.one \(1\)/);
    assert.match(
      (await dipper('lookup', '-c', config, 'chat.openai.com')).stdout,
      /dipper\.openai/,
    );
  });
});
