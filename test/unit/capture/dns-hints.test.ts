// DNS hints through the addon: shared by engines, exported and imported, refused where they are none.
import assert from 'node:assert/strict';
import { DnsHints } from '../../../src/capture/dns-hints.js';
import { Engine } from '../../../src/capture/engine.js';
import { DipperError } from '../../../src/errors.js';
import { parseMessage } from '../../../src/messages/validate.js';
import { golden } from './capture-maker.js';

async function run(name: string, dnsHints: DnsHints): Promise<string[]> {
  const engine = new Engine({ source: { type: 'pcap-file', path: golden(name) }, dnsHints });
  let text = '';
  for await (const chunk of engine.chunks()) text += chunk.toString('utf8');
  return text.split('\n').slice(0, -1);
}

const refused = (error: unknown) =>
  error instanceof DipperError && error.code === 'ERR_OPTION_INVALID';

describe('dns hints', function () {
  this.timeout(30_000);

  it('are learned from a capture, and survive an export', async () => {
    const hints = new DnsHints({ minTtlS: 300 });
    for (const line of await run('browsing.pcap', hints)) parseMessage(line);
    assert.ok(hints.size > 0, 'nothing was learned');
    assert.ok(hints.counters().learned >= hints.size);
    const again = new DnsHints();
    assert.equal(again.import(hints.export()), hints.size);
    const flows = (await run('browsing.pcap', again)).map((line) => parseMessage(line));
    for (const message of flows)
      if (message.type === 'flow' && message.flow.dns_host_name)
        assert.equal(message.flow.dhc_hit, true);
    assert.throws(() => again.import(hints.export()), refused);
  });

  it('refuse what they cannot be', () => {
    assert.throws(() => new DnsHints({ entries: 0 }), refused);
    assert.throws(() => new DnsHints({ minTtlS: -1 }), refused);
    assert.throws(() => new DnsHints().import(Buffer.from('DDH1')), refused);
    assert.throws(() => new DnsHints().import(Buffer.alloc(100, 0xff)), refused);
    assert.equal(new DnsHints().import(new DnsHints().export()), 0);
  });
});
