// `dipper spy`: what is in a capture. SnabbWall's command with its options, words and line formats, and NDJSON.
import { accessSync, constants } from 'node:fs';
import { loadApplications } from '../../applications/table.js';
import { Engine, type EngineCounters, type EngineOptions } from '../../capture/engine.js';
import {
  ndpiFileProblems,
  ndpiProblemText,
  refuseNdpiFiles,
} from '../../capture/ndpi-file-problems.js';
import { exitCodes, fileError } from '../../errors.js';
import { account } from '../account.js';
import type { Command, CommandSpec, Io, OptionValues } from '../command.js';
import { flowLine, statsLine } from '../format.js';
import { flowName, unknown } from '../names.js';
import { OutputClosed } from '../output.js';
import { Progress } from '../progress.js';
import { type SpyOptions, spyOptions } from '../spy-options.js';

const spec: CommandSpec = {
  name: 'spy',
  summary: 'Names the protocol and the application of every flow in a capture or on an interface.',
  usage: '[options] [pcap] FILE|-\n       dipper spy [options] [packet-ring|cap] IFACE',
  examples: [
    ['dipper spy traffic.pcap', 'every flow of a capture file, one line each'],
    [
      'dipper spy --json traffic.pcap.gz | jq .flow.host_server_name',
      'the complete records, as NDJSON',
    ],
    [
      'ssh gw tcpdump -U -w - | dipper spy --live pcap -',
      'flows of another machine, as they are identified',
    ],
    ['dipper spy --live packet-ring eth0', 'what passes a network interface now, until Ctrl-C'],
    ['dipper spy --stats --workers 2 traffic.pcapng', 'with totals and rates, on two processors'],
  ],
  options: [
    { flags: '-l, --live', description: 'print each flow once, as soon as it is identified' },
    {
      flags: '-s, --stats',
      description: 'print bytes, packets and rates at the end; with --live every 2 s',
    },
    { flags: '-D, --duration <secs>', description: 'stop after that time' },
    { flags: '--json', description: 'NDJSON: one flow_purge for each flow; with --live also flow' },
    { flags: '--workers <n>', description: 'threads that analyse, 1 to 64 (default 1)' },
    { flags: '--expire', description: 'end flows by idle time and age as a live capture does' },
    {
      flags: '--max-flows <n>',
      description: 'most flows to track at a time; the oldest make room',
    },
    {
      flags: '--tunnels <list>',
      description:
        'look inside these only: gtp_u,capwap,tzsp,gre,vxlan,\nip_in_ip,teredo, or all (default), or none',
    },
    {
      flags: '--dpi-packets <n>',
      description: 'packets of a flow to inspect; N,M for TCP and UDP',
    },
    {
      flags: '--packets <n>',
      description:
        'with --json, sizes and intervals of the first packets\nof each flow, 32 at most',
    },
    { flags: '--reference', description: "count and decide exactly as nDPI's own test run does" },
    { flags: '--ndpi-protocols <file>', description: 'own protocols, in the format of nDPI' },
    { flags: '--ndpi-categories <file>', description: 'own categories' },
    { flags: '--ndpi-risky-domains <file>', description: 'domains to flag' },
    { flags: '--ndpi-ja3 <file>', description: 'JA3 fingerprints to flag' },
    { flags: '--ndpi-certificates <file>', description: 'SHA-1 of certificates to flag' },
    {
      flags: '--snabb-compat',
      description:
        "SnabbWall's flow lines to the letter: lower and upper instead\nof client and server, hash as a signed 64-bit number",
    },
    {
      flags: '--filter <expr>',
      description: "only what this lets through, in libpcap's language: 'port 53'",
    },
    { flags: '--promiscuous', description: 'frames for other machines, too (interfaces)' },
    { flags: '--paced', description: 'packets in their own time (capture files)' },
    { flags: '-q, --quiet', description: 'no progress and no account on stderr' },
  ],
  exitCodes: [
    [0, 'done; also when the reader of the output went away'],
    [64, 'the command line is wrong'],
    [65, 'not a capture file, or a damaged one (what is readable was read)'],
    [66, 'no such file'],
    [69, 'no such network interface, or a kind that is not decoded'],
    [77, 'no permission; capturing needs CAP_NET_RAW'],
    [130, 'interrupted (Ctrl-C), after printing what was there; 143 by SIGTERM'],
  ],
};

const statsPeriodMs = 2000;
/** Of definition files; `dipper applications` says all. */
const mostProblems = 10;
const drainMs = 5000; // after a signal: how long a stalled reader of our output may keep us

/** The part of the engine that this command uses; tests give another. */
export type SpyEngine = Pick<Engine, 'chunks' | 'events' | 'counters' | 'stop' | 'failure'>;

export function engineOptions(options: SpyOptions): EngineOptions {
  return {
    source: options.source,
    workers: options.workers,
    events: options.live ? (options.json ? ['detected', 'expired'] : ['detected']) : ['expired'],
    reference: options.reference,
    ...(options.packets > 0 ? { packetSeries: options.packets } : {}),
    ...(options.tunnels === undefined ? {} : { tunnels: options.tunnels }),
    ...(options.maxFlows === undefined ? {} : { maxFlows: options.maxFlows }),
    expiry: options.expire || options.source.type !== 'pcap-file' ? {} : 'none',
    dpi: options.dpi,
  };
}

export async function run(
  values: OptionValues,
  operands: readonly string[],
  io: Io,
  open: (options: EngineOptions) => SpyEngine = (options) => new Engine(options),
): Promise<number> {
  const options = spyOptions(values, operands);
  for (const path of Object.values(options.dpi)) if (typeof path === 'string') mustRead(path);
  refuseNdpiFiles(options.dpi);
  for (const problem of ndpiFileProblems(options.dpi))
    io.stderr.write(`dipper: ${ndpiProblemText(problem)}\n`);
  const applications = await definitions(options, io);
  const engine = open({ ...engineOptions(options), ...applications });
  const stats = new Stats(engine);
  let code: number = exitCodes.ok;
  let broken: unknown;

  const timers: NodeJS.Timeout[] = [];
  const offSignal = io.onSignal((signal) => {
    const wanted = signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated;
    if (code === wanted) io.exit(code); // the second time means now
    code = wanted;
    void engine.stop();
    timers.push(setTimeout(() => io.exit(wanted), drainMs));
  });
  if (options.durationMs !== undefined) {
    timers.push(setTimeout(() => void engine.stop(), options.durationMs));
  }
  const statsTo = (line: string) =>
    options.json ? Promise.resolve(io.stderr.write(line)) : io.stdout.write(line);
  if (options.stats && options.live) {
    const tick = () =>
      statsTo(stats.next()).catch((error: unknown) => {
        broken = error;
        void engine.stop();
      });
    timers.push(setInterval(() => void tick(), statsPeriodMs));
  }
  const progress = wantsProgress(options, io)
    ? new Progress(io.stderr, () => progressCounters(engine.counters()))
    : undefined;

  try {
    await (options.json ? writeJson(engine, io) : writeLines(engine, options, io, progress));
    progress?.end();
    if (broken !== undefined) throw broken;
    if (options.stats) await statsTo(stats.next());
  } catch (error) {
    if (error instanceof OutputClosed) return exitCodes.ok;
    throw error;
  } finally {
    progress?.end();
    for (const timer of timers) clearTimeout(timer);
    offSignal();
    void engine.stop();
  }

  const counters = engine.counters();
  const { text, balanced } = account(counters);
  const failure = engine.failure();
  const nothingRead = failure !== undefined && counters.totals.packets_read === 0;
  if ((!options.quiet && !nothingRead) || !balanced) io.stderr.write(text);
  if (failure !== undefined) {
    io.stderr.write(`dipper: ${failure.message}\n`);
    if (code === exitCodes.ok) code = failure.exitCode;
  }
  return code === exitCodes.ok && !balanced ? exitCodes.internal : code;
}

/** For NDJSON: the text output is in the library's words, and `--reference` says what the library says. */
async function definitions(
  options: SpyOptions,
  io: Io,
): Promise<Pick<EngineOptions, 'applications'>> {
  if (!options.json || options.reference) return {};
  const { table, problems } = await loadApplications();
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (!options.quiet)
    for (const { file, line, message } of errors.slice(0, mostProblems))
      io.stderr.write(`dipper: ${file}:${line}: ${message}\n`);
  return { applications: table };
}

function mustRead(path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    throw fileError(path, cause as NodeJS.ErrnoException);
  }
}

/** The native side has written the lines; they pass through untouched. */
async function writeJson(engine: SpyEngine, io: Io): Promise<void> {
  for await (const chunk of engine.chunks()) await io.stdout.write(chunk);
}

async function writeLines(
  engine: SpyEngine,
  options: SpyOptions,
  io: Io,
  progress: Progress | undefined,
): Promise<void> {
  for await (const messages of engine.events()) {
    let lines = '';
    for (const message of messages) {
      if (message.type === 'flow_purge') {
        lines += flowLine(message.flow, message.flow.total_packets, options.snabbCompat);
      } else if (message.type === 'flow' && flowName(message.flow) !== unknown) {
        lines += flowLine(message.flow, message.flow.detection_packets, options.snabbCompat);
      }
    }
    if (lines === '') continue;
    progress?.hide();
    await io.stdout.write(lines);
  }
}

/** Packets and bytes since the last line, and the wall time that they took. */
class Stats {
  readonly #engine: SpyEngine;
  #since = performance.now();
  #bytes = 0;
  #packets = 0;

  constructor(engine: SpyEngine) {
    this.#engine = engine;
  }

  next(): string {
    const { bytes_read: bytes = 0, packets_read: packets = 0 } = this.#engine.counters().totals;
    const now = performance.now();
    const line = statsLine(
      new Date(),
      bytes - this.#bytes,
      packets - this.#packets,
      (now - this.#since) / 1000,
    );
    this.#since = now;
    this.#bytes = bytes;
    this.#packets = packets;
    return line;
  }
}

/** Somebody looks at stderr, and standard output is not busy on the same screen. */
function wantsProgress(options: SpyOptions, io: Io): boolean {
  const quietScreen = !options.json && !options.live && !options.expire;
  return (
    !options.quiet &&
    io.stderr.isTty &&
    io.environment.TERM !== 'dumb' &&
    (!io.stdoutIsTty || quietScreen)
  );
}

function progressCounters({ totals }: EngineCounters) {
  const { packets_read = 0, capture_bytes_read = 0, capture_bytes_total = 0 } = totals;
  return { packets_read, capture_bytes_read, capture_bytes_total };
}

export const command: Command = { spec, run };
