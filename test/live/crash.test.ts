// A few of the kills of `npm run test:crash`.
import assert from 'node:assert/strict';
import { daemonCrash } from '../crash/daemon-crash.js';

describe('dipperd killed at random moments', function () {
  this.timeout(300_000);

  it('starts again ten times on what it left', async () => {
    const { starts, statuses } = await daemonCrash(10);
    assert.equal(starts, 10);
    assert.ok(statuses >= 5, `${statuses} of status.json`);
  });
});
