// status.json: written whole, read with bounds, removed at the end, and quiet about a disk that refuses.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import type { AgentStatus } from '../../../src/messages/index.js';
import { StateDirectory } from '../../../src/state/directory.js';
import { readStatus, StatusFile } from '../../../src/state/status-file.js';
import { WriteFailures } from '../../../src/state/write-failures.js';
import { agentExamples } from '../messages/agent-examples.js';
import { Scratch } from './scratch.js';

const status = agentExamples.agent_status as unknown as AgentStatus;

describe('status.json', () => {
  let scratch: Scratch;
  beforeEach(() => {
    scratch = new Scratch();
  });
  afterEach(() => scratch.remove());

  it('is written, read back and removed', async () => {
    const failures = new WriteFailures(scratch.log);
    const directory = await StateDirectory.open(scratch.in('run'), { log: scratch.log });
    const file = new StatusFile(directory, failures);
    assert.equal(await readStatus(scratch.in('run')), undefined);
    await file.write(status);
    assert.equal(
      readFileSync(scratch.in('run/status.json'), 'utf8'),
      `${JSON.stringify(status)}\n`,
    );
    assert.equal(statSync(scratch.in('run/status.json')).mode & 0o777, 0o640);
    assert.deepEqual(await readStatus(scratch.in('run')), status);
    await file.remove();
    await file.remove();
    assert.ok(!existsSync(scratch.in('run/status.json')));
    rmSync(scratch.in('run'), { recursive: true });
    writeFileSync(scratch.in('run'), '');
    await file.write(status);
    assert.equal(failures.total, 1);
  });

  it('is not believed when it is something else', async () => {
    for (const text of ['', 'null', '[]', '{"type":"flow"}', '{"type":"agent_status"']) {
      writeFileSync(scratch.in('status.json'), text);
      await assert.rejects(readStatus(scratch.path), { code: 'ERR_INPUT_NOT_FOUND' }, text);
    }
    rmSync(scratch.in('status.json'));
    symlinkSync('/etc/passwd', scratch.in('status.json'));
    await assert.rejects(readStatus(scratch.path), { code: 'ERR_SYSTEM' });
  });
});
