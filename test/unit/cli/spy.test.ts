// `dipper spy` as its users have it: the real program on real captures, its streams, signals and exit codes. Every
// line of JSON that it prints here is validated against its schema.
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { FlowMessage, FlowPurge } from '../../../src/messages/index.js';
import { parseMessage } from '../../../src/messages/validate.js';
import { dnsCapture, mixedCapture } from './captures.js';
import { flowLinePattern } from './flow-line-pattern.js';

const main = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url));
const golden = (name: string) =>
  fileURLToPath(new URL(`../../../../test/golden/${name}`, import.meta.url));

interface Result {
  code: number | null;
  stdout: string;
  stderr: string;
}

function start(
  args: readonly string[],
  options: { uid?: number } = {},
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [main, ...args], { stdio: 'pipe', ...options });
}

async function ended(child: ChildProcessWithoutNullStreams): Promise<Result> {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  child.stdin.on('error', () => {}); // the program may end without reading all
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}

async function dipper(...args: string[]): Promise<Result> {
  const child = start(args);
  child.stdin.end();
  return await ended(child);
}

const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');
const messagesOf = (result: Result) => linesOf(result.stdout).map(parseMessage);
const purges = (messages: FlowMessage[]) =>
  messages.filter((message): message is FlowPurge => message.type === 'flow_purge');

/** The table on stderr: rows of packets, bytes, what. */
function accountOf(stderr: string): [packets: number, bytes: number, what: string][] {
  return [...stderr.matchAll(/^ *(\d+) packets +(\d+) bytes {2}(.*)$/gm)].map(([, p, b, what]) => [
    Number(p),
    Number(b),
    what ?? '',
  ]);
}

describe('dipper spy', function () {
  this.timeout(60_000);
  let folder: string;
  const file = (name: string, bytes: Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dipper-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('prints every flow at the end, unknown ones too, and an account', async () => {
    const result = await dipper('spy', file('mixed.pcap', mixedCapture()));
    assert.equal(
      result.stdout,
      [
        '0xe1927796    1p        10.0.0.1:40000 -      192.0.2.53:53     DNS\n',
        '0xad12cdcb    1p        10.0.0.1:41000 -      192.0.2.53:42000  UNKNOWN\n',
      ].join(''),
    );
    assert.deepEqual(accountOf(result.stderr), [
      [3, 181, 'read'],
      [2, 121, 'in 2 flows'],
      [1, 60, 'discarded: not_ip'],
    ]);
    assert.equal(result.code, 0);
  });

  it('prints identified flows alone with --live', async () => {
    const { stdout } = await dipper('spy', '--live', 'pcap', file('mixed.pcap', mixedCapture()));
    assert.match(stdout, /^0x[0-9a-f]{8} +1p .* DNS\n$/);
  });

  it('is silent on stderr with --quiet', async () => {
    const { stderr } = await dipper('spy', '-q', file('mixed.pcap', mixedCapture()));
    assert.equal(stderr, '');
  });

  for (const name of [
    'dns.pcap',
    'ipv6.pcap',
    'nanosecond.pcapng',
    'rsync_873.pcap',
    'snaplen60.pcap',
    'tls13.pcap',
    'udp_fragments.pcap',
    'vxlan.pcap',
  ]) {
    it(`gives one complete record for each flow of ${name}, and agrees with the text`, async () => {
      const [json, text] = await Promise.all([
        dipper('spy', '--json', '--live', golden(name)),
        dipper('spy', golden(name)),
      ]);
      assert.deepEqual([json.code, text.code], [0, 0]);
      const messages = messagesOf(json);
      const ends = purges(messages);
      const digests = ends.map((message) => message.flow.digest);
      assert.ok(ends.length > 0);
      assert.equal(new Set(digests).size, digests.length, 'a flow ends once');
      const announced = messages.filter((message) => message.type === 'flow');
      assert.equal(new Set(announced.map((m) => m.flow.digest)).size, announced.length);
      for (const message of announced) assert.ok(digests.includes(message.flow.digest));

      const [, inFlows] = accountOf(json.stderr);
      assert.deepEqual(inFlows?.slice(0, 2), [
        ends.reduce((sum, { flow }) => sum + flow.local_packets + flow.other_packets, 0),
        ends.reduce((sum, { flow }) => sum + flow.total_bytes, 0),
      ]);

      const lines = linesOf(text.stdout);
      assert.equal(lines.length, ends.length);
      for (const line of lines) assert.match(line, flowLinePattern);
      const packets = lines.map((line) => Number.parseInt(line.split(/ +/)[1] ?? '', 10));
      assert.deepEqual(packets.toSorted(), ends.map(({ flow }) => flow.total_packets).toSorted());
    });
  }

  it('names rsync on its own port and on another', async () => {
    for (const name of ['rsync_873.pcap', 'rsync_other_port.pcap']) {
      assert.match((await dipper('spy', golden(name))).stdout, / RSYNC\n/, name);
    }
  });

  it('gives the same flows for any number of workers', async () => {
    const path = file('many.pcap', dnsCapture(500));
    const runs = await Promise.all(
      ['1', '2', '5'].map((n) => dipper('spy', '--json', '--workers', n, path)),
    );
    const flows = runs.map((run) =>
      linesOf(run.stdout)
        .map((line) => JSON.stringify(parseMessage(line)))
        .toSorted(),
    );
    assert.equal(flows[0]?.length, 500);
    assert.deepEqual(flows[1], flows[0]);
    assert.deepEqual(flows[2], flows[0]);
  });

  it('prints the totals of the capture after the flows with --stats', async () => {
    const { stdout } = await dipper('spy', '--stats', file('mixed.pcap', mixedCapture()));
    assert.match(
      linesOf(stdout).at(-1) ?? '',
      /^=== \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} === 181 Bytes, 3 packets, \d+\.\d{3} B\/s, \d+\.\d{3} PPS$/,
    );
    assert.equal(linesOf(stdout).length, 3);
  });

  it('keeps NDJSON clean of the --stats line', async () => {
    const result = await dipper('spy', '--stats', '--json', file('mixed.pcap', mixedCapture()));
    assert.equal(messagesOf(result).length, 2);
    assert.match(result.stderr, /=== 181 Bytes, 3 packets/);
  });

  it('reads standard input, and gzip', async () => {
    for (const bytes of [mixedCapture(), gzipSync(mixedCapture())]) {
      const child = start(['spy', '--json', 'pcap', '-']);
      child.stdin.end(bytes);
      const result = await ended(child);
      assert.equal(result.code, 0, result.stderr);
      assert.deepEqual(
        messagesOf(result).map((message) => message.interface),
        ['-', '-'],
      );
    }
  });

  it('reads what is readable of a damaged capture, says where it ends, and exits 65', async () => {
    const path = file('cut.pcap', mixedCapture().subarray(0, -10));
    const result = await dipper('spy', path);
    assert.equal(linesOf(result.stdout).length, 2);
    assert.ok(result.stderr.includes(`dipper: ${path}: `), result.stderr);
    assert.match(result.stderr, /\d{3}/, 'the offset');
    assert.equal(result.code, 65);
  });

  for (const [what, args, code, words] of [
    ['a missing file', ['spy', '/no/such/file.pcap'], 66, /\/no\/such\/file\.pcap/],
    ['a folder', ['spy', tmpdir()], 66, /folder|directory/],
    ['a text file', ['spy', fileURLToPath(import.meta.url)], 65, /spy\.test\.js/],
    ['an empty file', ['spy', '/dev/null'], 65, /\/dev\/null/],
    [
      'a missing protocol file',
      ['spy', '--ndpi-protocols', '/no/such', golden('dns.pcap')],
      66,
      /\/no\/such/,
    ],
    ['an interface of a card', ['spy', 'pci', '0000:01:00.0'], 69, /name the card's interface/],
    [
      'a filter',
      ['spy', '--filter', 'prot 53', golden('dns.pcap')],
      64,
      /syntax error|can't parse/,
    ],
    ['an unknown source', ['spy', 'ring', 'eth0'], 64, /No such input available: ring/],
    ['an unknown option', ['spy', '--jsn', 'x'], 64, /did you mean --json\?/],
    ['an unknown command', ['spi'], 64, /did you mean spy\?/],
    ['no command', [], 64, /Usage: dipper COMMAND/],
  ] as const) {
    it(`refuses ${what} with ${code} and a word on stderr`, async () => {
      const result = await dipper(...args);
      assert.match(result.stderr, words);
      assert.equal(result.stdout, '');
      assert.equal(result.code, code, result.stderr);
      if (args.length > 0) assert.equal(linesOf(result.stderr).length, 1, result.stderr);
    });
  }

  it('refuses a file that it may not read with 77', async () => {
    const path = file('secret.pcap', mixedCapture());
    chmodSync(path, 0);
    chmodSync(folder, 0o755);
    // Root may read anything; nobody may not.
    const child = start(['spy', path], process.getuid?.() === 0 ? { uid: 65534 } : {});
    child.stdin.end();
    const result = await ended(child);
    assert.match(result.stderr, /permission/i);
    assert.equal(result.code, 77, result.stderr);
  });

  it('prints help and versions on stdout and exits 0', async () => {
    for (const args of [['--help'], ['-h'], ['help']]) {
      const { code, stdout, stderr } = await dipper(...args);
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout, /^dipper names .*\n\nExamples:\n/);
    }
    const [long, short, other] = await Promise.all([
      dipper('spy', '--help'),
      dipper('spy', '-h'),
      dipper('help', 'spy'),
    ]);
    assert.equal(long.code, 0);
    assert.match(long.stdout, /^[^\n]*\n\nExamples:\n/);
    assert.deepEqual([short, other], [long, long]);
    assert.match(
      (await dipper('--version')).stdout,
      /^dipper \d+\.\d+\.\d+\nnDPI \d+\.\d+.*\nNode v/,
    );
  });

  it('has the help text in its page', async () => {
    const { stdout } = await dipper('spy', '--help');
    const page = readFileSync(
      new URL('../../../../docs/reference/spy.md', import.meta.url),
      'utf8',
    );
    assert.ok(
      page.includes(`\`\`\`text\n${stdout}\`\`\``),
      'docs/reference/spy.md has another help text',
    );
  });

  it('ends quietly when its reader goes away', async () => {
    const child = start(['spy', '--json', file('many.pcap', dnsCapture(2000))]);
    let stderr = '';
    child.stderr.on('data', (text) => (stderr += text));
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on('exit', resolve));
    assert.deepEqual([code, stderr], [0, '']);
  });

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`stops on ${signal}, prints what is there, and exits ${code}`, async () => {
      const child = start(['spy', '--live', '--json', '-']);
      child.stdin.write(dnsCapture(50));
      child.stdout.once('data', () => child.kill(signal));
      const result = await ended(child);
      assert.equal(result.code, code, result.stderr);
      assert.equal(purges(messagesOf(result)).length, 50);
      assert.deepEqual(accountOf(result.stderr)[1]?.[2], 'in 50 flows');
      child.stdin.destroy();
    });
  }

  it('stops after --duration and exits 0', async () => {
    const child = start(['spy', '--duration', '0.7', '-']);
    child.stdin.write(mixedCapture());
    const result = await ended(child);
    child.stdin.destroy();
    assert.equal(result.code, 0, result.stderr);
    assert.equal(linesOf(result.stdout).length, 2);
  });

  it('obeys a second signal at once, also while nobody reads its output', async () => {
    const child = start(['spy', '--json', file('many.pcap', dnsCapture(2000))]);
    const exit = new Promise<number | null>((resolve) => child.on('exit', resolve));
    await new Promise((resolve) => child.stdout.once('readable', resolve)); // and no more is read
    child.kill('SIGINT');
    const repeat = setInterval(() => child.kill('SIGINT'), 100);
    assert.equal(await exit, 130);
    clearInterval(repeat);
    child.stdout.destroy();
  });
});
