// The lines that Dipper prints for each bundled capture, kept as files: what a change alters shows up in `git diff`.
//   npm run golden        prints OK, DIFF, NEW or MISSING for each capture and writes the new lines over the old
// golden.test.ts compares and changes nothing.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadAddon } from '../../src/addon.js';
import { Engine } from '../../src/capture/engine.js';
import { DipperError } from '../../src/errors.js';
import { parseMessage } from '../../src/messages/validate.js';

/** The folder in the source tree; this file runs from dist. */
export const goldenFolder = fileURLToPath(new URL('../../../test/golden/', import.meta.url));

/** The release whose words the expected lines are in. */
export const recordedWith = '4.2.0';

export function goldenCaptures(): string[] {
  return readdirSync(goldenFolder)
    .filter((name) => /\.(pcap|pcapng)(\.gz)?$/.test(name))
    .sort();
}

export const expectedPath = (capture: string): string =>
  join(goldenFolder, 'expected', `${capture}.ndjson`);

/** What libndpi decides is blank when another release than the recorded one runs; identity and counters stay. */
function comparable(line: string): string {
  if (loadAddon().libraryVersion === recordedWith) return line;
  const message = JSON.parse(line) as { flow?: Record<string, unknown> };
  if (!message.flow) return line;
  const kept = /^(digest|community_id|ip_|vlan_id|tunnel|local_|other_|first_|last_|total_)/;
  for (const name of Object.keys(message.flow)) if (!kept.test(name)) delete message.flow[name];
  return JSON.stringify(message);
}

/** Every record of the capture in order, then the account, then why it ended early if it did. */
export async function goldenLines(capture: string): Promise<string[]> {
  const lines: string[] = [];
  try {
    const engine = new Engine({
      source: { type: 'pcap-file', path: join(goldenFolder, capture) },
      interface: capture,
      events: ['expired'],
    });
    for await (const chunk of engine.chunks()) lines.push(...chunk.toString().trimEnd().split('\n'));
    for (const line of lines) parseMessage(line);
    const { totals, discarded } = engine.counters();
    const { packets_read, packets_in_flows, bytes_read, bytes_in_flows, flows_created } = totals;
    lines.push(
      JSON.stringify({
        account: { packets_read, packets_in_flows, bytes_read, bytes_in_flows, flows_created },
        discarded,
      }),
    );
    const failure = engine.failure();
    if (failure) lines.push(JSON.stringify({ failure }).replaceAll(goldenFolder, ''));
  } catch (error) {
    if (!(error instanceof DipperError)) throw error;
    const { code, message } = error;
    lines.push(JSON.stringify({ error: { code, message } }).replaceAll(goldenFolder, ''));
  }
  return lines;
}

export function expectedLines(capture: string): string[] | undefined {
  const path = expectedPath(capture);
  if (!existsSync(path)) return undefined;
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

export const comparableLines = (lines: readonly string[]): string[] => lines.map(comparable);

async function record(): Promise<void> {
  mkdirSync(join(goldenFolder, 'expected'), { recursive: true });
  const captures = goldenCaptures();
  for (const capture of captures) {
    const lines = await goldenLines(capture);
    const before = expectedLines(capture);
    const same = before?.join('\n') === lines.join('\n');
    process.stdout.write(`${same ? 'OK  ' : before ? 'DIFF' : 'NEW '} ${capture}\n`);
    if (!same) writeFileSync(expectedPath(capture), `${lines.join('\n')}\n`);
  }
  for (const file of readdirSync(join(goldenFolder, 'expected')))
    if (!captures.includes(file.replace(/\.ndjson$/, '')))
      process.stdout.write(`MISSING capture of expected/${file}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (loadAddon().libraryVersion !== recordedWith) {
    process.stderr.write(`golden lines are recorded with libndpi ${recordedWith} only\n`);
    process.exitCode = 69;
  } else {
    await record();
  }
}
