// Follows connection tracking in the network namespace that it runs in. A line on standard input is a capture file: its flows
// go to standard output, a line each, after the state of the monitor. An empty line: the state alone.
import { createInterface } from 'node:readline';
import { ConntrackMonitor } from '../../src/capture/conntrack.js';
import { Engine } from '../../src/capture/engine.js';

const [, , receiveBuffer] = process.argv;
const conntrack = new ConntrackMonitor(
  receiveBuffer === undefined ? {} : { receiveBuffer: Number(receiveBuffer) },
);
for await (const path of createInterface({ input: process.stdin })) {
  const flows: unknown[] = [];
  if (path !== '') {
    const engine = new Engine({
      source: { type: 'pcap-file', path },
      events: ['expired'],
      conntrack,
    });
    for await (const messages of engine.events()) flows.push(...messages);
  }
  process.stdout.write(`${JSON.stringify({ state: conntrack.state(), flows })}\n`);
}
conntrack.close();
