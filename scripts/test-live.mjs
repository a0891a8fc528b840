// `npm run test:live`: what needs root and network namespaces. Installs the programs that the tests drive (Debian), then
// runs test/live one file after another: namespaces are real, and so are the clients and servers in them.
//   npm run test:live [-- FILE-PART...]     only the files whose names contain one of these words
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { all, install, missingPackages } from './programs.mjs';
import { fail, root, setup } from './setup.mjs';

if (process.getuid?.() !== 0)
  fail('test:live makes network namespaces: run it as root (sudo npm run test:live)', 77);
install(missingPackages(all), 'test:live');
await setup();

const folder = join(root, 'dist/test/live');
const words = process.argv.slice(2);
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.test.js'))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort()
  .map((name) => join(folder, name));
const mocha = ['--enable-source-maps', 'node_modules/mocha/bin/mocha.js', '--no-color', '--exit'];
const { status, stdout } = spawnSync(process.execPath, [...mocha, ...files], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
  encoding: 'utf8',
  maxBuffer: 1 << 26,
});
process.stdout.write(stdout);
const count = (word) => Number(stdout.match(new RegExp(`^ +(\\d+) ${word}\\b`, 'm'))?.[1] ?? 0);
process.stdout.write(
  `${count('passing')} passed, ${count('failing')} failed, ${count('pending')} skipped\n`,
);
process.exitCode = status ?? 1;
