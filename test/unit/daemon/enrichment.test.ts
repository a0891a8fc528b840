// The parts together, as the daemon has them: files in, members of lines and of `endpoints` out, while both change.
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Enrichment, nameFiles } from '../../../src/daemon/enrichment.js';
import type { Log } from '../../../src/log.js';
import { keyedMessage } from '../../../src/messages/keyed.js';
import { validateMessage } from '../../../src/messages/validate.js';
import { configure } from '../config/configure.js';
import { makeDatabase } from '../flow/mmdb-writer.js';

const mac = '00:22:72:00:00:01';
const ip = '192.168.1.10';
const vendor = 'American Micro-Fuel Device Corp.';
const line = Buffer.from(
  '{"type":"flow","interface":"br-lan","internal":true,"established":false,"flow":{"digest":"x",' +
    `"local_ip":"${ip}","local_port":40000,"local_mac":"${mac}","other_ip":"192.0.2.1","other_port":443,` +
    '"other_mac":"00:22:72:00:00:02","other_type":"remote","local_origin":true}}\n',
);

describe('what the daemon knows', function () {
  this.timeout(20_000);
  const folder = mkdtempSync(join(tmpdir(), 'dipper-names-'));
  const path = (name: string) => join(folder, name);
  const said: string[] = [];
  const say = (_: object, text: string) => said.push(text);
  const log = { debug: say, info: say, warn: say, error: say } as unknown as Log;
  const enrichment = new Enrichment(log);
  const config = (...keys: string[]) => configure({ file: keys.join('\n') }).config;
  const flow = () => JSON.parse(enrichment.lines(line).toString()).flow;
  /** Waits for what a file that has changed brings. */
  const until = async (holds: () => boolean) => {
    for (let i = 0; i < 200 && !holds(); i += 1) await sleep(25);
    assert.ok(holds(), `${JSON.stringify(flow())} ${said.join('; ')}`);
  };
  const files = [
    ...['[devices]', `hosts_file[0] = ${path('hosts')}`, `lease_file[0] = ${path('leases')}`],
    ...['[geoip]', `database[0] = ${path('city.mmdb')}`, `database[1] = ${path('asn.mmdb')}`],
  ];
  const city = (name: string) =>
    makeDatabase({
      '192.0.2.0/24': { country: { iso_code: 'DE' }, city: { names: { en: name } } },
    });
  after(() => {
    enrichment.close();
    rmSync(folder, { recursive: true });
  });

  it('passes lines on untouched when all is off', async () => {
    await enrichment.configure(config('[devices]', 'enable = no'));
    assert.equal(enrichment.lines(line), line);
    assert.deepEqual(enrichment.about({ [mac]: [ip] }), {});
  });

  it('reads what is there, and says what is not', async () => {
    writeFileSync(path('hosts'), '');
    writeFileSync(path('leases'), `1700003600 ${mac} ${ip} laptop *\nbroken\n`);
    writeFileSync(path('city.mmdb'), city('Berlin'));
    await enrichment.configure(config(...files));
    const { local_device, geo, as } = flow();
    assert.deepEqual(local_device, { name: 'laptop', name_source: 'lease', vendor });
    assert.deepEqual([geo, as], [{ country: 'DE', city: 'Berlin' }, undefined]);
    assert.ok(said.includes(`${path('leases')}: 1 lines are broken, 0 names found no room`));
    assert.ok(said.includes(`${path('asn.mmdb')}: is not there`), said.join('; '));
    assert.ok(said.includes(`${path('city.mmdb')}: Test of 2023-11-14`));
  });

  it('takes over new names and databases, also by rename', async () => {
    writeFileSync(path('hosts'), `${ip} desk.example desk\n`);
    await until(() => flow().local_device.name === 'desk.example');
    writeFileSync(path('new'), city('Potsdam'));
    renameSync(path('new'), path('city.mmdb'));
    const system = { autonomous_system_number: 64496, autonomous_system_organization: 'Example' };
    writeFileSync(path('asn.mmdb'), makeDatabase({ '192.0.2.0/24': system }));
    await until(() => flow().geo?.city === 'Potsdam' && flow().as !== undefined);
    assert.deepEqual(flow().as, { number: 64496, organization: 'Example' });
  });

  it('keeps a database when the new one is damaged, and takes the next good one', async () => {
    writeFileSync(path('city.mmdb'), city('Nowhere').subarray(0, 100));
    const damaged = `${path('city.mmdb')}: is no MaxMind DB file, or its end is missing; what was read before stays in force`;
    await until(() => said.includes(damaged));
    rmSync(path('city.mmdb'));
    await until(() =>
      said.includes(`${path('city.mmdb')}: is not there; what was read before stays in force`),
    );
    assert.equal(flow().geo.city, 'Potsdam');
    writeFileSync(path('city.mmdb'), city('Berlin'));
    await until(() => flow().geo?.city === 'Berlin');
  });

  it('tells of devices in endpoints, with all names', () => {
    const devices = {
      [mac]: [ip],
      '02:00:00:00:00:01': ['192.168.1.11'],
      'fc:ff:ff:00:00:01': ['::2'],
    };
    const message = { ...keyedMessage('endpoints', devices), ...enrichment.about(devices) };
    assert.deepEqual(validateMessage(message), []);
    assert.deepEqual(message.devices, {
      [mac]: {
        ...{ name: 'desk.example', name_source: 'hosts', vendor },
        names: [
          { name: 'desk.example', source: 'hosts' },
          { name: 'laptop', source: 'lease' },
        ],
      },
      '02:00:00:00:00:01': { randomized: true },
    });
  });

  it('forgets what is no longer configured', async () => {
    await enrichment.configure(config(...files.slice(0, 2), ...files.slice(3, 4)));
    const { local_device, geo, as } = flow();
    assert.deepEqual([local_device.name, geo, as], ['desk.example', undefined, undefined]);
    await enrichment.configure(config('[devices]', 'enable = no', ...files.slice(3)));
    assert.deepEqual([flow().local_device, flow().geo.city], [undefined, 'Berlin']);
    await enrichment.configure(config(...files));
    assert.equal(flow().local_device.name, 'desk.example');
  });

  it('looks at the usual places where none are named, and at what Kea sets aside', () => {
    const usual = nameFiles(config().devices);
    assert.deepEqual(usual.get('/etc/hosts'), { source: 'hosts', isNamed: false });
    assert.deepEqual(usual.get('/tmp/dhcp.leases'), { source: 'lease', isNamed: false });
    const named = nameFiles(config('[devices]', 'lease_file[3] = /k.csv').devices);
    assert.deepEqual([...named.keys()], ['/etc/hosts', '/k.csv', '/k.csv.1', '/k.csv.2']);
    assert.equal(named.get('/k.csv')?.isNamed, true);
  });
});
