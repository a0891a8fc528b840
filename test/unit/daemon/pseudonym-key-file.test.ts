// The pseudonyms' keys over a restart: from a real folder, of mode 0600, and new ones for a damaged file.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPseudonymKeys } from '../../../src/daemon/pseudonym-key-file.js';
import { createLog } from '../../../src/log.js';
import { StateDirectory } from '../../../src/state/directory.js';

describe('file of the pseudonyms keys', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dipper-keys-'));
  const path = join(folder, 'privacy.key');
  const log = createLog('silent');
  after(() => rmSync(folder, { recursive: true }));

  /** Writing goes on behind the call that made the key. */
  async function written(before: number | undefined): Promise<void> {
    const time = () => statSync(path, { throwIfNoEntry: false })?.ino;
    for (let waited = 0; time() === before && waited < 5000; waited += 10) await sleep(10);
  }

  it('keeps both keys, for nobody else to read', async () => {
    const directory = await StateDirectory.open(folder, { log });
    const first = await openPseudonymKeys(directory, log, { rotationS: 3600 });
    await written(undefined);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const second = await openPseudonymKeys(directory, log, { rotationS: 3600 });
    assert.deepEqual(second.current(), first.current());
    assert.deepEqual(second.digestKey, first.digestKey);
    const { ino } = statSync(path);
    const later = await openPseudonymKeys(directory, log, {
      rotationS: 3600,
      now: () => Date.now() + 3_600_000,
    });
    assert.notDeepEqual(later.current().key, first.current().key);
    assert.deepEqual(later.digestKey, first.digestKey);
    await written(ino);
  });

  it('begins anew after a damaged file', async () => {
    const directory = await StateDirectory.open(folder, { log });
    const { ino } = statSync(path);
    writeFileSync(path, 'damaged');
    const keys = await openPseudonymKeys(directory, log, { rotationS: 3600 });
    assert.equal(keys.current().key.length, 32);
    await written(ino);
  });
});
