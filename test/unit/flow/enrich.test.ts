// What is known is spliced into the lines that the engine writes, and nothing else of them changes.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { DeviceDirectory } from '../../../src/flow/device-directory.js';
import { Enricher } from '../../../src/flow/enrich.js';
import { PrivacyFilter } from '../../../src/flow/privacy.js';
import { createLog } from '../../../src/log.js';
import type { Place } from '../../../src/messages/place.js';
import { parseMessage } from '../../../src/messages/validate.js';

const log = createLog('silent');
const golden = new URL('../../../../test/golden/expected/', import.meta.url);
/** Lines as the engine wrote them for real captures. */
const realLines = readdirSync(golden)
  .flatMap((name) => readFileSync(new URL(name, golden), 'utf8').split('\n'))
  .filter((line) => line.startsWith('{"type":"flow'));

interface LineOptions {
  readonly type?: string;
  readonly interface?: string;
  readonly internal?: boolean;
  readonly flow?: Readonly<Record<string, unknown>>;
}

const { reason: _, ...template } = JSON.parse(realLines[0] ?? '');
for (const name of Object.keys(template.flow))
  if (
    /^(local|other|total)_(packets|bytes|dscp|ttl)|^tcp$/.test(name) &&
    name !== 'detection_packets'
  )
    delete template.flow[name];

/** A line in the engine's order of members. */
function line({ type = 'flow', internal = true, flow = {}, ...rest }: LineOptions = {}): string {
  const envelope = { ...template, type, internal, ...rest };
  if (type === 'flow_dpi_update') flow = { ...flow, changed: [], previous: {} };
  return `${JSON.stringify({ ...envelope, flow: { ...template.flow, ...flow } })}\n`;
}

const mac = '00:22:72:00:00:01';
const vendor = 'American Micro-Fuel Device Corp.';
const sides = {
  ...{ local_ip: '192.168.1.10', local_mac: mac, other_ip: '192.0.2.1' },
  ...{ other_mac: '00:22:72:00:00:02', other_type: 'remote' },
};
const place: Place = {
  geo: { country: 'DE', city: 'Köln "am Rhein"' },
  as: { number: 64496, organization: 'Example' },
};

function enriched(enricher: Enricher, text: string): string {
  return enricher.lines(Buffer.from(text)).toString('utf8');
}

describe('enrichment of lines', function () {
  this.timeout(20_000);
  const directory = new DeviceDirectory();
  let ms = 0;
  const enricher = new Enricher({
    now: () => ms,
    devices: directory,
    placeOf: (address) => (address === '192.0.2.1' || address.startsWith('2001:db8:') ? place : {}),
    log,
  });
  const flowOf = (text: string) =>
    parseMessage(enriched(enricher, text)).flow as Record<string, unknown>;

  it('adds device, place and system at the end of the flow, and changes nothing else', () => {
    for (const type of ['flow', 'flow_dpi_update']) {
      const text = line({ type, flow: sides });
      const result = enriched(enricher, text);
      const members = JSON.stringify({ local_device: { vendor }, ...place }).slice(1, -1);
      assert.equal(result, text.replace(/\}\}\n$/, `,${members}}}\n`));
      parseMessage(result);
    }
  });

  it('knows both devices of a flow in the local network, and no place of it', () => {
    const flow = flowOf(
      line({ flow: { ...sides, other_type: 'local', other_ip: '192.168.1.11' } }),
    );
    assert.deepEqual([flow.local_device, flow.other_device], [{ vendor }, { vendor }]);
    assert.deepEqual([flow.geo, flow.as], [undefined, undefined]);
  });

  it('says no devices on the side of the provider', () => {
    const flow = flowOf(line({ internal: false, flow: sides }));
    assert.deepEqual([flow.local_device, flow.geo], [undefined, place.geo]);
  });

  it('finds the flow behind any name of an interface, and the members behind IPv6', () => {
    const names = ['"internal":true,"flow":{"local_ip":"10.0.0.1",', 'x'.repeat(4000), ',"flow":{'];
    for (const name of names) {
      const six = {
        ...sides,
        local_ip: '2001:db8:ffff:ffff:ffff:ffff:ffff:fffe',
        other_ip: '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
      };
      const { geo, local_device } = flowOf(line({ interface: name, flow: six }));
      assert.deepEqual([geo, local_device], [place.geo, { vendor }]);
      assert.equal(
        flowOf(line({ interface: name, internal: false, flow: six })).local_device,
        undefined,
      );
    }
  });

  it('leaves the same memory where nothing is known, and every line of another type as it is', () => {
    const others = [
      ...['{"type":"flow_stats","interface":"x","flow":{"digest":"x","local_bytes":1}}', '{}', ''],
      ...[
        '{"type":"unknown_packets","packets":[]}',
        '{"type":"flow"}',
        '{"type":"flow","flow":{}}',
      ],
      '{"type":"flow","interface":"x","internal":true,"established":false,"flow":{"local_ip":"',
    ].map((text) => `${text}\n`);
    const unknown = {
      local_mac: '00:00:00:00:00:00',
      other_ip: '203.0.113.1',
      other_type: 'remote',
    };
    const lines = Buffer.from([...others, line({ flow: unknown })].join(''));
    assert.equal(enricher.lines(lines), lines);
    const mixed = [...others, line({ flow: sides }), ...others, line({ flow: sides }), ...others];
    const result = enriched(enricher, mixed.join(''));
    assert.equal(result, mixed.map((text) => enriched(enricher, text)).join(''));
    assert.ok(result.length > mixed.join('').length);
  });

  it('keeps every line of real captures valid, whole and in order', () => {
    const all = new Enricher({ devices: new DeviceDirectory(), placeOf: () => place, log });
    const text = `${realLines.join('\n')}\n`;
    const results = enriched(all, text).split('\n').slice(0, -1);
    assert.equal(results.length, realLines.length);
    let added = 0;
    for (const [i, result] of results.entries()) {
      const message = parseMessage(result) as { flow: Record<string, unknown> };
      const { local_device, other_device, geo, as, ...flow } = message.flow;
      assert.equal(JSON.stringify({ ...message, flow }), realLines[i]);
      const isRemote = (message.flow as { other_type?: string }).other_type === 'remote';
      assert.equal(geo !== undefined, isRemote, result);
      if (geo ?? local_device ?? other_device) added += 1;
      assert.equal(as !== undefined, isRemote);
    }
    assert.ok(added > 100, `${added}`);
  });

  it('loses and changes nothing of lines of any bytes', () => {
    const all = new Enricher({
      ...{ devices: new DeviceDirectory(() => undefined), log },
      placeOf: () => ({ as: { number: 7 } }),
    });
    const added = /,"(local|other)_device":\{"(name|randomized)[^}]*\}|,"as":\{"number":7\}/g;
    const lines = Buffer.from(`${realLines.slice(0, 40).join('\n')}\n`);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(lines.length - 1), fc.nat(255)), { maxLength: 20 }),
        fc.nat(200),
        (changes, cut) => {
          const bytes = Buffer.from(lines.subarray(0, lines.length - cut));
          for (const [at, byte] of changes) bytes[at] = byte;
          const result = all.lines(bytes).toString('latin1').replaceAll(added, '');
          assert.equal(result, bytes.toString('latin1'));
        },
      ),
    );
  });

  it('learns a name from a DHCP flow and says it from the next line on', () => {
    const dhcp = {
      ...{ ...sides, local_ip: '0.0.0.0', local_port: 68, other_ip: '255.255.255.255' },
      ...{ other_port: 67, other_type: 'broadcast', detected_protocol_name: 'DHCP' },
      host_server_name: 'laptop',
    };
    const text = line({ flow: sides }) + line({ flow: dhcp }) + line({ flow: sides });
    const flows = enriched(enricher, text)
      .split('\n')
      .slice(0, -1)
      .map((one) => JSON.parse(one).flow);
    const named = { name: 'laptop', name_source: 'dhcp', vendor };
    assert.deepEqual(
      flows.map(({ local_device }) => local_device),
      [{ vendor }, named, named],
    );
    const wan = line({ internal: false, flow: { ...dhcp, host_server_name: 'neighbour' } });
    enriched(enricher, wan);
    assert.deepEqual(flowOf(line({ flow: sides })).local_device, named);
  });

  it('says a new name of the same device, in a flood of them after half a second', () => {
    ms += 499;
    directory.names.setFile('/etc/hosts', 'hosts', [{ address: sides.local_ip, name: 'desk' }]);
    const name = () => (flowOf(line({ flow: sides })).local_device as { name: string }).name;
    assert.equal(name(), 'laptop');
    ms += 1;
    assert.equal(name(), 'desk');
  });

  it('says another place when the databases have changed', () => {
    let country = 'DE';
    const places = new Enricher({ placeOf: () => ({ geo: { country } }), log });
    const seen = () =>
      (JSON.parse(enriched(places, line({ flow: sides }))).flow as { geo: object }).geo;
    assert.deepEqual(seen(), { country: 'DE' });
    country = 'FR';
    assert.deepEqual(seen(), { country: 'DE' });
    places.forgetPlaces();
    assert.deepEqual(seen(), { country: 'FR' });
  });

  it('is masked by the privacy filter like all that packets say', async () => {
    const text = enriched(
      enricher,
      line({ flow: sides }) +
        line({ flow: { ...sides, local_ip: '192.168.1.99', local_mac: '02:00:00:00:00:99' } }),
    );
    const filter = await PrivacyFilter.create({ macs: [mac], log });
    const [masked, other] = filter.redactLines(Buffer.from(text)).toString().split('\n');
    assert.deepEqual(
      (parseMessage(masked ?? '') as { flow: Record<string, unknown> }).flow.local_device,
      {
        ...{ name: 'masked.invalid', name_source: 'hosts' },
      },
    );
    assert.match(masked ?? '', /"geo":\{"country":"DE"/);
    assert.match(other ?? '', /"local_device":\{"randomized":true\}/);
    const hidden = await PrivacyFilter.create({ hosts: ['192.0.2.0/24'], log });
    const remote = hidden.redactLines(Buffer.from(text)).toString();
    assert.doesNotMatch(remote, /"geo"|"as"|Example/);
    assert.match(remote, /"name":"desk"/);
  });
});
