// The progress line, with a clock and a terminal of our own.
import assert from 'node:assert/strict';
import { Progress, progressText } from '../../../src/cli/progress.js';

describe('progressText', () => {
  const at = (read: number, total: number, packets = 1_200_000) => ({
    packets_read: packets,
    capture_bytes_read: read,
    capture_bytes_total: total,
  });

  it('tells percent, rate and the time left', () => {
    assert.equal(
      progressText(at(25e6, 100e6), 1_234_567, 25e6),
      ' 25% 1.2M packets, 1.2M/s, 3 s left',
    );
    assert.equal(
      progressText(at(1e9, 200e9, 12), 340, 25e6),
      '  0% 12 packets, 340/s, 2 h 12 min left',
    );
    assert.equal(progressText(at(0, 1e9), 0, 1e7), '  0% 1.2M packets, 0/s, 1 min 40 s left');
  });

  it('never passes 100 %, and says when nothing moves', () => {
    assert.match(progressText(at(11, 10), 1, 1), /^100% .* finishing$/);
    assert.match(progressText(at(1, 10), 0, 0), /stalled$/);
  });

  it('has no percent for standard input', () => {
    assert.equal(progressText(at(123_456_789, 0), 350_000, 1), '123MB read, 1.2M packets, 350k/s');
  });
});

describe('Progress', () => {
  it('draws within the width, hides, and ends', () => {
    let now = 0;
    const counters = { packets_read: 0, capture_bytes_read: 0, capture_bytes_total: 1000 };
    const written: string[] = [];
    const terminal = { columns: 20, write: (text: string) => void written.push(text) };
    const progress = new Progress(
      terminal,
      () => counters,
      () => now,
    );
    try {
      progress.draw();
      assert.deepEqual(written, [], 'no rate can be told from one look');
      now = 100;
      Object.assign(counters, { packets_read: 50, capture_bytes_read: 500 });
      progress.draw();
      assert.deepEqual(written.splice(0), ['\r 50% 50 packets, 50\x1b[K']);
      progress.hide();
      progress.hide();
      assert.deepEqual(written.splice(0), ['\r\x1b[K']);
    } finally {
      progress.end();
    }
    assert.deepEqual(written, []);
  });

  it('forgets what is older than about a second', () => {
    let now = 0;
    const counters = { packets_read: 0, capture_bytes_read: 0, capture_bytes_total: 1e9 };
    let last = '';
    const progress = new Progress(
      { columns: 200, write: (text) => (last = text) },
      () => counters,
      () => now,
    );
    try {
      for (let i = 0; i <= 30; i += 1) {
        now = i * 100;
        counters.packets_read += i < 15 ? 100_000 : 10;
        progress.draw();
      }
      assert.match(last, /, 100\/s,/);
    } finally {
      progress.end();
    }
  });
});
