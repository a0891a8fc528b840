// `dipper explain`: why a live flow of the running daemon is the application that it is said to be.
import { DipperError, exitCodes } from '../../errors.js';
import {
  type Command,
  type CommandSpec,
  type Io,
  type OptionValues,
  usageError,
} from '../command.js';
import { FrameReader } from '../frame-reader.js';
import { brokenStream, openStream } from '../stream-connection.js';
import { type StreamOptions, streamOptions } from '../stream-options.js';

const spec: CommandSpec = {
  name: 'explain',
  summary: 'Why a live flow is the application that it is said to be: rule, field, packet.',
  usage: '[options] DIGEST',
  examples: [
    ['dipper explain 0123456789abcdef0123456789abcdef01234567', 'the rule, what else matched'],
    ['dipper explain --json DIGEST | jq .flow.explain.rule', 'the whole flow as JSON'],
  ],
  options: [
    { flags: '--json', description: 'the whole `flow` message, with `flow.explain`' },
    {
      flags: '-c, --connect <address>',
      description:
        'path of a socket, host:port, or tls://host:port (default\n/run/dipperd/dipperd.sock, else 127.0.0.1:7150)',
    },
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
  ],
  exitCodes: [
    [0, 'explained'],
    [64, 'the command line is wrong'],
    [66, 'no live flow has that digest'],
    [69, 'nobody answers, or the stream broke'],
    [77, 'no permission for the socket, or the token is wrong'],
  ],
};

interface Place {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

interface Fit {
  readonly field?: string;
  readonly value?: string;
  readonly rule?: Place & { readonly application: string };
  readonly transform?: Place & { readonly value?: string };
}

interface Answer {
  readonly type: string;
  readonly code?: string;
  readonly message?: string;
  readonly flow?: {
    readonly digest: string;
    readonly detected_application_name: string;
    readonly detected_protocol_name: string;
    readonly category: { readonly application: string; readonly domain: string };
    readonly ndpi: { readonly protocol: string; readonly confidence: string };
    readonly explain?: Fit & { readonly packet?: number; readonly others: readonly Fit[] };
  };
}

const patienceMs = 30_000;
/** What the network and the server say must not steer a terminal. */
const plain = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ');

const where = ({ text, file, line }: Place): string => `${text}  ${file}:${line}`;
const hidden = 'hidden by the privacy filter';

function place({ rule, field, value = hidden, transform }: Fit): string {
  const change =
    transform === undefined ? '' : `, as ${transform.value ?? hidden} by ${where(transform)}`;
  return `${rule && where(rule)}  by ${field} = ${value}${change}`;
}

export function explanationText({ flow }: Answer): string {
  if (flow === undefined) return '';
  const rows: [string, string][] = [['application', flow.detected_application_name]];
  const { explain } = flow;
  if (explain?.rule !== undefined)
    rows.push(['rule', place(explain)], ['at packet', String(explain.packet)]);
  else rows.push(['rule', 'none matches']);
  for (const other of explain?.others ?? [])
    rows.push(['also', `${other.rule?.application} by ${place(other)}`]);
  rows.push(
    ['category', `${flow.category.application}; of its name: ${flow.category.domain}`],
    ['protocol', flow.detected_protocol_name],
    ['libndpi', `${flow.ndpi.protocol} (${flow.ndpi.confidence})`],
  );
  return plain(flow.digest)
    .concat('\n')
    .concat(rows.map(([what, text]) => `  ${what.padEnd(13)}${plain(text)}\n`).join(''));
}

/** Asks, and returns the answer's line. */
async function ask(options: StreamOptions, digest: string): Promise<Buffer> {
  const signal = AbortSignal.timeout(patienceMs);
  const { socket } = await openStream(options, signal);
  const reader = new FrameReader();
  let asked = false;
  socket.setTimeout(patienceMs, () => socket.destroy(new Error('no answer')));
  try {
    for await (const data of socket) {
      for (const message of reader.read(data as Buffer)) {
        const { type, code, seq, flow } = JSON.parse(message.toString('utf8')) as Answer & {
          seq?: number;
        };
        if (seq === undefined)
          throw new DipperError('ERR_STREAM_FORMAT', 'what answers there is no dipperd');
        // Nothing but the answer is wanted; it comes all the same.
        if (!asked) socket.write(`{"subscribe":{"types":["error"]}}\n{"explain":"${digest}"}\n`);
        asked = true;
        if (type === 'flow' && flow?.explain !== undefined && flow.digest === digest)
          return message;
        if (type === 'error' && code !== undefined) return message;
      }
    }
  } catch (error) {
    if (error instanceof DipperError) throw error;
    throw brokenStream(error as Error);
  } finally {
    socket.destroy();
  }
  throw brokenStream(new Error('it ended without an answer'));
}

async function run(values: OptionValues, operands: readonly string[], io: Io): Promise<number> {
  const [digest, ...more] = operands;
  if (digest === undefined || more.length > 0 || !/^[0-9a-f]{40}$/.test(digest))
    throw usageError('explain', 'name one flow by its digest, 40 hexadecimal digits');
  const options = await streamOptions({ ...values }, [], io.environment);
  const line = await ask(options, digest);
  const answer = JSON.parse(line.toString('utf8')) as Answer;
  if (answer.type === 'error') {
    const code =
      answer.code === 'flow_unknown'
        ? 'ERR_INPUT_NOT_FOUND'
        : answer.code === 'token_required'
          ? 'ERR_PERMISSION'
          : 'ERR_STREAM_UNAVAILABLE';
    throw new DipperError(code, plain(answer.message ?? 'no reason was given'));
  }
  await io.stdout.write(
    values.json === true ? `${line.toString('utf8').trim()}\n` : explanationText(answer),
  );
  return exitCodes.ok;
}

export const command: Command = { spec, run };
