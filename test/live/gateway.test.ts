// The world of the live tests works by itself: every client reaches its server through the router.
import assert from 'node:assert/strict';
import { Gateway, wan4 } from './gateway.js';

describe('gateway (the tests own world)', function () {
  this.timeout(60_000);
  let world: Gateway;
  before(async () => {
    world = new Gateway();
    await world.serve();
  });
  after(async () => await world.close());

  it('carries DNS, HTTP, TLS, SSH, rsync and NTP', async () => {
    await world.traffic();
  });

  it('translates the addresses of the LAN', () => {
    const table = world.net.run(world.router, 'conntrack', '-L', '-p', 'tcp', '--dport', '443');
    assert.ok(table.includes(`dst=${wan4}`), table);
  });
});
