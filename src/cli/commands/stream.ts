// `dipper stream`: connects to a listener, of dipperd or of a netifyd, and prints its messages, one a line.
import { setTimeout as sleep } from 'node:timers/promises';
import { DipperError, exitCodes } from '../../errors.js';
import type { Command, CommandSpec, Io, OptionValues } from '../command.js';
import { FrameReader } from '../frame-reader.js';
import { OutputClosed } from '../output.js';
import { brokenStream, openStream } from '../stream-connection.js';
import { type StreamOptions, streamOptions, targetName } from '../stream-options.js';

export const spec: CommandSpec = {
  name: 'stream',
  summary: 'The messages of a running dipperd, or of a netifyd, one JSON object a line.',
  usage: '[options]',
  examples: [
    ['dipper stream', 'everything, from the daemon on this machine'],
    ['dipper stream --type flow | jq .flow.detected_protocol_name', 'what each new flow is'],
    [
      `dipper stream --filter "application == 'Netflix' and local_ip == 192.168.1.0/24"`,
      'one application, one network',
    ],
    [
      'dipper stream --connect tls://gateway:7150 --tls-ca ca.pem --token-file token',
      'another machine',
    ],
  ],
  options: [
    {
      flags: '-t, --type <type>',
      description: 'messages of that type only; may be repeated; see `dipper schema`',
      repeat: true,
    },
    {
      flags: '-f, --filter <expression>',
      description: 'messages that the expression matches; see docs/reference/match.md',
    },
    {
      flags: '-c, --connect <address>',
      description:
        'path of a socket, host:port, or tls://host:port (default\n/run/dipperd/dipperd.sock, else 127.0.0.1:7150)',
    },
    { flags: '--snapshot', description: 'ask for all live flows first' },
    { flags: '--reconnect', description: 'connect again when the stream ends, for ever' },
    { flags: '--token-file <file>', description: 'file with the token; or $DIPPER_TOKEN' },
    {
      flags: '--tls-ca <file>',
      description: 'authority that signed the certificate of the server',
    },
    { flags: '--tls-cert <file>', description: 'own certificate, where the server asks for one' },
    { flags: '--tls-key <file>', description: 'its key' },
    {
      flags: '--tls-name <name>',
      description: 'name in the certificate, where it is not the host',
    },
    { flags: '-q, --quiet', description: 'no notices on stderr' },
  ],
  exitCodes: [
    [0, 'the server ended the stream, or the reader of the output went away'],
    [64, 'the command line or the filter is wrong'],
    [65, 'what answers is no stream of messages'],
    [66, 'a file that an option names is not there'],
    [69, 'nobody answers, or the stream broke'],
    [77, 'no permission for the socket, or the token is wrong'],
    [130, 'interrupted (Ctrl-C); 143 by SIGTERM'],
  ],
};

const firstRetryMs = 1000;
const lastRetryMs = 30_000;

export async function run(
  values: OptionValues,
  operands: readonly string[],
  io: Io,
): Promise<number> {
  const options = await streamOptions(values, operands, io.environment);
  const controller = new AbortController();
  let code: number = exitCodes.ok;
  const offSignal = io.onSignal((signal) => {
    code = signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated;
    controller.abort();
  });
  try {
    await readStreams(options, io, controller.signal);
  } catch (error) {
    if (error instanceof OutputClosed) return exitCodes.ok;
    if (!controller.signal.aborted) throw error;
  } finally {
    offSignal();
  }
  return code;
}

async function readStreams(options: StreamOptions, io: Io, signal: AbortSignal): Promise<void> {
  const notice = (text: string) => {
    if (!options.quiet) io.stderr.write(`dipper: ${text}\n`);
  };
  let retryMs = firstRetryMs;
  for (;;) {
    try {
      const read = await readStream(options, io, signal, notice);
      if (read > 0) retryMs = firstRetryMs;
      if (!options.reconnect) return;
    } catch (error) {
      const transient =
        error instanceof DipperError && error.code === 'ERR_STREAM_UNAVAILABLE' && !signal.aborted;
      if (!options.reconnect || !transient) throw error;
      notice(error.message);
    }
    notice(`connecting again in ${retryMs / 1000} s`);
    await sleep(retryMs, undefined, { signal });
    retryMs = Math.min(2 * retryMs, lastRetryMs);
  }
}

/** Reads one connection to its end. How many messages came. */
async function readStream(
  options: StreamOptions,
  io: Io,
  signal: AbortSignal,
  notice: (text: string) => void,
): Promise<number> {
  const { socket, target } = await openStream(options, signal);
  const stop = () => socket.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const reader = new FrameReader();
  const printer = new Printer(options, notice);
  let count = 0;
  try {
    for await (const data of socket) {
      const messages = reader.read(data as Buffer);
      // A netifyd hangs up on who writes: only a server that numbers its messages is told what we want.
      if (count === 0 && messages[0] !== undefined && 'seq' in parsed(messages[0])) {
        socket.write(requests(options));
      }
      count += messages.length;
      const lines = printer.select(messages);
      if (lines.length > 0) await io.stdout.write(lines);
    }
  } catch (error) {
    if (signal.aborted || error instanceof DipperError || error instanceof OutputClosed)
      throw error;
    if (!printer.farewell) throw brokenStream(error as Error);
  } finally {
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
  if (printer.farewell) throw printer.farewell;
  if (reader.partial) throw brokenStream(new Error('it ended in the middle of a message'));
  notice(`${targetName(target)} has ended the stream`);
  return count;
}

function requests({ types, filter, snapshot }: StreamOptions): string {
  const lines: object[] = [];
  if (types !== undefined || filter !== undefined) {
    lines.push({ subscribe: { ...(types && { types }), ...(filter && { filter: filter.text }) } });
  }
  if (snapshot) lines.push({ snapshot: true });
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

function parsed(message: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(message.toString('utf8')) as Record<string, unknown>;
  } catch {
    throw new DipperError(
      'ERR_STREAM_FORMAT',
      `what answers there is no stream of messages: ${JSON.stringify(message.toString('latin1', 0, 40))}`,
    );
  }
}

const newline = Buffer.from('\n');
const shortType = /^\{(?:"seq":\d+,)?"type":"(\w+)"/;

/** Chooses what is printed; errors and losses that the server tells of are notices, too. */
class Printer {
  /** What the server said before it closed. */
  farewell: DipperError | undefined;
  readonly #types: ReadonlySet<string> | undefined;
  readonly #matches: StreamOptions['filter'];
  readonly #notice: (text: string) => void;

  constructor({ types, filter }: StreamOptions, notice: (text: string) => void) {
    this.#types = types === undefined ? undefined : new Set(types);
    this.#matches = filter;
    this.#notice = notice;
  }

  /** The wanted messages as lines, in memory of their own. */
  select(messages: readonly Buffer[]): Buffer {
    const parts: Buffer[] = [];
    for (const message of messages) if (this.#wants(message)) parts.push(message, newline);
    return Buffer.concat(parts);
  }

  #wants(message: Buffer): boolean {
    let object: Record<string, unknown> | undefined;
    let type: unknown = shortType.exec(message.toString('latin1', 0, 80))?.[1];
    if (type === undefined) {
      object = parsed(message);
      type = object.type;
    }
    if (type === 'error') {
      this.#problem(object ?? parsed(message));
      return false;
    }
    if (type === 'dropped') {
      const { count, bytes } = object ?? parsed(message);
      this.#notice(`${count} messages (${bytes} bytes) are lost: the output was read too slowly`);
    }
    if (this.#types !== undefined && !this.#types.has(String(type))) return false;
    return this.#matches === undefined || this.#matches.matches(object ?? parsed(message));
  }

  #problem({ code, message }: Record<string, unknown>): void {
    // Whoever answers there writes this; it must not steer a terminal.
    const text = `the server says: ${String(message).replaceAll(/\p{Cc}+/gu, ' ')}`;
    if (code === 'token_required') {
      this.farewell = new DipperError('ERR_PERMISSION', `${text}; see --token-file`);
    } else if (code === 'too_many_clients') {
      this.farewell = new DipperError('ERR_STREAM_UNAVAILABLE', text);
    } else {
      this.#notice(text);
    }
  }
}

export const command: Command = { spec, run };
