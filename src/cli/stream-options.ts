// The command line of `dipper stream` -> where to connect and what to print.
import { readFileSync } from 'node:fs';
import { DipperError, fileError } from '../errors.js';
import type { Matcher } from '../match/index.js';
import { type OptionValues, usageError } from './command.js';

export type Target =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp' | 'tls'; readonly host: string; readonly port: number };

export interface StreamOptions {
  /** Tried in this order; the first that answers is read. */
  readonly targets: readonly Target[];
  readonly types: readonly string[] | undefined;
  readonly filter: { readonly text: string; readonly matches: Matcher } | undefined;
  readonly token: string | undefined;
  readonly tls: {
    readonly ca?: Buffer;
    readonly cert?: Buffer;
    readonly key?: Buffer;
    readonly name?: string;
  };
  readonly snapshot: boolean;
  readonly reconnect: boolean;
  readonly quiet: boolean;
}

const defaultPort = 7150;
const defaultTargets: readonly Target[] = [
  { kind: 'unix', path: '/run/dipperd/dipperd.sock' },
  { kind: 'tcp', host: '127.0.0.1', port: defaultPort },
];

const refuse = (message: string) => usageError('stream', message);

/** Throws DipperError. The schemas and the match language are loaded only when they are asked for. */
export async function streamOptions(
  values: OptionValues,
  operands: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<StreamOptions> {
  if (operands.length > 0) throw refuse(`${operands[0]}: give the address with --connect`);
  const text = (name: string) => values[name] as string | undefined;
  const file = (name: string) => {
    const path = text(name);
    return path === undefined ? undefined : readOption(path);
  };
  const address = text('connect');
  const types = text('type')
    ?.split(',')
    .filter((type) => type !== '');
  if (types !== undefined) await checkTypes(types);
  const filter = text('filter');
  const [ca, cert, key, name] = [file('tlsCa'), file('tlsCert'), file('tlsKey'), text('tlsName')];
  if ((cert === undefined) !== (key === undefined)) {
    throw refuse('--tls-cert and --tls-key belong together; give both');
  }
  return {
    targets: address === undefined ? defaultTargets : [parseTarget(address)],
    types,
    filter: filter === undefined ? undefined : await compiled(filter),
    token: file('tokenFile')?.toString('utf8').trim() ?? environment.DIPPER_TOKEN,
    tls: {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(name !== undefined && { name }),
    },
    snapshot: values.snapshot === true,
    reconnect: values.reconnect === true,
    quiet: values.quiet === true,
  };
}

async function checkTypes(types: readonly string[]): Promise<void> {
  const { messages } = await import('../messages/index.js');
  const unknown = types.find((type) => !Object.hasOwn(messages, type));
  if (unknown === undefined) return;
  throw refuse(`--type ${unknown}: there are ${Object.keys(messages).join(', ')}`);
}

async function compiled(text: string): Promise<{ text: string; matches: Matcher }> {
  const { compile, parseExpression } = await import('../match/index.js');
  return { text, matches: compile(parseExpression(text)) };
}

/** `/path`, `host:port`, `[address]:port`, `tls://host:port`; the port is 7150 where none is given. */
export function parseTarget(address: string): Target {
  const [, scheme = '', rest = ''] = /^(?:(unix|tcp|tls):(?:\/\/)?)?(.*)$/.exec(address) ?? [];
  if (scheme === 'unix' || (scheme === '' && rest.includes('/'))) {
    const path = scheme === 'unix' && !rest.startsWith('/') ? `/${rest}` : rest;
    return { kind: 'unix', path };
  }
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(rest) ?? [];
  const host = bracketed ?? plain;
  const port = digits === undefined ? defaultPort : Number(digits);
  if (host === undefined || port < 1 || port > 65535) {
    throw refuse(`--connect ${address}: give a path, host:port, [address]:port or tls://host:port`);
  }
  return { kind: scheme === 'tls' ? 'tls' : 'tcp', host, port };
}

export function targetName(target: Target): string {
  if (target.kind === 'unix') return target.path;
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  return `${target.kind === 'tls' ? 'tls://' : ''}${host}:${target.port}`;
}

function readOption(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw fileError(path, cause as NodeJS.ErrnoException);
  }
}

/** What to say when none of `targets` answers. */
export function connectError(
  failures: readonly (readonly [Target, NodeJS.ErrnoException])[],
): DipperError {
  const [first] = failures;
  const words = failures.map(([target, error]) => `${targetName(target)}: ${reason(error)}`);
  const denied = failures.some(([, { code }]) => code === 'EACCES' || code === 'EPERM');
  const advice = denied
    ? 'join the group of the socket, or run as its owner'
    : 'start dipperd, or name its listener with --connect';
  return new DipperError(
    denied ? 'ERR_PERMISSION' : 'ERR_STREAM_UNAVAILABLE',
    `no stream: ${words.join('; ')}; ${advice}`,
    { cause: first?.[1] },
  );
}

function reason({ code, message }: NodeJS.ErrnoException): string {
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'no such socket',
    ECONNREFUSED: 'nobody listens there',
    EACCES: 'permission denied',
    ENOTFOUND: 'no such host',
    ETIMEDOUT: 'no answer',
  };
  return words[code ?? ''] ?? message;
}
