// Follows connection tracking in the network namespace that it runs in. A line on standard input is a capture file: its flows
// go to standard output, a line each, after the state of the monitor. An empty line: the state alone. `provide`: the monitor
// gets a socket of the opener. Arguments: bytes of the socket's buffer; `drop` to give up all rights first.
import { createInterface } from 'node:readline';
import { ConntrackMonitor } from '../../src/capture/conntrack.js';
import { Engine } from '../../src/capture/engine.js';
import { Opener } from '../../src/capture/opener.js';
import { drop } from '../../src/capture/privileges.js';

const [, , receiveBuffer, dropping] = process.argv;
const nobody = { user: 'nobody' };
const opener = dropping === 'drop' ? new Opener({ runAs: nobody, conntrack: true }) : undefined;
const conntrack = new ConntrackMonitor(
  receiveBuffer === undefined ? {} : { receiveBuffer: Number(receiveBuffer) },
);
if (opener !== undefined) drop(nobody);
for await (const line of createInterface({ input: process.stdin })) {
  const flows: unknown[] = [];
  if (line === 'provide') {
    if (opener) conntrack.provideDescriptor(opener.requestConntrackSocket());
  } else if (line !== '') {
    const engine = new Engine({
      source: { type: 'pcap-file', path: line },
      events: ['expired'],
      conntrack,
    });
    for await (const messages of engine.events()) flows.push(...messages);
  }
  process.stdout.write(`${JSON.stringify({ state: conntrack.state(), flows })}\n`);
}
conntrack.close();
opener?.close();
