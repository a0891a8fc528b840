// Snapshots: complete when every engine has answered or gone, shared by those who wait, ended by abort.
import assert from 'node:assert/strict';
import { SnapshotBroker } from '../../../src/daemon/snapshots.js';

class Engine {
  readonly asked: number[] = [];
  snapshot(id: number): void {
    this.asked.push(id);
  }
}

const settled = async (promise: Promise<void>): Promise<boolean> =>
  await Promise.race([
    promise.then(() => true),
    new Promise<boolean>((resolve) => setImmediate(resolve, false)),
  ]);

describe('snapshots', () => {
  it('end at once without engines', async () => {
    await new SnapshotBroker(() => []).take(() => assert.fail('no line'));
  });

  it('are complete when each engine has ended, one of them by going away', async () => {
    const [a, b] = [new Engine(), new Engine()];
    const broker = new SnapshotBroker(() => [a, b]);
    const lines: string[] = [];
    const taken = broker.take((line) => lines.push(line.toString()));
    assert.deepEqual([a.asked, b.asked], [[1], [1]]);
    broker.line(1, Buffer.from('x\n'));
    broker.end(a, 1);
    assert.equal(await settled(taken), false);
    broker.end(b);
    await taken;
    assert.deepEqual(lines, ['x\n']);
  });

  it('of those who ask while one is taken are one snapshot', async () => {
    const a = new Engine();
    const broker = new SnapshotBroker(() => [a]);
    const seen: string[] = [];
    const first = broker.take((line) => seen.push(`1${line}`));
    const second = broker.take((line) => seen.push(`2${line}`));
    const third = broker.take((line) => seen.push(`3${line}`));
    broker.line(1, Buffer.from('a'));
    broker.end(a, 1);
    await first;
    assert.deepEqual(a.asked, [1, 2]);
    broker.line(2, Buffer.from('b'));
    broker.line(1, Buffer.from('late'));
    broker.end(a, 1);
    assert.equal(await settled(second), false);
    broker.end(a, 2);
    await Promise.all([second, third]);
    assert.deepEqual(seen, ['1a', '2b', '3b']);
  });

  it('bring nothing more once aborted', async () => {
    const a = new Engine();
    const broker = new SnapshotBroker(() => [a]);
    const abort = new AbortController();
    const taken = broker.take(() => assert.fail('aborted'), abort.signal);
    abort.abort();
    broker.line(1, Buffer.from('x'));
    broker.end(a, 1);
    await taken;
    await broker.take(() => assert.fail('aborted'), abort.signal);
    assert.deepEqual(a.asked, [1]);
  });
});
