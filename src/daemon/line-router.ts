// Sorts the lines that engines hand over by their first bytes, without parsing: events go on to be published in runs as
// long as they come, snapshot lines to the snapshot that asked, packets of unknown flows to the state.

/** Where lines go. The buffers are views into the engine's memory: valid during the call alone. */
export interface LineTargets {
  /** One or more whole lines of events, in order. */
  events(lines: Buffer): void;
  /** One whole line of snapshot `id`, without the `"snapshot"` member. */
  snapshotLine(id: number, line: Buffer): void;
  snapshotEnd(id: number): void;
  unknownPackets(line: Buffer): void;
  /** Each `flow` line, beside events(): somebody wants to know the devices. */
  flow?(line: Buffer): void;
}

const newline = 0x0a;
const comma = 0x2c;
const brace = Buffer.from('{');
const snapshotStart = Buffer.from('{"snapshot":');
const snapshotEndType = Buffer.from('"type":"snapshot_end"');
const flowStart = Buffer.from('{"type":"flow",');
const unknownStart = Buffer.from('{"type":"unknown_packets"');

function startsWith(chunk: Buffer, at: number, end: number, start: Buffer): boolean {
  return (
    end - at >= start.length && chunk.compare(start, 0, start.length, at, at + start.length) === 0
  );
}

/** Sorts the whole lines in `chunk`. */
export function routeLines(chunk: Buffer, targets: LineTargets): void {
  let run = 0; // where the present run of events began
  let at = 0;
  while (at < chunk.length) {
    const found = chunk.indexOf(newline, at);
    const end = found < 0 ? chunk.length : found + 1;
    // `{"s` and `{"type":"u`: one byte tells almost every line apart.
    const isSnapshot = chunk[at + 2] === 0x73 && startsWith(chunk, at, end, snapshotStart);
    const isUnknown =
      !isSnapshot && chunk[at + 9] === 0x75 && startsWith(chunk, at, end, unknownStart);
    if (isSnapshot || isUnknown) {
      if (at > run) targets.events(chunk.subarray(run, at));
      run = end;
      if (isUnknown) targets.unknownPackets(chunk.subarray(at, end));
      else routeSnapshot(chunk, at, end, targets);
    } else if (targets.flow !== undefined && startsWith(chunk, at, end, flowStart)) {
      targets.flow(chunk.subarray(at, end));
    }
    at = end;
  }
  if (run < chunk.length) targets.events(chunk.subarray(run));
}

function routeSnapshot(chunk: Buffer, at: number, end: number, targets: LineTargets): void {
  const stop = chunk.indexOf(comma, at + snapshotStart.length);
  const id = Number(chunk.toString('latin1', at + snapshotStart.length, stop));
  const rest = chunk.subarray(stop + 1, end);
  if (rest.subarray(0, snapshotEndType.length).equals(snapshotEndType)) targets.snapshotEnd(id);
  else targets.snapshotLine(id, Buffer.concat([brace, rest]));
}
