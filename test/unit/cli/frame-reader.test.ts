// Both framings, cut anywhere, and what is neither.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FrameReader } from '../../../src/cli/frame-reader.js';

const read = (bytes: Buffer, cuts: readonly number[]): { messages: string[]; partial: boolean } => {
  const reader = new FrameReader();
  const messages: string[] = [];
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const size = Math.max(1, cuts[i % cuts.length] ?? bytes.length);
    for (const message of reader.read(bytes.subarray(at, at + size)))
      messages.push(message.toString());
    at += size;
  }
  return { messages, partial: reader.partial };
};

const frame = (message: string, end: '\n' | ''): string =>
  `{"length": ${Buffer.byteLength(message) + end.length}}\n${message}${end}`;

describe('FrameReader', () => {
  const message = fc
    .record({ type: fc.string(), text: fc.string({ unit: 'grapheme', maxLength: 300 }) })
    .map((value) => JSON.stringify(value));
  const cuts = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 30 });

  it('reads either framing wherever it is cut, with and without final newlines', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(message, fc.constantFrom('line', 'frame', 'bare')), { maxLength: 20 }),
        cuts,
        (parts, sizes) => {
          const bytes = parts.map(([text, how]) =>
            how === 'line' ? `${text}\n` : frame(text, how === 'frame' ? '\n' : ''),
          );
          const { messages, partial } = read(Buffer.from(bytes.join('')), sizes);
          assert.deepEqual(
            messages,
            parts.map(([text]) => text),
          );
          assert.equal(partial, false);
        },
      ),
    );
  });

  it('reads a frame that has newlines in it', () => {
    const pretty = '{\n "type": "x"\n}';
    assert.deepEqual(read(Buffer.from(frame(pretty, '\n')), [3]).messages, [pretty]);
  });

  it('knows when it stands in the middle', () => {
    for (const text of ['{"a"', '{"length": 5}\n', '{"length": 5}\n{"a"']) {
      assert.equal(read(Buffer.from(text), [100]).partial, true, text);
    }
    assert.equal(read(Buffer.from('\n\r\n{"a":1}\r\n'), [100]).messages[0], '{"a":1}');
  });

  it('refuses what is no stream', () => {
    const cases: [string, RegExp][] = [
      ['HTTP/1.1 400 Bad Request\r\n', /it says "HTTP\/1.1 400/],
      ['{"length": 99999999999}\n', /announces 99999999999 bytes/],
      ['{"length": 4}\nabcd', /it says "abcd"/],
    ];
    for (const [text, pattern] of cases) {
      assert.throws(() => read(Buffer.from(text), [7]), {
        code: 'ERR_STREAM_FORMAT',
        message: pattern,
      });
    }
  });
});
