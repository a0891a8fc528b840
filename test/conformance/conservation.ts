// What must add up in every run, whatever the mode and the number of workers: each frame of the file is in
// exactly one flow or discarded under a name, and the flows are the same for any number of workers.
import type { Analysis } from './analyse.js';
import type { Frame } from './capture-file.js';

/** What does not add up, in words; empty when everything does. `frames` is the independent count. */
export function conservationFaults(frames: readonly Frame[], run: Analysis): string[] {
  const faults: string[] = [];
  const equal = (what: string, one: number, two: number): void => {
    if (one !== two) faults.push(`${what}: ${one} and ${two}`);
  };
  const { packetsRead, bytesRead, packetsInFlows, bytesInFlows } = run.account;
  const discards = [...run.account.discarded.values()];
  const purges = run.lines.map((line) => line.flow);
  equal('packets in the file and read', frames.length, packetsRead);
  equal('bytes in the file and read', sum(frames.map((frame) => frame.bytes.length)), bytesRead);
  equal(
    'packets read, and in flows + discarded',
    packetsRead,
    packetsInFlows + sum(discards.map((d) => d.packets)),
  );
  equal(
    'bytes read, and in flows + discarded',
    bytesRead,
    bytesInFlows + sum(discards.map((d) => d.bytes)),
  );
  equal(
    'packets in flows and in records',
    packetsInFlows,
    sum(purges.map((flow) => flow.total_packets)),
  );
  equal('bytes in flows and in records', bytesInFlows, sum(purges.map((flow) => flow.total_bytes)));
  equal('flows created and records', run.account.flowsCreated, purges.length);
  equal(
    'records and their digests',
    purges.length,
    new Set(purges.map((flow) => flow.digest)).size,
  );
  for (const flow of purges) {
    equal(`packets of ${flow.digest}`, flow.total_packets, flow.local_packets + flow.other_packets);
    equal(`bytes of ${flow.digest}`, flow.total_bytes, flow.local_bytes + flow.other_bytes);
  }
  return faults;
}

export interface SetDifference {
  /** Flows or counters that only one of the two runs has. */
  flows: string[];
  /** Flows whose label, confidence, host or risks differ. */
  labels: string[];
}

/** Compares the records of two runs over one capture that differ in the number of workers only. */
export function compareRuns(one: Analysis, two: Analysis): SetDifference {
  const difference: SetDifference = { flows: [], labels: [] };
  const other = new Map(two.lines.map((line) => [line.flow.digest, line.flow]));
  for (const { flow } of one.lines) {
    const match = other.get(flow.digest);
    other.delete(flow.digest);
    if (!match) difference.flows.push(`${flow.digest} in one run only`);
    else if (counters(flow) !== counters(match)) {
      difference.flows.push(`${flow.digest}: ${counters(flow)} and ${counters(match)}`);
    } else if (label(flow) !== label(match)) {
      const where = `${flow.local_ip}:${flow.local_port} ${flow.other_ip}:${flow.other_port}`;
      difference.labels.push(`${where}: ${label(flow)} and ${label(match)}`);
    }
  }
  for (const digest of other.keys()) difference.flows.push(`${digest} in one run only`);
  return difference;
}

type Flow = Analysis['lines'][number]['flow'];

function counters(flow: Flow): string {
  const { local_packets, local_bytes, other_packets, other_bytes, first_seen_at, last_seen_at } =
    flow;
  return [local_packets, local_bytes, other_packets, other_bytes, first_seen_at, last_seen_at].join(
    '/',
  );
}

function label(flow: Flow): string {
  const { protocol, confidence, risks } = flow.ndpi;
  return [protocol, confidence, flow.host_server_name ?? '', risks.join('+')].join(' | ');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
