// Processes and threads that end while the data plane runs: at once, cleanly, with the exit code that they chose.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { manyFlows, temporaryFolder } from './capture-maker.js';

const folder = temporaryFolder();
const library = new URL('../../../src/ndpi-node.js', import.meta.url).href;

interface End {
  code: number | null;
  signal: string | null;
  output: string;
  seconds: number;
}

/** Runs `body` in a process of its own, with Engine and make(options) in scope. */
function run(body: string, flags: string[] = []): Promise<End> {
  const program = `
    import { Engine } from ${JSON.stringify(library)};
    const path = ${JSON.stringify(manyFlows(folder, 60_000))};
    const make = (options = {}) => new Engine({ source: { type: 'pcap-file', path }, ...options });
    ${body}`;
  const start = process.hrtime.bigint();
  const child = spawn(process.execPath, [...flags, '--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  const timer = setTimeout(() => child.kill('SIGKILL'), 50_000);
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      resolve({ code, signal, output, seconds });
    });
  });
}

async function ends(code: number, body: string, flags?: string[]): Promise<string> {
  const end = await run(body, flags);
  assert.deepEqual([end.code, end.signal], [code, null], end.output);
  return end.output;
}

const worker = `
  const { workerData, parentPort } = require('node:worker_threads');
  import(workerData.library).then(async ({ Engine }) => {
    const engine = new Engine({ source: { type: 'pcap-file', path: workerData.path }, workers: 2 });
    let bytes = 0;
    for await (const chunk of engine.chunks()) {
      bytes += chunk.length;
      parentPort.postMessage('running');
      if (workerData.slow) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    parentPort.postMessage('ended with ' + engine.counters().totals.packets_in_flows);
  });`;

function startWorker(slow: boolean): Worker {
  const workerData = { library, path: manyFlows(folder, 60_000), slow };
  return new Worker(worker, { eval: true, workerData });
}

const message = (thread: Worker) =>
  new Promise<string>((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
  });

describe('lifetime of the engine', function () {
  this.timeout(60_000);

  it('process.exit() in the middle of a run exits at once', async () => {
    for (const workers of [1, 3])
      await ends(
        0,
        `for await (const chunk of make({ workers: ${workers} }).chunks()) process.exit(0);
         process.exit(1);`,
      );
  });

  it('process.exit() while everything waits for the consumer', async () => {
    await ends(
      7,
      `const chunks = make().chunks();
       await chunks.next();
       setTimeout(() => process.exit(7), 300);`,
    );
  });

  it('an uncaught exception ends the process as always', async () => {
    const output = await ends(
      1,
      `setTimeout(() => { throw new Error('planted'); }, 50);
       for await (const chunk of make().chunks()) await new Promise((resolve) => setTimeout(resolve, 20));`,
    );
    assert.match(output, /planted/);
  });

  it('a signal ends the process as always', async () => {
    const end = await run(
      `for await (const chunk of make().chunks()) process.kill(process.pid, 'SIGTERM');`,
    );
    assert.equal(end.signal, 'SIGTERM', end.output);
  });

  it('an engine that is never used keeps no process alive', async () => {
    await ends(0, 'make(); make({ workers: 4 }); make().chunks();');
  });

  it('an engine that is used keeps its process alive', async () => {
    const output = await ends(
      0,
      `(async () => {
         let lines = 0;
         for await (const batch of make({ events: ['expired'] }).events()) lines += batch.length;
         console.log(lines);
       })();`,
    );
    assert.equal(output, '60000\n');
  });

  it('engines that are dropped are collected', async () => {
    const output = await ends(
      0,
      `const resident = () => process.memoryUsage().rss / 1e6;
       const turn = async () => { globalThis.gc(); await new Promise((resolve) => setImmediate(resolve)); };
       for (let i = 0; i < 5; i++) { make(); await turn(); }
       const start = resident();
       for (let i = 0; i < 40; i++) { make({ workers: 1 + i % 2 }); await turn(); }
       console.log(Math.round(resident() - start));`,
      ['--expose-gc'],
    );
    // One nDPI module takes about 6 MB: 60 would be 360.
    assert.ok(Number(output) < 100, `grown by ${output} MB`);
  });

  it('an iteration that is dropped is collected, its threads ended', async () => {
    await ends(
      0,
      `for (let i = 0; i < 5; i++) await make({ workers: 2 }).chunks().next();
       for (let i = 0; i < 10; i++) { globalThis.gc(); await new Promise((resolve) => setTimeout(resolve, 10)); }`,
      ['--expose-gc'],
    );
  });

  it('counters outlive everything else', async () => {
    const output = await ends(
      0,
      `const { loadAddon } = await import(new URL('./addon.js', ${JSON.stringify(library)}).href);
       const addon = loadAddon();
       const numbers = new Float64Array(addon.Engine.numberNames.length).fill(1);
       let native = new addon.Engine({ type: 'pcap-file', path }, '', numbers, ['', '', '', '', ''], () => {});
       const cells = new BigUint64Array(native.counters());
       native.close();
       native.close();
       console.log(native.drain(new Uint8Array(1 << 20)), native.finished(), native.failure(), native.counters());
       native.start();
       native.stop();
       native = undefined;
       for (let i = 0; i < 3; i++) { globalThis.gc(); await new Promise((resolve) => setImmediate(resolve)); }
       console.log(cells.every((cell) => cell === 0n));`,
      ['--expose-gc'],
    );
    assert.equal(output, '0 true undefined undefined\ntrue\n');
  });

  it('many engines at a time', async () => {
    const output = await ends(
      0,
      `const run = async (workers) => {
         const engine = make({ workers, events: ['expired'] });
         let lines = 0;
         for await (const batch of engine.events()) lines += batch.length;
         return lines;
       };
       console.log((await Promise.all([1, 2, 3, 1].map(run))).join());`,
    );
    assert.equal(output, '60000,60000,60000,60000\n');
  });

  it('runs in a worker thread, beside the main one', async () => {
    const thread = startWorker(false);
    const exited = new Promise((resolve) => thread.once('exit', resolve));
    let last = '';
    thread.on('message', (text) => {
      last = text;
    });
    assert.equal(await exited, 0);
    assert.equal(last, 'ended with 60000');
  });

  it('a worker thread is terminated in the middle; another loads the addon again', async () => {
    for (let i = 0; i < 3; i++) {
      const thread = startWorker(true);
      assert.equal(await message(thread), 'running');
      assert.equal(await thread.terminate(), 1);
    }
    const thread = startWorker(false);
    assert.equal(await message(thread), 'running');
    await new Promise((resolve) => thread.once('exit', resolve));
  });

  it('process.exit() of a process whose worker thread runs', async () => {
    await ends(
      0,
      `import { Worker } from 'node:worker_threads';
       const workerData = { library: ${JSON.stringify(library)}, path, slow: true };
       const thread = new Worker(${JSON.stringify(worker)}, { eval: true, workerData, execArgv: [] });
       thread.once('message', () => process.exit(0));`,
    );
  });
});
