// src/addon.ts is written by hand: its interfaces name exactly what the built addon exports.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { loadAddon } from '../../../src/addon.js';
import { tunnels } from '../../../src/messages/tunnels.js';

const source = readFileSync(new URL('../../../../src/addon.ts', import.meta.url), 'utf8');

/** Members of an interface of src/addon.ts; `new` is left out. */
function members(name: string): string[] {
  const body = source.match(
    new RegExp(`export interface ${name} (?:extends \\w+ )?\\{\\n(.*?)\\n\\}`, 's'),
  )?.[1];
  assert.ok(body, `src/addon.ts has no interface ${name}`);
  const found = [...body.matchAll(/^ {2}(?:readonly )?(\w+)(?:\(|\?|:)/gm)].map((m) => m[1] ?? '');
  return found.filter((member) => member !== 'new').sort();
}

describe('addon', () => {
  const addon = loadAddon();

  it('exports what its interface says', () => {
    assert.deepEqual(Object.keys(addon).sort(), members('Addon'));
    assert.deepEqual(Object.keys(addon.counterLayout).sort(), members('CounterLayout'));
  });

  it('has the engine that its interface says', () => {
    const methods = Object.getOwnPropertyNames(addon.Engine.prototype);
    assert.deepEqual(methods.filter((m) => m !== 'constructor').sort(), members('NativeEngine'));
    const own = Object.getOwnPropertyNames(addon.Engine);
    // What any function has, by `function` in sloppy mode.
    const inherited = ['length', 'name', 'prototype', 'arguments', 'caller'];
    const statics = own.filter((m) => !inherited.includes(m)).sort();
    assert.deepEqual(statics, members('NativeEngineClass'));
  });

  it('names counters once each, in a layout without overlap', () => {
    const { reader, worker, discards, workerOffset, workerStride } = addon.counterLayout;
    for (const names of [reader, worker, discards]) assert.equal(new Set(names).size, names.length);
    assert.deepEqual(
      reader.filter((name) => worker.includes(name)),
      [],
    );
    assert.equal(discards[0], 'none');
    assert.ok(workerOffset >= reader.length + 2 * discards.length);
    assert.ok(workerStride >= worker.length);
  });

  it('names the tunnels of the messages', () => {
    assert.deepEqual(['none', ...addon.tunnels], [...tunnels]);
  });

  it('is loaded once', () => {
    assert.equal(loadAddon(), addon);
    assert.match(addon.libraryVersion, /^\d+\.\d+\.\d+$/);
  });

  it('refuses numbers of another length', () => {
    const wake = () => {};
    assert.throws(
      () =>
        new addon.Engine(
          { type: 'pcap-file', path: '/dev/null' },
          '',
          new Float64Array(1),
          ['', '', '', '', ''],
          wake,
        ),
      /numbers: wrong length/,
    );
  });
});
