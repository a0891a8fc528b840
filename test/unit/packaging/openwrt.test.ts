// The init script for OpenWrt, run by sh over a stand-in for rc.common and UCI (which exist on OpenWrt alone) that
// prints what procd would be told.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../../../etc/openwrt/dipperd.init', import.meta.url));

interface Settings {
  enabled?: '0' | '1';
  options?: string[];
  internal_if?: string[];
  external_if?: string[];
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** What `start` would have procd run: the command's words and the other parameters. */
function start(settings: Settings): { command: string[]; parameters: string[] } {
  const lists = (['options', 'internal_if', 'external_if'] as const)
    .flatMap((name) =>
      (settings[name] ?? []).map(
        (value) => `[ "$2" = ${name} ] && "$3" ${quoted(value)} "\${@:4}"; true`,
      ),
    )
    .join('\n');
  const program = `
    mkdir() { :; }
    config_load() { :; }
    config_foreach() { "$1" only; }
    config_get_bool() { eval "$1=${settings.enabled ?? '1'}"; }
    config_list_foreach() { :; ${lists}
    }
    procd_open_instance() { :; }
    procd_close_instance() { :; }
    words() { for word in "$@"; do printf 'word %s\\n' "$word"; done; }
    procd_set_param() {
      if [ "$1" = command ]; then shift; words "$@"; else printf 'parameter %s\\n' "$*"; fi
    }
    procd_append_param() { shift; words "$@"; }
    procd_send_signal() { printf 'parameter signal %s\\n' "$*"; }
    . ${quoted(script)}
    start_service
    reload_service
  `;
  // bash for the slice of arguments in the stand-in; the script itself is checked against plain sh below.
  const { status, stdout, stderr } = spawnSync('bash', ['-c', program], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.equal(stderr, '');
  const of = (kind: string) =>
    stdout
      .split('\n')
      .filter((line) => line.startsWith(`${kind} `))
      .map((line) => line.slice(kind.length + 1));
  return { command: of('word'), parameters: of('parameter') };
}

describe('init script for OpenWrt', () => {
  const base = ['/usr/sbin/dipperd', '-R', '-c', '/etc/dipperd.conf'];

  it('starts in the foreground and leaves detection of interfaces to the daemon', () => {
    const { command, parameters } = start({});
    assert.deepEqual(command, base);
    assert.deepEqual(parameters, [
      'file /etc/dipperd.conf',
      'term_timeout 20',
      'respawn 3600 5 0',
      'limits nofile=65536 65536',
      'stderr 1',
      'signal dipperd * HUP',
    ]);
  });

  it('passes interfaces with their options, quotes kept together', () => {
    const { command } = start({
      options: ['-t', '--log-level debug'],
      internal_if: ['br-lan -F "not port 22"', "eth0.10 -A 192.168.10.1/24 -F 'tcp or udp'"],
      external_if: ['pppoe-wan -N eth1'],
    });
    assert.deepEqual(command.slice(base.length), [
      ...['-t', '--log-level', 'debug'],
      ...['-I', 'br-lan', '-F', 'not port 22'],
      ...['-I', 'eth0.10', '-A', '192.168.10.1/24', '-F', 'tcp or udp'],
      ...['-E', 'pppoe-wan', '-N', 'eth1'],
    ]);
  });

  it('runs nothing that stands in a value', () => {
    const { command } = start({ internal_if: ['br-lan $(echo no) `echo no` ; * > /dev/full'] });
    assert.deepEqual(command.slice(base.length), [
      ...['-I', 'br-lan', '$(echo', 'no)', '`echo', 'no`', ';', '*', '>', '/dev/full'],
    ]);
  });

  it('starts nothing when it is not enabled', () => {
    assert.deepEqual(start({ enabled: '0' }).command, []);
  });

  it('is understood by a plain shell', () => {
    const { status, stderr } = spawnSync('sh', ['-n', script], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });
});
