// The queue against a plain list: order, sums, gaps.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Part, Queue } from '../../../../src/sinks/stream/queue.js';

const overhead = 256;

function part(seq: number, size: number, alone: boolean): Part {
  return {
    data: Buffer.alloc(size),
    messages: 2,
    firstSeq: seq,
    lastSeq: seq + 1,
    queuedAt: seq,
    alone,
  };
}

describe('Queue', () => {
  it('is a list with sums, and knows what it has dropped', () => {
    const command = fc.oneof(
      fc.record({
        do: fc.constant('push' as const),
        size: fc.nat({ max: 300 }),
        alone: fc.boolean(),
      }),
      fc.record({
        do: fc.constant('take' as const),
        size: fc.nat({ max: 600 }),
        count: fc.integer({ min: 1, max: 4 }),
      }),
      fc.record({ do: fc.constant('drop' as const), count: fc.nat({ max: 4 }) }),
      fc.record({ do: fc.constant('gap' as const) }),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const queue = new Queue();
        let list: Part[] = [];
        let lost: Part[] = [];
        let seq = 1;
        for (const step of commands) {
          if (step.do === 'push') {
            const added = part(seq, step.size, step.alone);
            seq += 2;
            queue.push(added);
            list.push(added);
          } else if (step.do === 'take') {
            const taken = queue.take(step.size, step.count);
            assert.deepEqual(taken, list.slice(0, taken.length));
            const bytes = taken.reduce((sum, { data }) => sum + data.length, 0);
            assert.ok(taken.length <= 1 || bytes <= step.size);
            assert.ok(taken.length > 0 || list.length === 0);
            list = list.slice(taken.length);
          } else if (step.do === 'drop') {
            let left = step.count;
            const dropped = queue.drop(() => left-- > 0);
            const gone = list.slice(0, step.count);
            assert.equal(dropped.messages, 2 * gone.length);
            lost.push(...gone);
            list = list.slice(step.count);
          } else {
            const gap = queue.takeGap();
            assert.deepEqual(
              gap,
              lost.length === 0
                ? undefined
                : {
                    messages: 2 * lost.length,
                    bytes: lost.reduce((sum, { data }) => sum + data.length, 0),
                    firstSeq: lost[0]?.firstSeq,
                    lastSeq: lost.at(-1)?.lastSeq,
                  },
            );
            lost = [];
          }
          const bytes = (alone: boolean) =>
            list
              .filter((one) => one.alone === alone)
              .reduce((sum, { data }) => sum + data.length + overhead, 0);
          assert.deepEqual(
            [queue.length, queue.liveBytes, queue.aloneBytes, queue.oldest],
            [list.length, bytes(false), bytes(true), list[0]],
          );
        }
      }),
    );
  });

  it('keeps its order over thousands of parts', () => {
    const queue = new Queue();
    for (let seq = 0; seq < 5000; seq += 1) queue.push(part(seq, 1, false));
    for (let seq = 0; seq < 5000; seq += 1) assert.equal(queue.take(1, 1)[0]?.firstSeq, seq);
    assert.equal(queue.length, 0);
  });
});
