// The wrapper of connection tracking where it may be forbidden: what is said then, and that it ends cleanly. What it finds
// is for test/live.
import assert from 'node:assert/strict';
import { Worker } from 'node:worker_threads';
import { loadAddon } from '../../../src/addon.js';
import { ConntrackMonitor, type ConntrackOptions } from '../../../src/capture/conntrack.js';
import { current } from '../../../src/capture/privileges.js';
import { DipperError } from '../../../src/errors.js';

const module = new URL('../../../src/capture/conntrack.js', import.meta.url).href;

describe('ConntrackMonitor', function () {
  this.timeout(20_000);
  it('says what is missing instead of throwing', () => {
    const monitor = new ConntrackMonitor();
    const { state, reason } = monitor.state();
    monitor.close();
    if (current().netAdmin) assert.match(state, /^(starting|following)$/);
    else assert.match(`${state}: ${reason}`, /^unavailable: .*CAP_NET_ADMIN/);
  });

  it('takes no descriptor of another kind', () => {
    const monitor = new ConntrackMonitor({ descriptor: 1 << 20 });
    const { state, reason } = monitor.state();
    assert.equal(state, 'unavailable');
    assert.match(reason ?? '', /not a netlink socket of this kind/);
    assert.equal(monitor.provideDescriptor(1 << 20), false);
    monitor.close();
  });

  it('is closed any number of times', () => {
    const monitor = new ConntrackMonitor();
    monitor.close();
    monitor.close();
    assert.equal(monitor.state().state, 'closed');
    assert.throws(() => monitor.provideDescriptor(1), /closed/);
  });

  const wrong: [keyof ConntrackOptions, number][] = [
    ['capacity', 0],
    ['capacity', 1.5],
    ['lingerS', -1],
    ['idleS', 9],
    ['receiveBuffer', Number.NaN],
  ];
  for (const [name, value] of wrong)
    it(`refuses ${name} ${value}`, () => {
      assert.throws(
        () => new ConntrackMonitor({ [name]: value }),
        (error) => error instanceof DipperError && error.message.includes(`conntrack.${name}`),
      );
    });

  it('is the only thing that an engine takes for one', () => {
    const { Engine, ConntrackMonitor: Native } = loadAddon();
    for (const thing of [{}, null, Object.create(Native.prototype)])
      assert.throws(
        () =>
          new Engine(
            { type: 'pcap-file', path: '/dev/null' },
            '',
            new Float64Array(Engine.numberNames.length),
            Engine.fileNames.map(() => ''),
            () => {},
            thing,
          ),
        /ConntrackMonitor|Invalid argument/,
      );
  });

  it('ends with the worker thread that holds it', async () => {
    const worker = new Worker(
      `import(${JSON.stringify(module)}).then(({ ConntrackMonitor }) => {
         new ConntrackMonitor();
         require('node:worker_threads').parentPort.postMessage('ready');
         setInterval(() => {}, 1000);
       });`,
      { eval: true },
    );
    await new Promise((resolve) => worker.once('message', resolve));
    await worker.terminate();
  });
});
