// The whole daemon, killed with SIGKILL at random moments while it captures and saves all that it can save, and started
// again on what it left. Needs root: it makes a network namespace. `npm run test:crash [-- --rounds 100]`.
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { daemonCrash } from './daemon-crash.js';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '100' } } });
const rounds = Number(values.rounds);
assert.ok(Number.isInteger(rounds) && rounds > 0, '--rounds: a number from 1 on');
const report = await daemonCrash(rounds);
process.stdout.write(
  `${rounds} kills: ${report.starts} starts in order, ${report.statuses} of status.json and ` +
    `${report.payloads} payloads read; slowest start ${report.slowestStartMs} ms, ` +
    `oldest state ${report.oldestStateMs} ms of an interval of 1000 ms\n`,
);
