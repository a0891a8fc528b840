// The monitor of links on this machine, whatever it has: what it finds is what the system's own files say.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { Worker } from 'node:worker_threads';
import { RouteMonitor } from '../../../src/capture/links.js';

const links = new URL('../../../src/capture/links.js', import.meta.url).href;

describe('RouteMonitor', function () {
  this.timeout(20_000);
  it('knows the interfaces and addresses of this machine', async () => {
    const monitor = new RouteMonitor();
    const state = await monitor.first();
    monitor.close();
    assert.equal(state.complete, true);
    assert.equal(state.refused, 0);
    const names = readdirSync('/sys/class/net').filter((n) => n !== 'bonding_masters');
    assert.deepEqual(state.links.map(({ name }) => name).sort(), names.sort());
    for (const { name, index, mtu } of state.links) {
      assert.equal(index, Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8')));
      assert.equal(mtu, Number(readFileSync(`/sys/class/net/${name}/mtu`, 'utf8')));
    }
    const lo = state.links.find((link) => link.loopback);
    assert.equal(lo?.name, 'lo');
    const name = (index: number) => state.links.find((l) => l.index === index)?.name;
    const found = new Set(
      state.addresses.map((a) => `${name(a.link)} ${a.address}/${a.prefixLength}`),
    );
    for (const [device, list] of Object.entries(networkInterfaces()))
      for (const { cidr } of list ?? [])
        assert.ok(found.has(`${device} ${cidr}`), `${device} ${cidr}`);
    const local = state.routes.find((r) => r.type === 'local' && r.destination === '127.0.0.1');
    assert.deepEqual(local?.legs, [{ link: lo?.index }]);
  });

  it('is closed any number of times, and first() then says so', async () => {
    const monitor = new RouteMonitor();
    monitor.close();
    monitor.close();
    await assert.rejects(monitor.first(), /closed/);
    assert.equal(monitor.state().complete, false);
  });

  it('ends with the worker thread that holds it', async () => {
    for (const ending of ['', 'process.exit()']) {
      const worker = new Worker(
        `import(${JSON.stringify(links)}).then(async ({ RouteMonitor }) => {
           await new RouteMonitor().first();
           require('node:worker_threads').parentPort.postMessage('ready');
           ${ending}
         });`,
        { eval: true },
      );
      await new Promise((resolve) => worker.once('message', resolve));
      await worker.terminate();
    }
  });
});
