// JA4 beside the values that FoxIO publishes for its own captures: a checkout of FoxIO-LLC/ja4, with pcap/NAME and
// python/test/testdata/NAME.json.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyse } from '../analyse.js';
import type { Comparison, Difference } from './compare.js';

interface Row {
  readonly src: string;
  readonly dst: string;
  readonly srcport: string;
  readonly dstport: string;
  readonly 'JA4.1'?: string;
}

const figure = 'JA4 (published)';

/** The first JA4 of each stream that their program lists. */
export async function comparePublished(checkout: string): Promise<Comparison> {
  const differences: Difference[] = [];
  let checked = 0;
  const folder = join(checkout, 'pcap');
  for (const capture of readdirSync(folder).sort()) {
    const answers = join(checkout, 'python/test/testdata', `${capture}.json`);
    if (!existsSync(answers)) continue;
    const rows = (JSON.parse(readFileSync(answers, 'utf8')) as Row[]).filter((row) => row['JA4.1']);
    if (rows.length === 0) continue;
    const path = join(folder, capture);
    const { lines } = await analyse(path, { reference: false, workers: 1, files: {} });
    for (const { src, dst, srcport, dstport, 'JA4.1': expected = '' } of rows) {
      const records = lines.filter(({ flow }) => {
        const ends = [`${flow.local_ip} ${flow.local_port}`, `${flow.other_ip} ${flow.other_port}`];
        return ends.includes(`${src} ${srcport}`) && ends.includes(`${dst} ${dstport}`);
      });
      const seen = records.map(({ flow }) => flow.ssl?.client_ja4 ?? '');
      checked += 1;
      if (!seen.includes(expected))
        differences.push({
          ...{ capture, figure, flow: `${src} ${srcport} ${dst} ${dstport}` },
          ...{ expected, seen: seen.join(' | ') },
        });
    }
  }
  return { checks: new Map([[figure, checked]]), differences };
}
