// The clients of the stream's benchmark, in a process of their own: as many as told connect to a Unix socket and read
// netifyd's framing; one more connects and never reads. Reports to its parent when asked.
import { connect } from 'node:net';
import { Delays } from './stream-delays.js';

const [path = '', count = '10'] = process.argv.slice(2);
const lengthAt = '{"length": '.length;
const sequenceAt = '{"seq":'.length;
const stampMark = Buffer.from('"interface":"');
/** Each of so many frames has its delay measured; all are counted. */
const sampled = 8;

const delays = new Delays();
let [frames, bytes, lost, broken, closed] = [0, 0, 0, 0, 0];

function number(data: Buffer, from: number): number {
  let value = 0;
  for (let at = from; ; at += 1) {
    const digit = (data[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) return value;
    value = value * 10 + digit;
  }
}

/** Reads into one buffer again and again: what the clients cost is not what is measured. */
class Client {
  readonly #all = Buffer.alloc(512 * 1024);
  #end = 0;
  #last = 0;

  get room(): Buffer {
    return this.#all.subarray(this.#end);
  }

  read(size: number): void {
    bytes += size;
    this.#end += size;
    const now = Number(process.hrtime.bigint() / 1000n);
    let at = 0;
    for (;;) {
      const end = this.#all.indexOf(10, at);
      if (end < 0 || end >= this.#end) break;
      const next = end + 1 + number(this.#all, at + lengthAt);
      if (next > this.#end) break;
      this.#frame(this.#all, end + 1, next, now);
      at = next;
    }
    this.#all.copyWithin(0, at, this.#end);
    this.#end -= at;
  }

  #frame(all: Buffer, from: number, next: number, now: number): void {
    if (all[from] !== 123 || all[next - 1] !== 10) broken += 1;
    const seq = number(all, from + sequenceAt);
    // The greeting has the number of the last published message.
    if (this.#last !== 0) {
      if (seq !== this.#last + 1) lost += Math.max(1, seq - this.#last - 1);
      frames += 1;
      if (seq % sampled === 0) {
        const mark = all.indexOf(stampMark, from);
        if (mark < next) delays.add(now - number(all, mark + stampMark.length));
      }
    }
    this.#last = seq;
  }
}

const sockets = Array.from({ length: Number(count) }, () => {
  const client = new Client();
  const onread = {
    buffer: () => client.room,
    callback: (size: number) => {
      client.read(size);
      return true;
    },
  };
  const socket = connect({ path, onread });
  socket.on('error', () => {});
  socket.on('close', () => (closed += 1));
  return socket;
});
const stalled = connect(path);
stalled.on('error', () => {});
stalled.pause();

process.on('message', (word) => {
  if (word === 'report') {
    const { user, system } = process.cpuUsage();
    process.send?.({
      cpu_s: (user + system) / 1e6,
      frames,
      bytes,
      lost,
      broken,
      closed,
      ...delays.summary(),
    });
  } else {
    for (const socket of [...sockets, stalled]) socket.destroy();
    process.disconnect();
  }
});
