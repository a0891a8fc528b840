// A small world around a gateway: a client on the LAN, a router with a bridge and NAT, servers on the WAN.
//
//   lan 192.168.50.10 -- br-lan 192.168.50.1 [router, masquerade] eth0 198.51.100.1 -- 198.51.100.2 wan 203.0.113.2
//       fd00:50::10      fd00:50::1                               2001:db8:100::1  2001:db8:100::2   2001:db8:200::2
//
// The servers' addresses lie behind the next hop, as on the Internet. IPv6 is routed without NAT. Servers are Debian's: dnsmasq, nginx, sshd, rsync, chronyd.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Namespaces } from './namespaces.js';

export const names = ['www.example.com', 'www.wikipedia.org', 'www.youtube.com'] as const;
export const server4 = '203.0.113.2';
export const server6 = '2001:db8:200::2';
const hop4 = '198.51.100.2';
const hop6 = '2001:db8:100::2';
export const client4 = '192.168.50.10';
export const wan4 = '198.51.100.1';
/** rsync daemons: the well-known port, and one of its own. */
export const rsyncPorts = [873, 8730] as const;

export class Gateway {
  readonly net = new Namespaces();
  readonly lan: string;
  readonly router: string;
  readonly wan: string;

  constructor() {
    const { net } = this;
    this.lan = net.add('lan');
    this.router = net.add('rt');
    this.wan = net.add('wan');
    net.ip(this.router, 'link add br-lan type bridge');
    net.link(this.lan, 'lan0', this.router, 'lan1');
    net.ip(this.router, 'link set lan1 master br-lan');
    net.ip(this.router, 'link set br-lan up');
    net.link(this.router, 'eth0', this.wan, 'wan0');
    const { lan, router, wan } = this;
    for (const [namespace, address, device] of [
      [lan, `${client4}/24`, 'lan0'],
      [lan, 'fd00:50::10/64', 'lan0'],
      [router, '192.168.50.1/24', 'br-lan'],
      [router, 'fd00:50::1/64', 'br-lan'],
      [router, `${wan4}/24`, 'eth0'],
      [router, '2001:db8:100::1/64', 'eth0'],
      [wan, `${hop4}/24`, 'wan0'],
      [wan, `${hop6}/64`, 'wan0'],
      [wan, `${server4}/32`, 'lo'],
      [wan, `${server6}/128`, 'lo'],
    ] as const)
      net.ip(
        namespace,
        `addr add ${address} dev ${device}${address.includes(':') ? ' nodad' : ''}`,
      );
    net.sysctl(router, 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    net.ip(lan, 'route add default via 192.168.50.1');
    net.ip(lan, '-6 route add default via fd00:50::1');
    net.ip(router, `route add default via ${hop4}`);
    net.ip(router, `-6 route add default via ${hop6}`);
    net.ip(wan, '-6 route add fd00:50::/64 via 2001:db8:100::1');
    net.run(
      router,
      'nft',
      'table ip nat { chain post { type nat hook postrouting priority 100; oifname "eth0" masquerade; }; }',
    );
  }

  path(name: string): string {
    return join(this.net.folder, name);
  }

  /** Starts the servers on the WAN and waits until they listen. */
  async serve(): Promise<void> {
    const { net, wan } = this;
    this.#certificate();
    this.#write('dns.conf', [
      ...['no-resolv', 'no-hosts', 'no-poll', 'port=53', 'user=root', 'group=root', 'pid-file='],
      ...names.map((name) => `host-record=${name},${server4},${server6},300`),
      'cname=shop.example.com,www.example.com,300',
    ]);
    net.start(wan, ['dnsmasq', '-k', '-C', this.path('dns.conf')]);
    mkdirSync(this.path('www'));
    this.#write('www/index.html', ['<html><body>', 'A page.\n'.repeat(400), '</body></html>']);
    this.#write('nginx.conf', [
      `daemon off; master_process off; user root; pid ${this.path('nginx.pid')};`,
      `error_log ${this.path('nginx.log')}; events {}`,
      `http { access_log off; root ${this.path('www')};`,
      ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (what) => `${what}_temp_path ${this.path(what)};`,
      ),
      `ssl_certificate ${this.path('tls.crt')}; ssl_certificate_key ${this.path('tls.key')};`,
      'server { listen 80; listen [::]:80; listen 443 ssl; listen [::]:443 ssl; } }',
    ]);
    net.start(wan, ['nginx', '-c', this.path('nginx.conf'), '-e', this.path('nginx.log')]);
    for (const key of ['host', 'user'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', this.path(key)]);
    this.#write('sshd.conf', [
      `HostKey ${this.path('host')}`,
      `AuthorizedKeysFile ${this.path('user.pub')}`,
      ...['StrictModes no', 'PermitRootLogin yes', 'UsePAM no', 'PidFile none', 'PrintMotd no'],
    ]);
    net.start(wan, [
      ...['unshare', '-m', 'sh', '-c'],
      `mount -t tmpfs none /run && mkdir /run/sshd && exec /usr/sbin/sshd -D -e -f ${this.path('sshd.conf')}`,
    ]);
    mkdirSync(this.path('share'));
    this.#write(
      'share/numbers.txt',
      Array.from({ length: 2000 }, (_, i) => `${i}`),
    );
    this.#write('rsyncd.conf', [
      ...['use chroot = no', 'reverse lookup = no', 'uid = root', 'gid = root', '[public]'],
      `path = ${this.path('share')}`,
    ]);
    for (const port of rsyncPorts)
      net.start(wan, [
        ...['rsync', '--daemon', '--no-detach', `--port=${port}`],
        `--config=${this.path('rsyncd.conf')}`,
      ]);
    this.#write('chrony.conf', [
      ...['local stratum 3', 'allow all', 'cmdport 0', `pidfile ${this.path('chrony.pid')}`],
    ]);
    net.start(wan, ['chronyd', '-x', '-d', '-u', 'root', '-f', this.path('chrony.conf')]);
    for (const port of [53, 80, 443, 22, ...rsyncPorts]) await net.listening(wan, port);
  }

  /** One of each: what a household does in a second. Every client's success is checked. */
  async traffic(): Promise<void> {
    const { net, lan } = this;
    const lookUp = net.run(lan, 'dig', '+short', `@${server4}`, 'www.example.com', 'A');
    if (lookUp.trim() !== server4) throw new Error(`dig answered ${lookUp}`);
    const curl = ['curl', '-sSk', '-o', '/dev/null', '--max-time', '10'];
    for (const [family, address] of [
      ['-4', server4],
      ['-6', `[${server6}]`],
    ] as const)
      await this.#succeed([
        ...[...curl, family, '--resolve', `www.wikipedia.org:443:${address}`],
        'https://www.wikipedia.org/',
      ]);
    await this.#succeed([
      ...curl,
      '--resolve',
      `www.example.com:80:${server4}`,
      'http://www.example.com/',
    ]);
    await this.#succeed([
      ...['sh', '-c'],
      `printf 'GET / HTTP/1.0\\r\\nHost: www.youtube.com\\r\\n\\r\\n' | openssl s_client -quiet -ign_eof ` +
        `-servername www.youtube.com -connect ${server4}:443 2>/dev/null | grep -q '</html>'`,
    ]);
    await this.#succeed([
      ...['ssh', '-i', this.path('user'), '-o', 'StrictHostKeyChecking=no', '-o', 'BatchMode=yes'],
      ...['-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR', `root@${server4}`, 'true'],
    ]);
    for (const port of rsyncPorts)
      await this.#succeed([
        'rsync',
        '-r',
        `rsync://${server4}:${port}/public/`,
        this.path('copy/'),
      ]);
    await this.#succeed([
      ...['chronyd', '-Q', '-t', '10', '-u', 'root', '-f', '/dev/null'],
      `server ${server4} iburst maxsamples 1`,
      `pidfile ${this.path('client.pid')}`,
    ]);
  }

  async close(): Promise<void> {
    await this.net.close();
  }

  async #succeed(command: readonly string[]): Promise<void> {
    const { code, stderr } = await this.net.finish(this.lan, command);
    if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${stderr}`);
  }

  #write(name: string, lines: readonly string[]): void {
    writeFileSync(this.path(name), `${lines.join('\n')}\n`);
  }

  #certificate(): void {
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
        ...['-days', '30', '-subj', '/O=Dipper test/CN=www.example.com'],
        ...['-addext', `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`],
        ...['-keyout', this.path('tls.key'), '-out', this.path('tls.crt')],
      ],
      { stdio: 'ignore' },
    );
    chmodSync(this.net.folder, 0o755);
  }
}
