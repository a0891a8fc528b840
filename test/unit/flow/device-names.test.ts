// Whose word counts for a device's name, and what flows let devices say about themselves.
import assert from 'node:assert/strict';
import { announcementIn } from '../../../src/flow/device-announcements.js';
import { DeviceDirectory } from '../../../src/flow/device-directory.js';
import { DeviceNames, nameSources } from '../../../src/flow/device-names.js';
import { RecentMap } from '../../../src/flow/recent-map.js';
import { EndpointDevice } from '../../../src/messages/device.js';

const mac = '00:22:72:00:00:01';
const ip = '192.168.1.10';

describe('names of devices', function () {
  this.timeout(20_000);
  it('has the sources that the schema lists, in the order of trust', () => {
    const schema = EndpointDevice.properties.name_source as { enum?: readonly string[] };
    assert.deepEqual(schema.enum, [...nameSources]);
  });

  it('trusts the hosts file, then leases, then what devices say', () => {
    const names = new DeviceNames();
    const best = () => names.of(mac, [ip]).map(({ name, source }) => `${source} ${name}`);
    assert.deepEqual(best(), []);
    names.announce(mac, 'netbios', 'LAPTOP');
    names.announce(mac, 'mdns', 'annas-laptop');
    names.announce(mac, 'dhcp', 'laptop');
    names.setFile('/leases', 'lease', [{ mac, address: ip, name: 'leased' }]);
    names.setFile('/hosts', 'hosts', [{ address: ip, name: 'written' }]);
    assert.deepEqual(best(), [
      ...['hosts written', 'lease leased', 'dhcp laptop', 'mdns annas-laptop', 'netbios LAPTOP'],
    ]);
    names.setFile('/hosts', 'hosts', []);
    names.removeFile('/leases');
    assert.equal(best()[0], 'dhcp laptop');
    names.announce(mac, 'mdns', 'laptop');
    assert.deepEqual(best(), ['dhcp laptop', 'netbios LAPTOP'], 'no name twice');
  });

  it('has another version after each change, and only then', () => {
    const names = new DeviceNames();
    const versions = [names.version];
    const look = () => versions.push(names.version);
    names.announce(mac, 'dhcp', 'laptop');
    look();
    names.announce(mac, 'dhcp', 'laptop');
    look();
    names.removeFile('/nowhere');
    look();
    names.setFile('/hosts', 'hosts', []);
    look();
    assert.deepEqual(versions, [0, 1, 1, 1, 2]);
  });

  it('does not believe a station that speaks for many', () => {
    const names = new DeviceNames();
    for (let i = 0; i < 4; i += 1) names.announce(mac, 'mdns', `name${i}`);
    assert.equal(names.of(mac, [])[0]?.name, 'name3');
    for (let i = 4; i < 1000; i += 1) names.announce(mac, 'mdns', `name${i}`);
    assert.deepEqual(names.of(mac, []), []);
    names.announce(mac, 'dhcp', 'router');
    assert.deepEqual(names.of(mac, []), [{ name: 'router', source: 'dhcp' }]);
  });

  it('takes names of their clients from DHCP, of their senders from mDNS probes and NetBIOS datagrams', () => {
    const announced = (flow: object) => announcementIn(JSON.stringify({ type: 'flow', flow }));
    const sides = { local_mac: mac, other_mac: '00:22:72:00:00:02', local_origin: true };
    const dhcp = { ...sides, detected_protocol_name: 'DHCP', host_server_name: 'laptop' };
    assert.deepEqual(announced({ ...dhcp, local_port: 68, other_port: 67 }), {
      ...{ mac, name: 'laptop', source: 'dhcp' },
    });
    assert.equal(announced({ ...dhcp, local_port: 67, other_port: 68 })?.mac, sides.other_mac);
    assert.equal(announced({ ...dhcp, local_port: 67, other_port: 67 }), undefined, 'a relay');
    const named = { host_name: 'annas-laptop' };
    assert.equal(announced({ ...dhcp, dhcp: named, local_port: 68 })?.name, 'annas-laptop');
    const six = { ...sides, detected_protocol_name: 'DHCPV6', local_port: 546, dhcp: named };
    assert.equal(announced(six)?.name, 'annas-laptop');
    const mdns = { ...sides, detected_protocol_name: 'MDNS', host_server_name: 'Tv.local' };
    assert.equal(announced({ ...mdns, dns: { query_type: 255 } })?.name, 'Tv');
    assert.equal(announced({ ...mdns, dns: { query_type: 1 } }), undefined, 'it asks for a TV');
    assert.equal(announced({ ...mdns, mdns: { answer: 'tv-2.local' } })?.name, 'tv-2');
    assert.equal(announced({ ...mdns, mdns: { host_name: 'tv-3.local' } })?.name, 'tv-3');
    assert.equal(announced({ ...mdns, mdns: { answer: '_http._tcp.local' } }), undefined);
    const netbios = { ...sides, detected_protocol_name: 'NetBIOS', host_server_name: 'DESK' };
    assert.equal(announced({ ...netbios, local_port: 138, other_port: 138 })?.name, 'DESK');
    const service = { ...netbios, local_port: 137, other_port: 137 };
    assert.equal(announced(service), undefined, 'asked for');
    const own = { operation: 'registration', suffix: 32, name: 'DESK2' };
    assert.equal(announced({ ...service, netbios: own })?.name, 'DESK2');
    for (const other of [{ suffix: 0 }, { operation: 'query' }])
      assert.equal(announced({ ...service, netbios: { ...own, ...other } }), undefined);
  });

  it('takes nothing from what is no such flow', () => {
    for (const text of ['{}', '{"flow":null}', '{"flow":{"detected_protocol_name":"constructor"}}'])
      assert.equal(announcementIn(text), undefined);
    const flow = { detected_protocol_name: 'DHCP', host_server_name: 'a\u001bb', local_port: 68 };
    assert.equal(announcementIn(JSON.stringify({ flow: { ...flow, local_mac: mac } })), undefined);
    assert.throws(() => announcementIn('{"flow":'));
  });

  it('says what is known: name, vendor, a made up MAC, and nothing of nobody', () => {
    const directory = new DeviceDirectory();
    assert.deepEqual(directory.of(mac, [ip]), { vendor: 'American Micro-Fuel Device Corp.' });
    assert.deepEqual(directory.of('02:22:72:00:00:01', []), { randomized: true });
    for (const none of ['00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff', '33:33:00:00:00:01'])
      assert.equal(directory.of(none, []), undefined, none);
    directory.announce({ mac, source: 'dhcp', name: 'laptop' });
    directory.announce({ mac: '00:00:00:00:00:00', source: 'dhcp', name: 'nobody' });
    directory.announce({ mac, source: 'mdns', name: 'lap' });
    assert.deepEqual(directory.withNames(mac, [ip]), {
      ...{ name: 'laptop', name_source: 'dhcp', vendor: 'American Micro-Fuel Device Corp.' },
      names: [
        { name: 'laptop', source: 'dhcp' },
        { name: 'lap', source: 'mdns' },
      ],
    });
    assert.equal(directory.of('00:00:00:00:00:00', []), undefined);
  });

  it('reads the list of vendors when the first MAC is looked up, and lives without one', () => {
    let read = 0;
    const directory = new DeviceDirectory(() => {
      read += 1;
      return undefined;
    });
    assert.equal(directory.of('02:00:00:00:00:01', [])?.randomized, true);
    assert.equal(read, 0, 'made up: nobody made it');
    for (let i = 0; i < 3; i += 1) assert.equal(directory.of(mac, []), undefined);
    assert.equal(read, 1);
  });
});

describe('the map of what was used lately', () => {
  it('is bounded and keeps what is asked for', () => {
    const map = new RecentMap<number>(100);
    map.set('kept', 1);
    for (let i = 0; i < 10_000; i += 1) {
      map.set(`k${i}`, i);
      assert.equal(map.get('kept'), 1);
    }
    const known = Array.from({ length: 10_000 }, (_, i) => map.get(`k${i}`)).filter(
      (value) => value !== undefined,
    );
    assert.ok(known.length <= 200 && map.get('k9999') === 9999, `${known.length}`);
    map.clear();
    assert.equal(map.get('kept'), undefined);
  });
});
