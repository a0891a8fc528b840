import assert from 'node:assert/strict';
import fc from 'fast-check';
import { plan, planText } from '../../../src/config/plan.js';
import type { Config } from '../../../src/config/schema/index.js';
import { stepKinds } from '../../../src/config/schema/values.js';
import { configure } from './configure.js';

const config = (file: string) => configure({ file }).config;
const between = (from: string, to: string) => plan(config(from), config(to));

/** Any valid configuration, of a few lines that may stand together in any selection. */
const lines: Readonly<Record<string, readonly (readonly string[])[]>> = {
  dipperd: [
    ['max_flows = 100', 'max_flows = 200'],
    ['update_interval = 30', 'update_interval = 60'],
    ['ttl_idle_flow = 40', 'ttl_idle_flow = 50'],
    ['log_level = debug', 'log_level = warn'],
    ['json_save = yes'],
    ['user = dpi', 'user = nobody'],
    ['path_state_volatile = /tmp/a', 'path_state_volatile = /tmp/b'],
  ],
  socket: [
    ['dump_established_flows = yes'],
    ['listen_path[0] = /a', 'listen_path[0] = /b', 'listen_path[0] ='],
    ['listen_path[1] = /c', 'listen_path[1] = /d'],
    ['listen_address[1] = ::1', 'listen_address[1] = 127.0.0.1'],
    ['framing = ndjson'],
    ['token = 0123456789abcdef', 'token = 0123456789abcdefg'],
  ],
  'privacy-filter': [
    ['mac[0] = 00:00:00:00:00:01', 'mac[1] = 00:00:00:00:00:02'],
    ['regex_search = a\nregex_replace = b', 'regex_search[3] = a\nregex_replace[3] = c'],
  ],
  'capture-defaults': [['promiscuous = yes']],
  'capture-interface-eth0': [
    ['role = LAN', 'role = WAN'],
    ['filter = tcp', 'filter = udp'],
  ],
  'capture-interface-eth1': [['address[0] = 10.0.0.1/8', 'address[5] = 10.0.0.1/8']],
};

const anyConfig: fc.Arbitrary<Config> = fc
  .tuple(
    ...Object.entries(lines).map(([section, choices]) =>
      fc.option(
        fc
          .tuple(...choices.map((choice) => fc.constantFrom('', ...choice)))
          .map((chosen) => `[${section}]\n${chosen.filter((line) => line !== '').join('\n')}\n`),
        { nil: '' },
      ),
    ),
  )
  .map((parts) => config(parts.join('')));

describe('config plan', function () {
  this.timeout(20_000);
  it('has nothing to do from a configuration to itself', () => {
    fc.assert(
      fc.property(anyConfig, (one) => {
        const { steps, restart, differences } = plan(one, structuredClone(one));
        assert.deepEqual([steps, restart, differences], [[], [], []]);
      }),
    );
  });

  it('has every difference in exactly one step or in restart, and each step once', () => {
    fc.assert(
      fc.property(anyConfig, anyConfig, (from, to) => {
        const { steps, restart, differences } = plan(from, to);
        const planned = [...steps.flatMap(({ keys }) => keys), ...restart].sort();
        assert.deepEqual(planned, differences.map(({ key }) => key).sort());
        assert.equal(new Set(planned).size, planned.length);
        const kinds = steps.map(({ kind }) => kind);
        assert.deepEqual(
          kinds,
          stepKinds.filter((kind) => kinds.includes(kind)),
        );
        assert.ok(steps.every(({ keys }) => keys.length > 0));
        assert.equal(JSON.stringify(from) === JSON.stringify(to) && differences.length > 0, false);
      }),
    );
  });

  it('leads there: what is removed and added turns the old lists into the new ones', () => {
    fc.assert(
      fc.property(anyConfig, anyConfig, (from, to) => {
        const step = plan(from, to).steps.find(({ kind }) => kind === 'interfaces');
        const done = new Map(from.interfaces.map((one) => [one.name, one]));
        if (step?.kind === 'interfaces') {
          for (const { name } of step.removed) assert.ok(done.delete(name));
          for (const one of step.added) done.set(one.name, one);
          for (const change of step.changed) done.set(change.to.name, change.to);
        }
        const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
        assert.deepEqual([...done.values()].sort(byName), [...to.interfaces].sort(byName));
      }),
    );
  });

  it('and back says the same, the other way round', () => {
    fc.assert(
      fc.property(anyConfig, anyConfig, (from, to) => {
        const there = plan(from, to)
          .differences.map((one) => [one.key, one.from, one.to])
          .sort();
        const back = plan(to, from)
          .differences.map((one) => [one.key, one.to, one.from])
          .sort();
        assert.deepEqual(there, back);
      }),
    );
  });

  it('knows listeners by where they listen, not by their index', () => {
    const { steps } = between(
      '[socket]\nlisten_path[0] = /a\nlisten_path[1] = /b\n',
      '[socket]\nlisten_path[3] = /a\nlisten_path[0] = /b\n',
    );
    assert.deepEqual(steps, []);
    const [step] = between(
      '[socket]\nlisten_path[0] = /a\nlisten_path[1] = /b\n',
      '[socket]\nlisten_path[0] = /a\nframing = ndjson\nlisten_address[1] = ::1\n',
    ).steps;
    assert.ok(step?.kind === 'listeners');
    assert.deepEqual(
      [step.added.length, step.removed.length, step.changed.length, step.keys.length],
      [1, 1, 1, 3],
    );
  });

  it('names of an interface only what changes', () => {
    const text = (from: string, to: string) =>
      planText(between(`[capture-interface-eth0]\n${from}\n`, `[capture-interface-eth0]\n${to}\n`));
    assert.equal(
      text('role = LAN\nfilter = tcp', 'role = WAN\naddress[0] = 10.0.0.1/8'),
      'capture-interface-eth0: role LAN, filter tcp -> role WAN, address 10.0.0.1/8\n',
    );
    assert.equal(text('', 'peer = ppp0'), 'capture-interface-eth0: (none) -> peer ppp0\n');
  });

  it('prints what changes, with what must wait, and no secret', () => {
    const text = planText(
      between(
        '[dipperd]\nmax_flows = 100\n[socket]\nlisten_address = 0.0.0.0\ntoken = secret-secret-secret\n',
        '[dipperd]\nupdate_interval = 30\nlog_level=debug\n[socket]\nlisten_address = 0.0.0.0\ntoken = another-secret-secret\n[capture-interface-eth0]\nfilter = tcp\n',
      ),
    );
    assert.equal(
      text,
      [
        'dipperd.log_level: info -> debug',
        'dipperd.max_flows: 100 -> 1048576 (from the next start on)',
        'dipperd.update_interval: 15 -> 30',
        'listener tcp:0.0.0.0:7150: netifyd, token ******** -> netifyd, token ********',
        'capture-interface-eth0: (none) -> filter tcp',
        '',
      ].join('\n'),
    );
    assert.equal(planText(between('', '')), 'nothing changed\n');
  });
});
