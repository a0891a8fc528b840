// `npm start`: all set-up, then a bundled capture through `dipper spy`, and what to try next.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fail, root, setup } from './setup.mjs';

function bundledCapture() {
  const folder = join(root, 'test/golden');
  const preferred = join(folder, 'browsing.pcap');
  if (existsSync(preferred)) return preferred;
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true }) : [];
  const first = names.filter((name) => /\.pcap(ng)?$/.test(name)).sort()[0];
  return first ? join(folder, first) : fail('start: no capture in test/golden', 66);
}

await setup();
const capture = relative(root, bundledCapture());
const dipper = 'node dist/src/cli/main.js';
process.stdout.write(`$ dipper spy --stats pcap ${capture}\n`);
const args = ['dist/src/cli/main.js', 'spy', '--stats', 'pcap', capture];
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
process.stdout.write(`
What to try next:
  every flow as one line of JSON       ${dipper} spy --json ${capture}
  each flow once it is recognised      ${dipper} spy --live YOUR.pcap
  what passes an interface now         sudo tcpdump -i eth0 -U -w - | ${dipper} spy --live pcap -
  all options                          ${dipper} spy --help
  the tests                            npm test
`);
