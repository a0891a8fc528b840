// The whole daemon without privileges: started as root it becomes nobody, masks a host in all that it says, refuses a
// second one, and captures again after its interface was removed and made anew, through the opener.
import assert from 'node:assert/strict';
import { type ChildProcess, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { finished, Namespaces } from './namespaces.js';
import { threads } from './privileges-child.js';

const program = fileURLToPath(new URL('../../src/daemon.js', import.meta.url));

describe('daemon without privileges', function () {
  this.timeout(90_000);
  const net = new Namespaces();
  const [client, server] = [net.add('c'), net.add('s')];
  const file = join(net.folder, 'dipperd.conf');
  let daemon: ChildProcess;
  let stream = '';

  const link = () => {
    net.link(client, 'v0', server, 'v1');
    net.ip(client, 'addr add 10.88.0.1/24 dev v0');
    net.ip(server, 'addr add 10.88.0.2/24 dev v1');
  };
  const send = (port: number) =>
    spawnSync('ip', [
      ...['netns', 'exec', client, 'sh', '-c'],
      `printf hello | nc -u -w0 10.88.0.2 ${port}`,
    ]);
  /** Sends to the port until the stream speaks of it. */
  const heard = async (port: number) => {
    const end = Date.now() + 20_000;
    while (!stream.includes(`_port":${port},`)) {
      assert.ok(Date.now() < end, `nothing about port ${port} in ${stream.length} bytes`);
      send(port);
      await sleep(300);
    }
  };

  before(async () => {
    link();
    chmodSync(net.folder, 0o777);
    writeFileSync(
      file,
      `[dipperd]
path_state_persistent = ${net.folder}/lib
path_state_volatile = ${net.folder}/run
user = nobody
update_interval = 1
ttl_idle_flow = 1
json_save = yes
[socket]
dump_unknown_flows = yes
listen_address[0] = 127.0.0.1
listen_port[0] = 7150
framing[0] = ndjson
[privacy-filter]
host[0] = 10.88.0.1
`,
    );
    daemon = net.start(server, [process.execPath, program, '-R', '-c', file, '-I', 'v1']);
    await net.listening(server, 7150, 20_000);
    const reader = net.start(server, ['nc', '127.0.0.1', '7150']);
    reader.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stream += text;
    });
  });
  after(async () => await net.close());

  it('has none on any thread', async () => {
    await heard(5001);
    const pid = Number(readFileSync(join(net.folder, 'run/dipperd.pid'), 'utf8'));
    const all = threads(pid);
    assert.ok(all.length >= 8);
    for (const thread of all)
      assert.match(thread, /^Uid: 65534 .*CapPrm: 0{16}; CapEff: 0{16}; CapAmb: 0{16}; NoNew/);
  });

  it('refuses a second one', async () => {
    const second = [process.execPath, program, '-R', '-c', file, '-I', 'v1'];
    const { code, stderr } = await net.finish(server, second);
    assert.equal(code, 73, stderr);
    assert.match(stderr, /runs already as process \d+/);
  });

  it('captures an interface that was removed and is back', async () => {
    net.ip(server, 'link del v1');
    await sleep(500);
    link();
    await heard(5002);
  });

  it('has masked the host in all that it said and wrote', async () => {
    const stopped = finished(daemon, 10_000);
    daemon.kill('SIGTERM');
    assert.equal((await stopped).code, 0);
    const saved = readFileSync(join(net.folder, 'run/sink-request.json'), 'utf8');
    for (const text of [stream, saved]) assert.ok(!/10\.88\.0\.1\b/.test(text));
    assert.ok(stream.includes('"127.255.0.253"'));
    assert.ok(stream.includes('"10.88.0.2"'), 'the other host is not masked');
  });
});
