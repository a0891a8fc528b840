import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../src/config/load.js';
import { configure, path } from './configure.js';

const notices = (file: string, argv: string[] = []) =>
  configure({ file, argv }).notices.map((line) => line.replace(`${path}:`, ''));

describe('config remarks', () => {
  it('name settings that have no effect', () => {
    assert.deepEqual(notices('[dipperd]\njson_save_history = 3\nmax_flows = 0\n', ['-j', '/o']), [
      '-j: dipperd.json_save_path has no effect while json_save = no',
      '2: dipperd.json_save_history has no effect while json_save = no',
      '3: dipperd.max_flows = 0 is the default, not "no limit"',
    ]);
    assert.deepEqual(notices('[dipperd]\njson_save = yes\njson_save_history = 3\n'), []);
    const ring = '[capture-defaults-tpv3]\nfanout_instances = 4\n[capture-interface-eth0]\n';
    assert.deepEqual(notices(`${ring}[capture-interface-eth1]\n`), [
      '2: capture-defaults-tpv3.fanout_instances has no effect while fanout_mode = none',
    ]);
    assert.deepEqual(notices(`${ring}fanout_mode = hash\n`).length, 1);
  });

  it('name what is open', () => {
    assert.deepEqual(notices('[socket]\nlisten_address = ::\ninsecure = yes\n'), [
      '3: socket.insecure[0] lets everybody read who reaches ::',
    ]);
    assert.deepEqual(notices('[socket]\nlisten_address = ::1\n'), []);
  });

  it('name a token in a file that every user can read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dipper-remarks-'));
    try {
      const told = (mode: number) => {
        const file = join(folder, `conf-${mode}`);
        const text = '[socket]\nlisten_address = ::1\ntoken = 0123456789abcdef\n';
        writeFileSync(file, text, { mode });
        const commandLine = { configFile: file, interfaces: [], overrides: [] };
        return loadConfig({ commandLine, environment: {} }).notices;
      };
      assert.equal(told(0o644).length, 1);
      assert.match(told(0o644)[0] ?? '', /token\[0\] stands in a file that every user can read/);
      assert.deepEqual(told(0o640), []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
