// A real capture through the engine: the device says its name when it asks for an address, and its flows have it from then on.
import assert from 'node:assert/strict';
import { Engine } from '../../../src/capture/engine.js';
import { DeviceDirectory } from '../../../src/flow/device-directory.js';
import { Enricher } from '../../../src/flow/enrich.js';
import { createLog } from '../../../src/log.js';
import { parseMessage } from '../../../src/messages/validate.js';

const path = new URL('../../../../test/golden/browsing.pcap', import.meta.url).pathname;
const mac = '00:00:5e:00:53:64';

describe('a device in a capture', function () {
  this.timeout(20_000);

  it('is known by name from its request for an address on', async () => {
    const devices = new DeviceDirectory();
    const enricher = new Enricher({ devices, log: createLog('silent'), now: () => clock++ * 1000 });
    let clock = 0;
    const engine = new Engine({
      source: { type: 'pcap-file', path },
      workers: 1,
      events: ['detected', 'expired'],
    });
    const flows: Record<string, unknown>[] = [];
    for await (const chunk of engine.chunks())
      for (const line of enricher.lines(chunk).toString('utf8').split('\n').slice(0, -1)) {
        const { flow } = parseMessage(line);
        if ('local_mac' in flow && flow.local_mac === mac) flows.push(flow);
      }
    const name = (flow: Record<string, unknown>) =>
      (flow.local_device as { name?: string } | undefined)?.name;
    const first = flows.findIndex(({ detected_protocol_name: is }) => is === 'DHCP');
    assert.ok(first >= 0 && flows.length > first + 10, `${first} of ${flows.length}`);
    for (const [i, flow] of flows.entries())
      assert.equal(name(flow), i < first ? undefined : 'laptop', JSON.stringify(flow));
    const { vendor, name_source } = devices.of(mac, []) ?? {};
    assert.deepEqual([vendor, name_source], ['ICANN, IANA Department', 'dhcp']);
  });
});
