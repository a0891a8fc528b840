// `npm test`: all set-up, then every test that needs neither root nor network, then what was left
// out and how to run it. The last line sums up the parts: "N passed, N failed, N skipped".
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { canInstall, clients, install, missingPackages } from './programs.mjs';
import { root, setup } from './setup.mjs';

const captures = resolve(root, process.env.DIPPER_CAPTURES ?? '../shared/captures');

const sumUp = (output) => {
  const last = [...output.matchAll(/(\d+) passed, (\d+) failed(?:, (\d+) skipped)?/g)].at(-1);
  return last && { passed: +last[1], failed: +last[2], skipped: +(last[3] ?? 0) };
};
const mochaSumUp = (output) => {
  const count = (word) => +(output.match(new RegExp(`^ +(\\d+) ${word}\\b`, 'm'))?.[1] ?? 0);
  return { passed: count('passing'), failed: count('failing'), skipped: count('pending') };
};

// Figures "... N of M"; what differs without an accepted reason is a fault.
const conformanceSumUp = (output) => {
  const figures = [...output.matchAll(/ (\d+) of \d+$/gm)];
  const faults = output.match(/^conformance: (\d+) faults/m);
  const passed = figures.reduce((sum, figure) => sum + Number(figure[1]), 0);
  return { passed, failed: Number(faults?.[1] ?? 0), skipped: 0 };
};

const mocha = ['--enable-source-maps', 'node_modules/mocha/bin/mocha.js', '--no-color'];
const parts = [
  {
    name: 'data plane (C++)',
    command: ['make', '--no-print-directory', '-s', '-j2', '-C', 'test/addon'],
    counts: sumUp,
  },
  {
    name: 'unit, golden, architecture, documentation',
    command: [process.execPath, ...mocha, 'dist/test/{unit,golden,docs}/**/*.test.js'],
    counts: mochaSumUp,
  },
  {
    name: "conformance with nDPI's reference",
    needs: captures,
    command: ['npm', 'run', '-s', 'conformance'],
    counts: conformanceSumUp,
  },
];

const leftOut = [
  ['live capture and the daemon, in network namespaces (as root)', 'npm run test:live'],
  ['data plane under ASan and UBSan', 'npm run test:asan'],
  ['data plane under TSan', 'npm run test:tsan'],
  ['fingerprints and names beside tshark (needs tshark)', 'npm run conformance:tshark'],
  ['fuzz targets over their corpora', 'npm run fuzz:replay'],
  ['fuzzing, ten minutes a target (needs clang and libclang-rt-dev)', 'npm run fuzz'],
  [
    'benchmarks (need libndpi-bin and valgrind)',
    'npm run bench; npm run bench:instructions; npm run bench:stream',
  ],
];

const silenceS = 900; // a first build of the C++ tests says nothing for minutes

function runPart({ name, command: [program, ...args], counts }) {
  process.stdout.write(`\n== ${name}\n`);
  return new Promise((done) => {
    const env = { ...process.env, DIPPER_CAPTURES: captures };
    const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    // A test that leaves something open would keep its part from ending.
    const hangs = setTimeout(() => {
      process.stderr.write(`${name}: silent for ${silenceS} s, ended\n`);
      child.kill('SIGKILL');
    }, silenceS * 1000);
    child.stdout.on('data', () => hangs.refresh());
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
      process.stdout.write(text);
    });
    child.on('error', (error) => {
      process.stderr.write(`${program}: ${error.message}\n`);
      done({ passed: 0, failed: 1, skipped: 0 });
    });
    child.on('close', (status) => {
      clearTimeout(hangs);
      const result = counts(output) ?? { passed: 0, failed: 0, skipped: 0 };
      // A part that fails, or that ran nothing, without a failed test to its name, counts as one.
      if (result.failed === 0 && (status !== 0 || result.passed === 0)) result.failed = 1;
      done(result);
    });
  });
}

await setup();
const missing = missingPackages(clients);
if (canInstall()) install(missing, 'test');
else if (missing.length > 0)
  leftOut.unshift([
    `tests that drive real clients: missing ${missing.join(' ')}`,
    `sudo apt-get install -y ${missing.join(' ')}`,
  ]);
const total = { passed: 0, failed: 0, skipped: 0 };
for (const part of parts) {
  if (part.needs && !existsSync(part.needs)) {
    leftOut.unshift([`${part.name}: no captures in ${part.needs}`, 'DIPPER_CAPTURES=DIR npm test']);
    continue;
  }
  const result = await runPart(part);
  for (const key of Object.keys(total)) total[key] += result[key];
}

process.stdout.write('\nLeft out, and how to run it:\n');
for (const [what, how] of leftOut) process.stdout.write(`  ${what}: ${how}\n`);
process.stdout.write(
  `\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`,
);
process.exitCode = total.failed === 0 ? 0 : 1;
