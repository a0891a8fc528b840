// What every benchmark needs first: the native parts built and the capture made, both kept in build-native/bench.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type CaptureOptions, makeCapture } from './make-capture.js';

export const root = resolve(import.meta.dirname, '../../..');
export const benchFolder = join(root, 'build-native', 'bench');

/** For people: stdout is JSON. */
export function text(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function buildNative(): void {
  execFileSync('make', ['-C', join(root, 'test', 'bench'), '-j2', '--silent'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/** The path of a made capture; makes it unless one with the same options is there. */
export function ensureCapture(name: string, options: CaptureOptions): string {
  const captures = resolve(root, process.env.DIPPER_CAPTURES ?? '../shared/captures');
  if (!existsSync(captures)) {
    throw new Error(
      `no captures in ${captures}: set DIPPER_CAPTURES to the folder that has ndpi-4.2`,
    );
  }
  const path = join(benchFolder, `${name}.pcap`);
  const note = `${path}.json`;
  const wanted = JSON.stringify({ captures, ...options });
  if (existsSync(path) && existsSync(note) && readFileSync(note, 'utf8').startsWith(wanted))
    return path;
  mkdirSync(benchFolder, { recursive: true });
  text(`making ${path}`);
  const made = makeCapture(join(captures, 'ndpi-4.2'), `${path}.part`, options);
  renameSync(`${path}.part`, path);
  writeFileSync(note, `${wanted}\n${JSON.stringify(made)}\n`);
  text(`  ${made.packets} packets, ${(made.bytes / 1e6).toFixed(0)} MB, up to ${made.flows} flows`);
  return path;
}
