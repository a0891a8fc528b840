// A process of its own around the package `cap`: writes what it captures to standard output as a pcap stream. It is
// one because the package ends the process that it runs in when the interface goes down (docs/adr/0003-cap.md).
//   node cap-child.js INTERFACE FILTER BUFFER_BYTES
// Ends when standard input does. Exit codes as everywhere; 75 for what may pass, such as an interface that is down.
import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';

interface Cap {
  open(device: string, filter: string, bufferBytes: number, into: Buffer): string;
  on(event: 'packet', listener: (bytes: number, truncated: boolean) => void): void;
}

const [device = '', filter = '', bufferBytes = ''] = process.argv.slice(2);
const standardOutput = 1;

function fail(code: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

function load(): new () => Cap {
  try {
    return (createRequire(import.meta.url)('cap') as { Cap: new () => Cap }).Cap;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    fail(
      69,
      `the package cap cannot be loaded: ${reason}; install libpcap-dev and a compiler, then \`npm ci --include=optional\``,
    );
  }
}

/** LINKTYPE_ values of the package's words; what it has no word for it calls by libpcap's number. */
function linkType(word: string): number {
  const known: Record<string, number> = {
    NULL: 0,
    ETHERNET: 1,
    RAW: 101,
    LINKTYPE_LINUX_SLL: 113,
    IEEE802_11_RADIO: 127,
  };
  const number = known[word] ?? Number(/^Unknown linktype (\d+)$/.exec(word)?.[1]);
  if (Number.isInteger(number)) return number;
  return fail(69, `${device}: the package cap says that its link type is ${word}`);
}

function exitCodeOf(message: string): number {
  if (/permi(tted|ssion)/i.test(message)) return 77;
  return /no such device|doesn't exist/i.test(message) ? 69 : 75;
}

// The package keeps a pointer into this buffer, and no reference: it lives as long as the module.
const frame = Buffer.allocUnsafeSlow(262_144);
const out = Buffer.allocUnsafeSlow(512 * 1024);
let filled = 0;
let flushing = false;

/** Blocks while the reader of the pipe is behind: the kernel's buffer fills, and packets are lost there. */
function flush(): void {
  flushing = false;
  let from = 0;
  try {
    while (from < filled) from += writeSync(standardOutput, out, from, filled - from);
  } catch {
    process.exit(0); // the reader has gone
  }
  filled = 0;
}

// The package gives no times. The monotonic clock's microseconds, held to the clock on the wall.
let offsetMs = performance.timeOrigin;
function now(): number {
  const ms = offsetMs + performance.now();
  const wall = Date.now();
  if (Math.abs(ms - wall) < 50) return ms;
  offsetMs += wall - ms;
  return wall;
}

function record(bytes: number): void {
  if (filled + 16 + bytes > out.length) flush();
  const ms = now();
  const seconds = Math.floor(ms / 1000);
  out.writeUInt32LE(seconds, filled);
  out.writeUInt32LE(Math.min(Math.floor((ms - seconds * 1000) * 1000), 999_999), filled + 4);
  out.writeUInt32LE(bytes, filled + 8);
  out.writeUInt32LE(bytes, filled + 12);
  frame.copy(out, filled + 16, 0, bytes);
  filled += 16 + bytes;
  if (flushing) return;
  flushing = true;
  setImmediate(flush);
}

const capture = new (load())();
let word = '';
try {
  word = capture.open(device, filter, Number(bufferBytes), frame);
} catch (cause) {
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = exitCodeOf(message);
  const remedy = code === 77 ? '; capturing needs the capability CAP_NET_RAW' : '';
  fail(code, `${device}: ${message}${remedy}`);
}
out.writeUInt32LE(0xa1b2c3d4, 0);
out.writeUInt16LE(2, 4);
out.writeUInt16LE(4, 6);
out.fill(0, 8, 16);
out.writeUInt32LE(frame.length, 16);
out.writeUInt32LE(linkType(word), 20);
filled = 24;
flush();
capture.on('packet', (bytes) => record(Math.min(bytes, frame.length)));
process.stdin.on('end', () => process.exit(0)).resume();
