// Makes the captures that benchmarks run over: copies of real ones with other client addresses, interleaved in
// time. The same seed and captures give the same bytes.
//   node dist/test/bench/make-capture.js [--shape mixed|long|many|settled] [--packets N] [--flows N] [--seed N] FILE
import { closeSync, openSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { rewriteAddress } from './frame-rewrite.js';
import { readTemplates, type Template, type TemplateCapture, type Templates } from './templates.js';

export const shapes = ['mixed', 'long', 'many', 'settled'] as const;
export type Shape = (typeof shapes)[number];

export interface CaptureOptions {
  /** mixed: whole captures; long: few flows of thousands of packets; many: the heads of very many flows;
   *  settled: many flows that nDPI is done with after at most a few packets (DNS with its answer). */
  shape: Shape;
  packets: number;
  /** As many copies as are needed for this many flows, if that is more. */
  flows: number;
  seed: number;
}

export const defaults: Record<Shape, CaptureOptions> = {
  mixed: { shape: 'mixed', packets: 2_040_000, flows: 160_000, seed: 1 },
  long: { shape: 'long', packets: 2_000_000, flows: 0, seed: 1 },
  many: { shape: 'many', packets: 0, flows: 1_000_000, seed: 1 },
  settled: { shape: 'settled', packets: 0, flows: 1_000_000, seed: 1 },
};

export interface MadeCapture {
  packets: number;
  bytes: number;
  flows: number;
}

const windowUs = 120e6;
const startSeconds = 1_700_000_000;
/** A sort key is time * 2^26 + number of the entry: 2^27 us of window, so 53 bits in all. */
const entryBits = 2 ** 26;

export function makeCapture(folder: string, path: string, options: CaptureOptions): MadeCapture {
  const templates = readTemplates(folder);
  const entries = plan(templates, options);
  const order = entries.keys.sort();
  const writer = new PcapWriter(path);

  for (const key of order) {
    const entry = key % entryBits;
    const template = entries.templates[entries.templateOf[entry] ?? 0];
    if (!template) continue;
    const at = writer.frame(Math.floor(key / entryBits), template);
    if (!template.layout) continue;

    const copy = entries.copyOf[entry] ?? 0;
    const address = clientWord(template, copy * templates.clients + template.client, options.seed);
    const { source, destination } = template.layout;
    rewriteAddress(
      writer.buffer,
      at,
      template.layout,
      template.fromClient ? source : destination,
      address,
    );
  }
  writer.close();
  return { packets: order.length, bytes: writer.bytes, flows: entries.flows };
}

/** A capture without a packet: what start-up costs. */
export function writeEmptyCapture(path: string): void {
  new PcapWriter(path).close();
}

interface Plan {
  templates: Template[];
  keys: Float64Array;
  templateOf: Uint32Array;
  copyOf: Uint32Array;
  flows: number;
}

/** Decides which frame of which copy is sent when. */
function plan(templates: Templates, options: CaptureOptions): Plan {
  const all = templates.captures.flatMap((capture) => capture.frames);
  const lengths = new Uint32Array(templates.flows);
  for (const template of all) if (template.flow >= 0) lengths[template.flow] = template.nth + 1;
  const chosen = templates.captures
    .map((capture) => ({
      ...capture,
      frames: capture.frames.filter(chooser(options.shape, lengths)),
    }))
    .filter((capture) => capture.frames.length > 0);
  const repeats = options.shape === 'long' ? longRepeats : 1;
  const shares = shareOut(chosen, options, repeats);
  const packetsInCopy = sum(shares.map(({ share, packets }) => share * packets));
  const flowsInCopy = sum(shares.map(({ share, flows }) => share * flows));
  if (packetsInCopy === 0) throw new Error('no Ethernet capture in the folder fits this shape');
  const copies =
    Math.ceil(Math.max(1, options.packets / packetsInCopy, options.flows / flowsInCopy)) + 1;
  // Spread evenly: a capture with a share of 1/3 is in every third copy.
  const included = (copy: number, { share }: Share): boolean =>
    Math.floor((copy + 1) * share) > Math.floor(copy * share);
  const times = (share: Share): number => Math.floor(copies * share.share);
  const count = sum(shares.map((share) => times(share) * share.packets));
  if (count > entryBits) throw new Error(`${count} packets are more than ${entryBits}`);

  const entries: Plan = {
    templates: chosen.flatMap((capture) => capture.frames),
    keys: new Float64Array(count),
    templateOf: new Uint32Array(count),
    copyOf: new Uint32Array(count),
    flows: sum(shares.map((share) => times(share) * share.flows)),
  };
  const random = generator(options.seed);
  let entry = 0;
  for (let copy = 0; copy < copies; copy++) {
    let first = 0;
    for (const share of shares) {
      const { capture } = share;
      if (!included(copy, share)) {
        first += capture.frames.length;
        continue;
      }
      // A capture longer than the window is played faster; all start at a random time that lets them end in it.
      const length = Math.max(1, capture.durationUs) * repeats;
      const speed = Math.min(1, (windowUs * (0.5 + random() / 2)) / length);
      const start = random() * (windowUs - length * speed);
      for (let round = 0; round < repeats; round++) {
        for (const [index, template] of capture.frames.entries()) {
          const time = start + (round * capture.durationUs + template.offsetUs) * speed;
          entries.keys[entry] = Math.floor(time) * entryBits + entry;
          entries.templateOf[entry] = first + index;
          entries.copyOf[entry] = copy;
          entry++;
        }
      }
      first += capture.frames.length;
    }
  }
  return entries;
}

interface Share {
  capture: TemplateCapture;
  packets: number;
  flows: number;
  /** In how many of the copies the capture takes part, 0 to 1. */
  share: number;
}

/**
 * Captures of few long flows take part in fewer copies, so that packets per flow come out as asked for: the share
 * is limit / (packets per flow) where that is below 1, and the limit is found by bisection.
 */
function shareOut(captures: TemplateCapture[], options: CaptureOptions, repeats: number): Share[] {
  const shares = captures.map((capture): Share => {
    const flows = new Set(capture.frames.map((frame) => frame.flow).filter((flow) => flow >= 0))
      .size;
    return { capture, packets: capture.frames.length * repeats, flows, share: 1 };
  });
  if (options.packets === 0 || options.flows === 0) return shares;
  const wanted = options.packets / options.flows;
  let low = 0;
  let high = Math.max(...shares.map(({ packets, flows }) => packets / Math.max(1, flows)));
  for (let round = 0; round < 50; round++) {
    const limit = (low + high) / 2;
    for (const share of shares)
      share.share = Math.min(1, (limit * Math.max(1, share.flows)) / share.packets);
    const packets = sum(shares.map((share) => share.share * share.packets));
    if (packets / sum(shares.map((share) => share.share * share.flows)) > wanted) high = limit;
    else low = limit;
  }
  return shares;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** `long`: flows of at least this many packets, played this often. */
const longFlow = 200;
const longRepeats = 16;
/** `many`: the first packets of each flow. */
const headPackets = 4;

function chooser(shape: Shape, lengths: Uint32Array): (template: Template) => boolean {
  switch (shape) {
    case 'mixed':
      return () => true;
    case 'long':
      return ({ flow }) => flow >= 0 && (lengths[flow] ?? 0) >= longFlow;
    case 'many':
      return ({ flow, nth }) => flow >= 0 && nth < headPackets;
    case 'settled':
      return ({ flow, nth, layout }) =>
        flow >= 0 &&
        lengths[flow] === 2 &&
        nth < 2 &&
        layout?.udp === true &&
        / 53$/m.test(`${layout.sender}\n${layout.receiver}`);
  }
}

/**
 * The last 32 bits of a client's address: each (copy, client) has its own in 10.0.0.0/8, scattered by an odd
 * multiplier, which permutes 24 bits. An IPv6 address keeps its first 96 bits.
 */
function clientWord(template: Template, number: number, seed: number): number {
  if (number >= 2 ** 24) throw new Error('more clients than addresses in 10.0.0.0/8');
  const scattered = (Math.imul(number + seed, 0x9e3779b1) >>> 0) & 0xffffff;
  return template.layout?.version === 6 ? scattered : (0x0a000000 | scattered) >>> 0;
}

/** xorshift32 (Marsaglia, 2003): enough to scatter start times, and the same everywhere. */
function generator(seed: number): () => number {
  let state = (seed * 0x9e3779b1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

class PcapWriter {
  readonly buffer = Buffer.allocUnsafe(1 << 22);
  bytes = 24;
  #file: number;
  #used = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
    for (const word of [0xa1b2c3d4, 0x00040002, 0, 0, 262144, 1]) this.#word(word);
  }

  /** Copies a frame into the buffer and returns where it starts there: it may be changed until the next one. */
  frame(timeUs: number, template: Template): number {
    const size = template.bytes.length;
    if (this.#used + 16 + size > this.buffer.length) this.#flush();
    this.#word(startSeconds + Math.floor(timeUs / 1e6));
    this.#word(timeUs % 1e6);
    this.#word(size);
    this.#word(Math.max(size, template.wireLength));
    const at = this.#used;
    template.bytes.copy(this.buffer, at);
    this.#used += size;
    this.bytes += 16 + size;
    return at;
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #word(value: number): void {
    this.#used = this.buffer.writeUInt32LE(value, this.#used);
  }

  #flush(): void {
    writeSync(this.#file, this.buffer, 0, this.#used);
    this.#used = 0;
  }
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      shape: { type: 'string', default: 'mixed' },
      packets: { type: 'string' },
      flows: { type: 'string' },
      seed: { type: 'string' },
      captures: { type: 'string', default: process.env.DIPPER_CAPTURES ?? '../shared/captures' },
    },
  });
  const shape = shapes.find((name) => name === values.shape);
  const path = positionals[0];
  if (!shape || path === undefined || positionals.length !== 1) {
    process.stderr.write(
      `usage: make-capture [--shape ${shapes.join('|')}] [--packets N] [--flows N] [--seed N] FILE\n`,
    );
    process.exitCode = 64;
    return;
  }
  const options = { ...defaults[shape] };
  for (const name of ['packets', 'flows', 'seed'] as const) {
    if (values[name] !== undefined) options[name] = Number(values[name]);
  }
  const made = makeCapture(`${values.captures}/ndpi-4.2`, path, options);
  process.stdout.write(`${JSON.stringify({ path, ...options, ...made })}\n`);
}

if (import.meta.url === `file://${process.argv[1]}`) main();
