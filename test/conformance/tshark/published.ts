// JA4 beside the values that FoxIO publishes for its own captures: a checkout of FoxIO-LLC/ja4, with pcap/NAME and
// python/test/testdata/NAME.json. Both of our implementations: that of the data plane, and that of this program.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyse } from '../analyse.js';
import type { Comparison, Difference } from './compare.js';
import { helloFields, helloOf } from './figures.js';
import { flowName, readFrames } from './frames.js';
import { ja4 } from './ja4.js';

/** What their program prints for a stream; `JA4.1` is that of its first client hello. */
interface Row {
  readonly src: string;
  readonly dst: string;
  readonly srcport: string;
  readonly dstport: string;
  readonly 'JA4.1'?: string;
}

const figures = ['JA4, published', 'JA4, published, second implementation'] as const;

export async function comparePublished(checkout: string): Promise<Comparison> {
  const differences: Difference[] = [];
  let checked = 0;
  for (const capture of readdirSync(join(checkout, 'pcap')).sort()) {
    const answers = join(checkout, 'python/test/testdata', `${capture}.json`);
    if (!existsSync(answers)) continue;
    const rows = (JSON.parse(readFileSync(answers, 'utf8')) as Row[]).filter((row) => row['JA4.1']);
    if (rows.length === 0) continue;
    const path = join(checkout, 'pcap', capture);
    const said = [await ofRecords(path), await ofFrames(path)];
    for (const { src, dst, srcport, dstport, 'JA4.1': expected = '' } of rows) {
      checked += 1;
      // Their rows do not say the transport; a hello is of one of the two.
      const names = ['tcp', 'udp'].map((l4) =>
        flowName(l4, `${src} ${srcport}`, `${dst} ${dstport}`),
      );
      for (const [i, figure] of figures.entries()) {
        const seen = names.flatMap((name) => said[i]?.get(name) ?? []);
        if (seen.includes(expected)) continue;
        const flow = `${src} ${srcport} ${dst} ${dstport}`;
        differences.push({ capture, figure, flow, expected, seen: [...new Set(seen)].join(' | ') });
      }
    }
  }
  return { checks: new Map(figures.map((figure) => [figure, checked])), differences };
}

type ByFlow = Map<string, string[]>;

function add(values: ByFlow, flow: string, value: string): void {
  values.set(flow, [...(values.get(flow) ?? []), value]);
}

async function ofRecords(path: string): Promise<ByFlow> {
  const { lines } = await analyse(path, { reference: false, workers: 1, files: {} });
  const values: ByFlow = new Map();
  for (const { flow } of lines) {
    const ends = [`${flow.local_ip} ${flow.local_port}`, `${flow.other_ip} ${flow.other_port}`];
    const name = flowName(flow.ip_protocol === 6 ? 'tcp' : 'udp', ends[0] ?? '', ends[1] ?? '');
    if (flow.ssl?.client_ja4 !== undefined) add(values, name, flow.ssl.client_ja4);
  }
  return values;
}

async function ofFrames(path: string): Promise<ByFlow> {
  const values: ByFlow = new Map();
  for (const frame of await readFrames(path, helloFields)) {
    const hello = helloOf(frame);
    if (hello !== undefined) add(values, frame.flow, ja4(hello));
  }
  return values;
}
