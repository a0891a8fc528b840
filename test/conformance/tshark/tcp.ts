// The course of TCP connections: our `tcp` beside tshark's analysis of sequence numbers, over all frames of a stream.
import type { Figure } from './figures.js';
import { type Frame, nanoseconds } from './frames.js';

type Whole = NonNullable<Figure['whole']>;

const flags = ['syn', 'ack', 'reset'].map((name) => `tcp.flags.${name}`);
const windows = ['tcp.window_size_value', 'tcp.window_size'];
const analysis = (name: string): string => `tcp.analysis.${name}`;
const initialRtt = analysis('initial_rtt');
const sentAgain = ['retransmission', 'fast_retransmission', 'spurious_retransmission'].map(
  analysis,
);
const outOfPlace = ['lost_segment', 'out_of_order'].map(analysis);

/** Of the innermost TCP header. */
const last = (frame: Frame, field: string): string => frame.values(field).at(-1) ?? '';
const is = (frame: Frame, flag: string): boolean =>
  ['1', 'True'].includes(last(frame, `tcp.flags.${flag}`));
const isAnswer = (frame: Frame): boolean => is(frame, 'syn') && is(frame, 'ack');
const isSyn = (frame: Frame): boolean => is(frame, 'syn') && !is(frame, 'ack');
const hasAny = (frame: Frame, fields: readonly string[]): boolean =>
  fields.some((field) => frame.values(field).length > 0);
const isOf = (side: 'local' | 'other', frame: Frame, local: string): boolean =>
  (frame.sender === local) === (side === 'local');

interface Handshake {
  /** The last one before `answer`. */
  readonly syn: Frame;
  /** The first one after `syn`, and the last one: it may be sent again. */
  readonly answer: Frame;
  readonly lastAnswer: Frame;
  /** What ends it; undefined when it was refused, or is not in the capture. */
  readonly ack: Frame | undefined;
}

/** Undefined unless a SYN and its answer were captured. */
function handshakeOf(frames: readonly Frame[]): Handshake | undefined {
  const first = frames.findIndex(isAnswer);
  const server = frames[first]?.sender;
  if (server === undefined) return undefined;
  const end = frames.findIndex((one, at) => at > first && one.sender !== server && !is(one, 'syn'));
  const before = end < 0 ? frames : frames.slice(0, end);
  const at = before.findLastIndex(isSyn);
  const answers = at < 0 ? [] : before.slice(at).filter(isAnswer);
  const [syn, answer, lastAnswer, ack] = [before[at], answers[0], answers.at(-1), frames[end]];
  if (syn === undefined || answer === undefined || lastAnswer === undefined) return undefined;
  const ends = ack !== undefined && is(ack, 'ack') && !is(ack, 'reset');
  return { syn, answer, lastAnswer, ack: ends ? ack : undefined };
}

const hasBothSyns = (frames: readonly Frame[]): boolean =>
  frames.some(isSyn) && frames.some(isAnswer);
const between = (from: Frame, to: Frame): bigint => (to.timeNs - from.timeNs) / 1000n;

/** The windows of a side. That of a SYN is never scaled (RFC 7323, 2.2), also when it is sent again. */
function windowFigures(side: 'local' | 'other'): Figure[] {
  const size = (frame: Frame): string =>
    last(frame, is(frame, 'syn') ? 'tcp.window_size_value' : 'tcp.window_size');
  const row = (name: string, of: (frames: readonly Frame[]) => string | undefined): Figure => ({
    name: `TCP window, ${name}, ${side}`,
    member: `tcp.${side}.window_${name}`,
    fields: [...windows, ...flags],
    whole: (frames, local) =>
      hasBothSyns(frames)
        ? of(frames.filter((frame) => isOf(side, frame, local) && !is(frame, 'reset')))
        : undefined,
  });
  const least = (frames: readonly Frame[]) =>
    frames.length === 0 ? undefined : String(Math.min(...frames.map(size).map(Number)));
  return [
    row('first', (frames) => frames.filter((one) => is(one, 'syn')).map(size)[0]),
    row('last', (frames) => frames.map(size).at(-1)),
    row('min', (frames) => least(frames.filter((one) => !is(one, 'syn'))) ?? least(frames)),
  ];
}

const resets = (side: 'local' | 'other'): Figure => ({
  name: `TCP resets, ${side}`,
  member: `tcp.${side}.resets`,
  fields: flags,
  adds: true,
  whole: (frames, local) =>
    count(frames, (frame) => is(frame, 'reset') && isOf(side, frame, local)),
});

const count = (frames: readonly Frame[], wanted: (frame: Frame) => boolean): string =>
  String(frames.filter(wanted).length);

const half = (name: string, of: (handshake: Handshake) => bigint | undefined): Figure => ({
  name: `TCP handshake, ${name}`,
  member: `tcp.rtt_${name}_us`,
  fields: flags,
  whole: (frames) => {
    const handshake = handshakeOf(frames);
    return handshake && of(handshake)?.toString();
  },
});

/** tshark's runs from the last SYN to the ACK, ours is the sum of the halves: without the time until an answer is sent again. */
const handshake: Whole = (frames) => {
  const seen = handshakeOf(frames);
  const seconds = frames.map((frame) => last(frame, initialRtt)).find((text) => text !== '');
  if (seen?.ack === undefined || seconds === undefined) return undefined;
  const waited = seen.lastAnswer.timeNs - seen.answer.timeNs;
  return String((nanoseconds(seconds) - waited) / 1000n);
};

export const tcpFigures: readonly Figure[] = [
  {
    ...{ name: 'TCP handshake', member: 'tcp.rtt_us' },
    ...{ fields: [initialRtt, ...flags], whole: handshake },
  },
  half('server', ({ syn, answer }) => between(syn, answer)),
  half('client', ({ lastAnswer, ack }) => ack && between(lastAnswer, ack)),
  resets('local'),
  resets('other'),
  ...windowFigures('local'),
  ...windowFigures('other'),
  {
    name: 'TCP sent again + out of place',
    member: 'tcp.retrans',
    fields: [...sentAgain, ...outOfPlace],
    adds: true,
    record: ({ tcp }) => tcp && `${tcp.retrans} + ${tcp.seq_errors}`,
    whole: (frames) => {
      const [again, misplaced] = [sentAgain, outOfPlace].map((fields) =>
        count(frames, (frame) => hasAny(frame, fields)),
      );
      return `${again} + ${misplaced}`;
    },
  },
];
