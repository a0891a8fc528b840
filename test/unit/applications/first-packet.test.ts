// The first-packet case on a capture of a browser: DNS, then TCP and TLS. The application is in the `flow` that the SYN
// gives, by the name that the client had just resolved; what TLS says comes later.
import assert from 'node:assert/strict';
import { loadApplications } from '../../../src/applications/table.js';
import { DnsHints } from '../../../src/capture/dns-hints.js';
import { Engine } from '../../../src/capture/engine.js';
import type { FlowMessage } from '../../../src/messages/index.js';
import { parseMessage } from '../../../src/messages/validate.js';
import { golden } from '../capture/capture-maker.js';

async function messagesOf(explain: boolean): Promise<FlowMessage[]> {
  const { table } = await loadApplications();
  const engine = new Engine({
    source: { type: 'pcap-file', path: golden('browsing.pcap') },
    events: ['detected', 'updated', 'expired'],
    applications: table,
    dnsHints: new DnsHints(),
    explain,
  });
  const messages: FlowMessage[] = [];
  for await (const chunk of engine.chunks())
    for (const line of chunk.toString('utf8').split('\n').filter(Boolean))
      messages.push(parseMessage(line));
  return messages;
}

describe('the application at the first packet', function () {
  this.timeout(30_000);

  it('is known at the SYN when the client has just resolved its name', async () => {
    const messages = await messagesOf(false);
    const first = messages.filter(({ type, flow }) => {
      if (type !== 'flow' || !('ip_protocol' in flow)) return false;
      return flow.ip_protocol === 6 && flow.detection_packets === 1;
    });
    assert.ok(first.length > 0, 'no flow was told at its first packet');
    for (const { flow } of first) {
      assert.ok('detected_application' in flow);
      assert.equal(flow.detected_protocol_name, 'Unknown');
      assert.ok(flow.detected_application > 0);
      assert.ok(flow.dns_host_name);
      const later = messages.filter((message) => message.flow.digest === flow.digest);
      assert.equal(later.filter(({ type }) => type === 'flow').length, 1, 'one flow for each');
      const [end] = later.filter(({ type }) => type === 'flow_purge');
      assert.ok(end && 'detected_protocol_name' in end.flow);
      assert.equal(end.flow.detected_protocol_name, 'TLS');
      assert.equal(end.flow.detected_application, flow.detected_application);
    }
  });

  it('is explained on request, by rule, field, value and packet', async () => {
    const messages = await messagesOf(true);
    let explained = 0;
    for (const message of messages) {
      if (message.type !== 'flow' && message.type !== 'flow_dpi_update') {
        assert.ok(!('explain' in message.flow));
        continue;
      }
      const { explain, detected_application, detected_application_name } = message.flow;
      assert.ok(explain);
      assert.equal(explain.rule !== undefined, detected_application > 0);
      if (explain.rule === undefined) continue;
      explained += 1;
      assert.equal(explain.rule.application, detected_application_name);
      assert.match(explain.rule.file, /etc\/dipper\/applications\.d\/.*\.conf$/);
      assert.ok((explain.packet ?? 0) >= 1);
      const path = (explain.field ?? '').split('.');
      const value = path.reduce<unknown>(
        (at, name) => (at as Record<string, unknown> | undefined)?.[name],
        message.flow,
      );
      assert.ok(
        String(value)
          .toLowerCase()
          .includes(explain.value ?? '?'),
        explain.field,
      );
    }
    assert.ok(explained > 0);
  });
});
