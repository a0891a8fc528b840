// Explanations of live flows: one at a time, of one flow, ended by engines that go away, bounded.
import assert from 'node:assert/strict';
import { FlowExplanations } from '../../../src/daemon/explanations.js';

class Engine {
  readonly asked: [number, object][] = [];
  snapshot(id: number, explanation: object): void {
    this.asked.push([id, explanation]);
  }
}

const digest = 'ab'.repeat(20);
const line = (of: string): Buffer =>
  Buffer.from(`{"type":"flow","flow":{"digest":"${of}","explain":{"others":[]}}}\n`);
const turn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));
const never = new AbortController().signal;

function made(engines: readonly Engine[], veiled = false): FlowExplanations<Engine> {
  return new FlowExplanations({
    engines: () => engines,
    allowed: (text) => text,
    veiled: () => veiled,
  });
}

describe('explanations of live flows', () => {
  it('are the line of the flow, when all engines have answered or gone', async () => {
    const [a, b] = [new Engine(), new Engine()];
    const explanations = made([a, b]);
    const taken = explanations.take(digest, never);
    await turn();
    const [[id, explanation] = [0, {}]] = a.asked;
    assert.deepEqual(explanation, { digest });
    assert.ok(explanations.has(id) && !explanations.has(7));
    explanations.line(id, line('cd'.repeat(20)));
    explanations.line(id, line(digest));
    explanations.end(a, id);
    explanations.end(b);
    assert.equal((await taken)?.toString(), line(digest).toString());
  });

  it('look through all flows where digests are others', async () => {
    const a = new Engine();
    const explanations = made([a], true);
    const taken = explanations.take(digest, never);
    await turn();
    assert.deepEqual(a.asked[0]?.[1], {});
    explanations.end(a, a.asked[0]?.[0]);
    assert.equal(await taken, undefined);
  });

  it('are taken one at a time, and not for who has gone', async () => {
    const a = new Engine();
    const explanations = made([a]);
    const gone = new AbortController();
    const all = [
      explanations.take(digest, never),
      explanations.take(digest, gone.signal),
      explanations.take(digest, never),
    ];
    gone.abort();
    await turn();
    assert.equal(a.asked.length, 1);
    explanations.end(a, a.asked[0]?.[0]);
    await turn();
    await turn();
    assert.equal(a.asked.length, 2);
    explanations.end(a, a.asked[1]?.[0]);
    assert.deepEqual(await Promise.all(all), [undefined, undefined, undefined]);
  });

  it('are refused when many wait', async () => {
    const explanations = made([new Engine()]);
    for (let i = 0; i < 16; i++) void explanations.take(digest, never);
    await assert.rejects(explanations.take(digest, never), /many explanations/);
  });

  it('are none without engines', async () => {
    assert.equal(await made([]).take(digest, never), undefined);
  });
});
