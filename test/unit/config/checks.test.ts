import assert from 'node:assert/strict';
import { isLoopback } from '../../../src/config/checks.js';
import { configure, problemsOf } from './configure.js';

const socket = (...lines: string[]) => problemsOf({ file: ['[socket]', ...lines].join('\n') });

describe('config checks', () => {
  it('refuse a TCP listener that is open to everybody', () => {
    for (const address of ['0.0.0.0', '::', '192.0.2.1', '10.0.0.1', 'gateway.example']) {
      const [line, ...rest] = socket(`listen_address[0] = ${address}`);
      assert.match(line ?? '', /^2: `socket.listen_address\[0\]` .* beyond the loopback/);
      assert.deepEqual(rest, []);
    }
    for (const address of ['127.0.0.1', '127.9.9.9', '::1', 'localhost', '::ffff:127.0.0.1'])
      assert.deepEqual(socket(`listen_address[0] = ${address}`), []);
    const open = 'listen_address[0] = 0.0.0.0';
    assert.deepEqual(socket(open, 'insecure = yes'), []);
    assert.deepEqual(socket(open, 'insecure[0] = yes'), []);
    assert.deepEqual(socket(open, 'token_file = /t'), []);
    assert.deepEqual(socket(open, 'token[0] = 0123456789abcdef'), []);
    assert.deepEqual(socket(open, 'tls_cert = /c', 'tls_key = /k', 'tls_client_ca = /a'), []);
    assert.equal(socket(open, 'insecure[1] = yes', 'listen_path[1] = /s').length, 1);
  });

  it('do not take 127.1 and look-alikes for the loopback', () => {
    for (const name of ['127.1', '127.0.0.1.example', '1270.0.0.1', '::2', 'localhost.example'])
      assert.equal(isLoopback(name), false, name);
  });

  it('want the halves of a pair together', () => {
    const tcp = 'listen_address[0] = ::1';
    assert.match(socket(tcp, 'tls_cert = /c').join(), /tls_cert\[0\]` needs tls_key/);
    assert.match(socket(tcp, 'tls_key = /c').join(), /tls_key\[0\]` needs tls_cert/);
    assert.match(socket(tcp, 'tls_client_ca = /c').join(), /works with TLS only/);
    assert.match(socket(tcp, 'token = 0123456789abcdef', 'token_file = /f').join(), /both given/);
    const privacy = (line: string) => problemsOf({ file: `[privacy-filter]\n${line}\n` }).join();
    assert.match(privacy('regex_search[3] = a'), /regex_search\[3\]` needs regex_replace\[3\]/);
    assert.match(privacy('regex_replace[3] = a'), /regex_replace\[3\]` needs regex_search\[3\]/);
    const pair = "regex_search[3] = '(a)\\1'\nregex_replace[3] = b";
    assert.match(privacy(pair), /regex_search\[3\]` has a back-reference/);
  });

  it('find listeners that are the same', () => {
    assert.match(
      socket('listen_path[0] = /a', 'listen_path[4] = /a').join(),
      /same listener as index 0/,
    );
    assert.match(
      socket('listen_address[0] = ::1', 'listen_address[1] = ::1').join(),
      /same listener as index 0/,
    );
    assert.deepEqual(
      socket('listen_address[0] = ::1', 'listen_address[1] = ::1', 'listen_port[1] = 1'),
      [],
    );
    assert.deepEqual(
      socket('listen_address = ::1', 'listen_address[1] = ::1', 'listen_port = 0'),
      [],
    );
    assert.match(socket(`listen_path[0] = /${'a'.repeat(107)}`).join(), /longer than 107 bytes/);
    assert.match(socket('listen_path[0] = relative.sock').join(), /write the whole path/);
  });

  it('know what a ring can be', () => {
    const eth0 = (...lines: string[]) =>
      problemsOf({ file: ['[capture-interface-eth0]', ...lines].join('\n') }).join();
    assert.match(eth0('capture_type = cap', 'fanout_mode = hash'), /cap has no fanout/);
    assert.match(eth0('rb_block_size = 131073'), /multiple of 4096/);
    assert.match(eth0('rb_frame_size = 1001'), /multiple of 16/);
    assert.match(eth0('rb_block_size = 128K', 'rb_frame_size = 256K'), /larger than rb_block_size/);
    assert.match(eth0('capture_type = nfqueue'), /choose from packet-ring, cap/);
    assert.match(eth0('rb_block_size = 64M', 'rb_blocks = 17'), /more than 1 GiB/);
    assert.match(eth0('peer = eth0'), /the interface itself/);
    assert.match(
      problemsOf({ file: '[capture-interface-abcdefghijklmnop]\n' }).join(),
      /abcdefghijklmnop/,
    );
    assert.deepEqual(
      problemsOf({ file: '[capture-interface-abcdefghijklmnop]\nfilename=/f\n' }),
      [],
    );
  });

  it('leave a configuration of netifyd in peace', () => {
    const { config } = configure({
      file: '[netifyd]\nenable_sink = no\n[socket]\nlisten_path[0] = /var/run/netifyd/netifyd.sock\n',
    });
    assert.equal(config.socket.listeners.length, 1);
  });
});
