// The command line of `spy`: what it accepts, and what it says to the rest.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from '../../../src/cli/command.js';
import { command, engineOptions } from '../../../src/cli/commands/spy.js';
import { spyOptions } from '../../../src/cli/spy-options.js';
import { DipperError } from '../../../src/errors.js';

function parsedOptions(words: readonly string[]) {
  const parsed = parse(command.spec, words);
  assert.ok(!parsed.help);
  return spyOptions(parsed.values, parsed.operands);
}

const options = (line: string) => parsedOptions(line.split(' ').filter(Boolean));

function file(line: string): string {
  const { source } = options(line);
  assert.equal(source.type, 'pcap-file');
  return source.path;
}

function refusal(line: string): [exitCode: number, message: string] {
  try {
    options(line);
  } catch (error) {
    assert.ok(error instanceof DipperError, String(error));
    return [error.exitCode, error.message];
  }
  assert.fail(`\`${line}\` is accepted`);
}

describe('spy options', () => {
  it('take a file with and without the word pcap', () => {
    for (const line of ['pcap x.pcap', 'x.pcap', '--json x.pcap', 'pcap x.pcap --json']) {
      assert.equal(file(line), 'x.pcap');
    }
    assert.equal(file('-'), '-');
    assert.equal(file('--live pcap -'), '-');
    assert.equal(file('-- -l'), '-l');
  });

  it("take an interface by our word, by SnabbWall's and by its bare name", () => {
    for (const line of ['packet-ring lo', 'raw lo', 'tap lo', 'lo'])
      assert.deepEqual(options(line).source, { type: 'packet-ring', interface: 'lo' });
    assert.deepEqual(options('cap lo').source, { type: 'cap', interface: 'lo' });
    const live = engineOptions(parsedOptions(['--filter', 'udp port 53', '--promiscuous', 'lo']));
    assert.deepEqual(live.source, {
      type: 'packet-ring',
      interface: 'lo',
      filter: 'udp port 53',
      promiscuous: true,
    });
    assert.deepEqual(live.expiry, {});
    assert.deepEqual(parsedOptions(['--paced', '--filter', 'tcp', 'x']).source, {
      type: 'pcap-file',
      path: 'x',
      filter: 'tcp',
      pace: 'recorded',
    });
  });

  it('take short options together and values in both forms', () => {
    const { live, stats, durationMs, workers } = options('-lsD1.5 --workers=4 x');
    assert.deepEqual(
      { live, stats, durationMs, workers },
      { live: true, stats: true, durationMs: 1500, workers: 4 },
    );
    assert.equal(options('--duration 20 x').durationMs, 20_000);
  });

  it('become options of the engine', () => {
    const source = { type: 'pcap-file', path: 'x' };
    const plain = {
      source,
      workers: 1,
      events: ['expired'],
      reference: false,
      expiry: 'none',
      dpi: {},
    };
    assert.deepEqual(engineOptions(options('x')), plain);
    assert.deepEqual(engineOptions(options('--live x')).events, ['detected']);
    assert.deepEqual(engineOptions(options('--live --json x')).events, ['detected', 'expired']);
    assert.deepEqual(engineOptions(options('--expire x')).expiry, {});
    assert.deepEqual(engineOptions(options('--tunnels all x')), plain);
    assert.deepEqual(engineOptions(options('--tunnels none x')).tunnels, []);
    assert.deepEqual(engineOptions(options('--tunnels gre,gtp_u --max-flows 10 x')), {
      ...plain,
      tunnels: ['gre', 'gtp_u'],
      maxFlows: 10,
    });
    assert.deepEqual(engineOptions(options('--dpi-packets 12 x')).dpi, {
      maxPacketsTcp: 12,
      maxPacketsUdp: 12,
    });
    assert.deepEqual(engineOptions(options('--dpi-packets 80,24 x')).dpi, {
      maxPacketsTcp: 80,
      maxPacketsUdp: 24,
    });
    assert.deepEqual(
      engineOptions(
        options(
          '--reference --ndpi-protocols p --ndpi-categories c --ndpi-risky-domains r --ndpi-ja3 j --ndpi-certificates s x',
        ),
      ),
      {
        ...plain,
        reference: true,
        dpi: { protocols: 'p', categories: 'c', riskyDomains: 'r', ja3: 'j', certificates: 's' },
      },
    );
  });

  for (const [line, exitCode, words] of [
    ['', 64, /no capture file is named/],
    ['pcap', 64, /pcap needs the path/],
    ['a b', 64, /^No such input available: a; the input is pcap FILE or packet-ring IFACE; see/],
    ['pcap a b', 64, /3 are named/],
    ['--lvie x', 64, /^unknown option '--lvie'; did you mean --live\? see `dipper spy --help`$/],
    ['-Z x', 64, /unknown option '-Z'/],
    ['x --duration', 64, /argument missing/],
    ['-D 0 x', 64, /--duration 0: not a number of seconds above 0/],
    ['-D soon x', 64, /--duration soon/],
    ['-D 1e9 x', 64, /--duration 1e9/],
    ['-D 9999999 x', 64, /at most 2147483/],
    ['--workers 0 x', 64, /--workers 0: not a whole number from 1 to 64/],
    ['--workers 65 x', 64, /--workers 65/],
    ['--workers two x', 64, /--workers two/],
    ['--max-flows -1 x', 64, /--max-flows -1/],
    ['--dpi-packets 1,2,3 x', 64, /N,M for TCP and UDP/],
    ['--dpi-packets 0 x', 64, /--dpi-packets 0/],
    ['--tunnels gre,ipsec x', 64, /no tunnel is called 'ipsec'; choose from gtp_u, capwap/],
    ['--tunnels gre,none x', 64, /no tunnel is called 'none'/],
    ['--reference --expire x', 64, /--expire cannot be given with it/],
    ['--reference --dpi-packets 9 x', 64, /--dpi-packets cannot/],
    ['--json --snabb-compat x', 64, /text lines only/],
    ['raw', 64, /raw needs the name of a network interface/],
    ['pci 0000:01:00.0', 69, /name the card's interface/],
    ['intel10g 0000:01:00.0', 69, /name the card's interface/],
    ['intel1g', 69, /name the card's interface/],
    ['--promiscuous x', 64, /--promiscuous is for network interfaces/],
    ['--paced raw lo', 64, /--paced is for capture files/],
  ] as const) {
    it(`refuse \`spy ${line}\` with ${exitCode}`, () => {
      const [code, message] = refusal(line);
      assert.match(message, words);
      assert.equal(code, exitCode);
      assert.ok(!message.includes('\n'), 'one line');
    });
  }

  it('prefer a file to a word of the same name', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dipper-'));
    const before = process.cwd();
    try {
      process.chdir(folder);
      for (const name of ['raw', 'lo', 'pcap']) {
        writeFileSync(name, '');
        assert.equal(file(name), name);
      }
    } finally {
      process.chdir(before);
      rmSync(folder, { recursive: true });
    }
  });
});
