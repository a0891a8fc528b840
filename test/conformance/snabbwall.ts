// SnabbWall's own test of `spy`: a capture passes when every name in its `.spy.expect` file is the sixth field of
// some line that the command prints. It goes through the real command and its text output.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export interface SnabbWallResult {
  capture: string;
  missing: string[];
  exitCode: number | null;
}

export async function runSnabbWall(
  folder: string,
  cli: string,
  only: (capture: string) => boolean,
): Promise<SnabbWallResult[]> {
  const results: SnabbWallResult[] = [];
  for (const expect of readdirSync(folder).sort()) {
    if (!expect.endsWith('.spy.expect')) continue;
    const capture = expect.slice(0, -'.spy.expect'.length);
    if (!only(capture)) continue;
    const child = spawn(process.execPath, [cli, 'spy', 'pcap', join(folder, capture)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const names = namesIn(await text(child.stdout));
    const exitCode = await ended;
    const wanted = readFileSync(join(folder, expect), 'utf8').split(/\s+/).filter(Boolean);
    results.push({ capture, missing: wanted.filter((name) => !names.has(name)), exitCode });
  }
  return results;
}

/** The names in lines of `spy`: field 6 of every line whose first field starts with 0x. */
export function namesIn(output: string): Set<string> {
  const names = new Set<string>();
  for (const line of output.split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields[0]?.startsWith('0x') && fields[5] !== undefined) names.add(fields[5]);
  }
  return names;
}
