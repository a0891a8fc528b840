// Lease files as the servers write them, and what else may stand there.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mostNamed, parseNameFile, presentable } from '../../../src/flow/name-files.js';

const lease = (...lines: string[]) => parseNameFile(`${lines.join('\n')}\n`, 'lease');
const hosts = (...lines: string[]) => parseNameFile(`${lines.join('\n')}\n`, 'hosts');

describe('files of names', function () {
  this.timeout(20_000);
  it("reads dnsmasq's leases, IPv4 and IPv6", () => {
    const { devices, broken } = lease(
      '1700003600 00:22:72:00:00:01 192.168.1.10 laptop 01:00:22:72:00:00:01',
      '0 00:22:72:00:00:02 192.168.1.11 printer *',
      '1700003600 00:22:72:00:00:03 192.168.1.12 * *',
      '1700003600 06-00:22:72:00:00:04 192.168.1.13 infiniband *',
      'duid 00:01:00:01:2a:2b:2c:2d:00:22:72:00:00:ff',
      '1700003600 7405569 fd00::00ab laptop 00:01:00:01:aa:bb:cc:dd:00:22:72:00:00:01',
    );
    assert.equal(broken, 0);
    assert.deepEqual(devices, [
      { name: 'laptop', address: '192.168.1.10', mac: '00:22:72:00:00:01' },
      { name: 'printer', address: '192.168.1.11', mac: '00:22:72:00:00:02' },
      { name: 'infiniband', address: '192.168.1.13' },
      { name: 'laptop', address: 'fd00::ab' },
    ]);
  });

  it("reads odhcpd's state file", () => {
    const { devices, broken } = lease(
      '# br-lan 002272000001 ipv4 phone 1700003600 c0a80164 32 192.168.1.100/32',
      '# br-lan 002272000002 ipv4 - 1700003600 c0a80165 32 192.168.1.101/32',
      '# br-lan 002272000003 ipv4 broken\\x20name 1700003600 c0a80166 32 192.168.1.102/32',
      '# br-lan 00010001deadbeef002272000001 1 phone 1700003600 64 128 fd00::64/128',
      'fd00::64\tphone.lan',
    );
    assert.equal(broken, 0);
    assert.deepEqual(devices, [
      { name: 'phone', address: '192.168.1.100', mac: '00:22:72:00:00:01' },
      { name: 'phone.lan', address: 'fd00::64' },
    ]);
  });

  it("reads Kea's memfiles, in which the last line for an address counts", () => {
    const four =
      'address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context';
    const { devices, broken } = lease(
      four,
      '10.0.0.5,00:22:72:00:00:05,01:00:22:72:00:00:05,3600,1700003600,1,0,0,old,0,',
      '10.0.0.5,00:22:72:00:00:05,01:00:22:72:00:00:05,3600,1700007200,1,0,0,camera.example.,0,',
      '10.0.0.6,00:22:72:00:00:06,,3600,1700003600,1,0,0,gone,0,',
      '10.0.0.6,00:22:72:00:00:06,,0,1700003700,1,0,0,gone,0,',
      '10.0.0.7,00:22:72:00:00:07,,3600,1700003600,1,0,0,declined,1,',
      '10.0.0.8,00:22:72:00:00:08,,3600,1700003600,1,0,0,a&#x2cb,0,{}',
      '10.0.0.9,cut',
    );
    assert.equal(broken, 1);
    assert.deepEqual(devices, [
      { name: 'camera.example', address: '10.0.0.5', mac: '00:22:72:00:00:05' },
      { name: 'a,b', address: '10.0.0.8', mac: '00:22:72:00:00:08' },
    ]);
    const six = lease(
      'address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,hostname,hwaddr,state,user_context,hwtype,hwaddr_source',
      '2001:db8:0:1::5,00:01:00:01:aa,3600,1700003600,1,1800,0,1,128,0,0,nas.example.,00:22:72:00:00:09,0,,1,2',
    );
    assert.deepEqual(six.devices, [
      { name: 'nas.example', address: '2001:db8:0:1::5', mac: '00:22:72:00:00:09' },
    ]);
  });

  it('reads hosts(5): the first name of the first line, and no names of the machine itself', () => {
    const { devices, broken } = hosts(
      '# a comment',
      '127.0.0.1 localhost',
      '127.0.1.1 here.example here',
      '::1 ip6-localhost ip6-loopback',
      'ff02::1 ip6-allnodes',
      '192.168.1.2  nas.example nas # in the cellar',
      '192.168.1.2 later',
      '\t2001:DB8::0:2\tnas6\r',
      'no-address at-all',
      '192.168.1.3',
    );
    assert.equal(broken, 2);
    assert.deepEqual(devices, [
      { name: 'nas.example', address: '192.168.1.2' },
      { name: 'nas6', address: '2001:db8::2' },
    ]);
  });

  it('shows no name that could deceive who looks at it', () => {
    for (const bad of [
      '',
      ' ',
      '.',
      'a\u001b[2Jb',
      'a\u202eb',
      'a\u0000',
      'a\u2028b',
      'x'.repeat(254),
    ])
      assert.equal(presentable(bad), undefined, JSON.stringify(bad));
    assert.equal(presentable("Anna's phone."), "Anna's phone");
    assert.equal(presentable('Küche'), 'Küche');
  });

  it('counts what is broken and what finds no room, whatever the file holds', () => {
    const { devices, broken } = lease(
      'garbage',
      '1700003600 x y z',
      '\u0000\u0001',
      '# only # marks',
    );
    assert.deepEqual([devices.length, broken], [0, 3]);
    const rows = Array.from(
      { length: mostNamed + 5 },
      (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255} host${i}`,
    );
    const full = hosts(...rows);
    assert.deepEqual([full.devices.length, full.dropped], [mostNamed, 5]);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.boolean(), (text, isLease) => {
        for (const { name, mac, address } of parseNameFile(text, isLease ? 'lease' : 'hosts')
          .devices) {
          assert.ok(name.length > 0 && (mac ?? address) !== undefined);
        }
      }),
    );
  });
});
