// Lines are sorted by their first bytes, in order, and nothing of them is lost.
import assert from 'node:assert/strict';
import { routeLines } from '../../../src/daemon/line-router.js';

function route(text: string, withFlow = false) {
  const seen: string[] = [];
  routeLines(Buffer.from(text), {
    events: (lines) => seen.push(`events ${lines}`),
    snapshotLine: (id, line) => seen.push(`snapshot ${id} ${line}`),
    snapshotEnd: (id) => seen.push(`end ${id}`),
    unknownPackets: (line) => seen.push(`unknown ${line}`),
    ...(withFlow ? { flow: (line: Buffer) => seen.push(`flow ${line}`) } : {}),
  });
  return seen;
}

describe('line router', () => {
  it('passes a run of events on as one', () => {
    const text = '{"type":"flow","a":1}\n{"type":"flow_purge","a":2}\n';
    assert.deepEqual(route(text), [`events ${text}`]);
  });

  it('splits runs at snapshot and unknown lines and takes the snapshot member out', () => {
    assert.deepEqual(
      route(
        '{"type":"flow","a":1}\n{"snapshot":12,"type":"flow","b":2}\n{"type":"unknown_packets","c":3}\n' +
          '{"type":"flow_stats","d":4}\n{"snapshot":12,"type":"snapshot_end"}\n',
      ),
      [
        'events {"type":"flow","a":1}\n',
        'snapshot 12 {"type":"flow","b":2}\n',
        'unknown {"type":"unknown_packets","c":3}\n',
        'events {"type":"flow_stats","d":4}\n',
        'end 12',
      ],
    );
  });

  it('shows each flow line, and not updates, stats or snapshot lines, to who wants them', () => {
    assert.deepEqual(
      route(
        '{"type":"flow","a":1}\n{"type":"flow_dpi_update"}\n{"snapshot":1,"type":"flow"}\n{"type":"flow","b":1}\n',
        true,
      ).filter((line) => line.startsWith('flow')),
      ['flow {"type":"flow","a":1}\n', 'flow {"type":"flow","b":1}\n'],
    );
  });
});
