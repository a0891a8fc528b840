// A hundred kills -9 at random moments: every start finds all state whole, and no number older than the last one that
// was reported as written.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { crash } from '../../crash/driver.js';
import type { Found } from '../../crash/state-writer.js';
import { Scratch } from './scratch.js';

const writer = fileURLToPath(new URL('../../crash/state-writer.js', import.meta.url));

describe('state under kill -9', function () {
  this.timeout(120_000);

  async function lane(rounds: number): Promise<{ kills: number; writes: number }> {
    // What a kill leaves does not depend on the disk; how often it is written does.
    const scratch = new Scratch(true);
    const written: Record<string, number> = {};
    const uuids = new Set<string>();
    let writes = 0;
    let starts = 0;
    try {
      await crash({
        command: [process.execPath, writer, scratch.path],
        rounds,
        lifeMs: 60,
        onLine(line, round) {
          if (line.startsWith('found ')) {
            const found = JSON.parse(line.slice('found '.length)) as Found;
            starts += 1;
            uuids.add(found.uuid);
            assert.deepEqual([found.odd, found.complaints], [[], []], `start ${round}`);
            for (const [name, number] of Object.entries(found.numbers)) {
              const last = written[name] ?? 0;
              // The kill may have come between the rename and the report.
              assert.ok(
                number === last || number === last + 1,
                `start ${round}: ${name} has ${number} after ${last} was written`,
              );
              written[name] = number;
            }
          } else if (line.startsWith('wrote ')) {
            const [, name = '', number] = line.split(' ');
            written[name] = Number(number);
            writes += 1;
          }
        },
      });
      assert.equal(uuids.size, 1);
      assert.equal(starts, rounds);
    } finally {
      scratch.remove();
    }
    return { kills: rounds, writes };
  }

  it('is whole at each of a hundred starts', async () => {
    const lanes = await Promise.all([lane(50), lane(50)]);
    const writes = lanes.reduce((sum, { writes: n }) => sum + n, 0);
    assert.ok(writes > 300, `${writes} writes between the kills`);
  });

  it('is checked by a test that notices a command that ends by itself', async () => {
    const plan = { rounds: 1, lifeMs: 300, patienceMs: 5000 };
    const run = (script: string) => crash({ ...plan, command: ['sh', '-c', script] });
    await assert.rejects(run('echo ready'), /ended by itself/);
    await assert.rejects(run('echo no >&2; exit 1'), /ended before it was ready: no/);
    await assert.rejects(
      crash({ ...plan, patienceMs: 50, command: ['sleep', '10'] }),
      /was not ready in 50 ms/,
    );
  });
});
