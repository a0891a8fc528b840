// Makes etc/dipper/mac-vendors.gz, the vendors of MAC prefixes, from the registries of the IEEE as CSV (MA-L, MA-M, MA-S,
// and IAB, the former MA-S): those of Debian's package ieee-data, or newer ones in another folder.
//   node scripts/mac-vendors.mjs [FOLDER] [OUTPUT]
// The format is in src/flow/mac-vendors.ts, which reads it.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const [folder = '/usr/share/ieee-data', output = 'etc/dipper/mac-vendors.gz'] =
  process.argv.slice(2);
const files = ['oui.csv', 'mam.csv', 'oui36.csv', 'iab.csv'];

/** Blocks that say nothing of who made a device: hidden, or handed on in parts that have rows of their own. */
const nobody = /^(private|ieee registration authority)$/i;

/** The fields of CSV (RFC 4180), row by row. */
function* rows(text) {
  const field = /"((?:[^"]|"")*)"(,|\r?\n|$)|([^",\r\n]*)(,|\r?\n|$)/gy;
  let row = [];
  for (let match = field.exec(text); match !== null && match[0] !== ''; match = field.exec(text)) {
    row.push(match[1]?.replaceAll('""', '"') ?? match[3]);
    if ((match[2] ?? match[4]) === ',') continue;
    yield row;
    row = [];
  }
  if (field.lastIndex !== text.length) throw new Error('a row is not CSV');
}

/** Digits of the prefix (6, 7 or 9) -> prefix as a number -> name. */
const registries = new Map([6, 7, 9].map((digits) => [digits, new Map()]));
for (const file of files) {
  for (const [registry, prefix, organization] of rows(readFileSync(join(folder, file), 'utf8'))) {
    if (registry === 'Registry') continue;
    const name = organization.replaceAll(/[\s\p{C}]+/gu, ' ').trim();
    const prefixes = registries.get(prefix.length);
    if (!prefixes || !/^[0-9A-F]+$/.test(prefix)) throw new Error(`${file}: prefix ${prefix}`);
    if (name !== '' && !nobody.test(name)) prefixes.set(Number.parseInt(prefix, 16), name);
  }
}

const names = [...new Set([...registries.values()].flatMap((prefixes) => [...prefixes.values()]))];
names.sort();
const index = new Map(names.map((name, i) => [name, i]));
const bytes = [];
/** Seven bits a byte, the lowest first; all but the last have the eighth set (LEB128). */
function write(number) {
  let rest = number;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
}
const counts = [];
for (const prefixes of registries.values()) {
  const sorted = [...prefixes].sort(([one], [other]) => one - other);
  counts.push(sorted.length);
  let before = 0;
  for (const [prefix] of sorted) {
    write(prefix - before);
    before = prefix;
  }
  for (const [, name] of sorted) write(index.get(name));
}

const date = new Date(Math.max(...files.map((file) => statSync(join(folder, file)).mtimeMs)));
const source = `registries of the IEEE (${files.join(', ')}) from ${basename(folder)}`;
const header = { format: 1, source, date: date.toISOString().slice(0, 10), counts };
const text = `${JSON.stringify(header)}\n${names.join('\n')}\n\n`;
const packed = gzipSync(Buffer.concat([Buffer.from(text), Buffer.from(bytes)]), { level: 9 });
packed[9] = 255; // the system that packed it: none, so that the bytes are the same everywhere
writeFileSync(output, packed);
const total = counts.reduce((sum, count) => sum + count);
process.stderr.write(
  `${output}: ${total} prefixes, ${names.length} names, ${packed.length} bytes, of ${header.date}\n`,
);
