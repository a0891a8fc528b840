// What `spy` does around the engine, with an engine, a screen and signals of our own: the cases that a real run
// does not show on demand.
import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { EngineCounters, EngineFailure } from '../../../src/capture/engine.js';
import type { Io, OptionValues } from '../../../src/cli/command.js';
import { run, type SpyEngine } from '../../../src/cli/commands/spy.js';
import { OutputClosed } from '../../../src/cli/output.js';
import type { FlowMessage } from '../../../src/messages/index.js';
import { examples } from '../messages/examples.js';

const purge = examples.flow_purge as FlowMessage;

/** Gives one batch a step; `before` runs ahead of each. */
class FakeEngine implements SpyEngine {
  steps: (() => void | Promise<void>)[] = [() => {}];
  totals: Record<string, number> = {};
  ended: EngineFailure | undefined;
  stopped = 0;

  async *events(): AsyncGenerator<FlowMessage[], void, void> {
    for (const before of this.steps) {
      await before();
      if (this.stopped > 0) return;
      yield [purge];
    }
  }
  async *chunks(): AsyncGenerator<Buffer, void, void> {
    for await (const batch of this.events()) {
      yield Buffer.from(batch.map((message) => `${JSON.stringify(message)}\n`).join(''));
    }
  }
  counters(): EngineCounters {
    return { totals: this.totals, discarded: {}, drops: 0 };
  }
  failure(): EngineFailure | undefined {
    return this.ended;
  }
  stop(): Promise<void> {
    this.stopped += 1;
    return Promise.resolve();
  }
}

function screen(changes: { stdoutIsTty?: boolean; stderrIsTty?: boolean; term?: string } = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const exits: number[] = [];
  let signal: ((name: 'SIGINT' | 'SIGTERM') => void) | undefined;
  const io: Io = {
    stdout: {
      write: (data) => {
        out.push(typeof data === 'string' ? data : Buffer.from(data).toString());
        return Promise.resolve();
      },
    },
    stdoutIsTty: changes.stdoutIsTty ?? false,
    stderr: {
      write: (text) => void err.push(text),
      isTty: changes.stderrIsTty ?? false,
      columns: 80,
    },
    environment: { TERM: changes.term ?? 'xterm' },
    onSignal: (callback) => {
      signal = callback;
      return () => {
        signal = undefined;
      };
    },
    exit: (code) => void exits.push(code),
  };
  return {
    io,
    out,
    err,
    exits,
    send: (name: 'SIGINT' | 'SIGTERM') => signal?.(name),
    listens: () => signal !== undefined,
  };
}

const spy = (engine: FakeEngine, io: Io, values: OptionValues = {}) =>
  run(values, ['x'], io, () => engine);

describe('spy around the engine', () => {
  afterEach(() => mock.timers.reset());

  it('exits with the code of a failure, after the account, and with 70 when the account is wrong', async () => {
    const engine = new FakeEngine();
    const { io, err } = screen();
    engine.ended = { message: 'x: cut at offset 77', offset: 77, exitCode: 65 };
    engine.totals = { packets_read: 1, packets_in_flows: 1 };
    assert.equal(await spy(engine, io), 65);
    assert.equal(err.at(-1), 'dipper: x: cut at offset 77\n');
    engine.ended = undefined;
    engine.totals = { packets_read: 2, packets_in_flows: 1 };
    assert.equal(await spy(engine, io, { quiet: true }), 70);
    assert.match(err.at(-1) ?? '', /unaccounted/);
  });

  it('ends with 0 and without a word when the output is closed, in every mode', async () => {
    for (const values of [{}, { json: true }, { stats: true }] as OptionValues[]) {
      const engine = new FakeEngine();
      const { io, err, listens } = screen();
      io.stdout.write = () => Promise.reject(new OutputClosed());
      assert.equal(await spy(engine, io, values), 0);
      assert.deepEqual(err, []);
      assert.ok(engine.stopped > 0 && !listens());
    }
  });

  it('passes other errors of the output on', async () => {
    const { io } = screen();
    io.stdout.write = () => Promise.reject(new Error('no space'));
    await assert.rejects(spy(new FakeEngine(), io), /no space/);
  });

  it('stops on the first signal and exits on the second', async () => {
    for (const [name, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      const engine = new FakeEngine();
      const { io, exits, send, listens } = screen();
      engine.steps.push(
        () => send(name),
        () => assert.fail('not stopped'),
      );
      assert.equal(await spy(engine, io), code);
      assert.deepEqual(exits, []);
      assert.ok(!listens(), 'the handlers are gone');

      const again = new FakeEngine();
      const other = screen();
      again.steps.push(() => {
        other.send(name);
        other.send(name);
      });
      await spy(again, other.io);
      assert.deepEqual(other.exits, [code]);
    }
  });

  it('does not wait for a stalled reader for ever after a signal', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const engine = new FakeEngine();
    const { io, exits, send } = screen();
    let release = () => {};
    io.stdout.write = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    const running = spy(engine, io);
    await new Promise((resolve) => setImmediate(resolve));
    send('SIGTERM');
    mock.timers.tick(4999);
    assert.deepEqual(exits, []);
    mock.timers.tick(1);
    assert.deepEqual(exits, [143]);
    release();
    await running;
  });

  it('prints one stats line every two seconds with --live, of the interval', async () => {
    mock.timers.enable({ apis: ['setInterval'] });
    const engine = new FakeEngine();
    const { io, out } = screen();
    engine.steps = [
      async () => {
        for (const packets of [10, 10, 15]) {
          engine.totals = {
            packets_read: packets,
            bytes_read: 100 * packets,
            packets_in_flows: packets,
            bytes_in_flows: 100 * packets,
          };
          mock.timers.tick(2000);
          await Promise.resolve();
        }
        engine.totals = {
          packets_read: 16,
          bytes_read: 1600,
          packets_in_flows: 16,
          bytes_in_flows: 1600,
        };
      },
    ];
    assert.equal(await spy(engine, io, { live: true, stats: true }), 0);
    const lines = out.join('').match(/=== \d+ Bytes, \d+ packets/g);
    assert.deepEqual(lines, [
      '=== 1000 Bytes, 10 packets',
      '=== 0 Bytes, 0 packets',
      '=== 500 Bytes, 5 packets',
      '=== 100 Bytes, 1 packets',
    ]);
  });

  for (const [changes, values, shown] of [
    [{ stderrIsTty: true }, {}, true],
    [{ stderrIsTty: true }, { json: true }, true],
    [{ stderrIsTty: true }, { live: true }, true],
    [{ stderrIsTty: true, stdoutIsTty: true }, {}, true],
    [{ stderrIsTty: true, stdoutIsTty: true }, { live: true }, false],
    [{ stderrIsTty: true, stdoutIsTty: true }, { json: true }, false],
    [{ stderrIsTty: true, stdoutIsTty: true }, { expire: true }, false],
    [{ stderrIsTty: true, term: 'dumb' }, {}, false],
    [{ stderrIsTty: true }, { quiet: true }, false],
    [{ stdoutIsTty: true }, {}, false],
    [{}, {}, false],
  ] as const) {
    it(`${shown ? 'shows' : 'shows no'} progress with ${JSON.stringify({ ...changes, ...values })}`, async () => {
      const engine = new FakeEngine();
      const { io, err, out } = screen(changes);
      mock.timers.enable({ apis: ['setInterval'] });
      engine.steps = [
        async () => {
          for (let i = 0; i < 3; i += 1) {
            mock.timers.tick(100);
            await new Promise((resolve) => setTimeout(resolve, 2));
          }
        },
      ];
      await spy(engine, io, values);
      const drawn = err.filter((text) => text.includes('packets, '));
      assert.equal(drawn.length > 0, shown, err.join('|'));
      if (shown) {
        const account = err.findIndex((text) => text.includes('packets  '));
        const cleared = err.lastIndexOf('\r\x1b[K');
        assert.ok(
          cleared >= 0 && (account === -1 || cleared < account),
          'taken away before the account',
        );
      }
      assert.equal(out.length, 1);
      assert.ok(!out.join('').includes('\r'));
    });
  }
});
