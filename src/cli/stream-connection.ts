// One connection to a stream: opened, introduced, read to its end.
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { DipperError } from '../errors.js';
import { connectError, type StreamOptions, type Target } from './stream-options.js';

const connectMs = 10_000;

/** The first of the targets that answers. Throws DipperError. */
export async function openStream(
  options: Pick<StreamOptions, 'targets' | 'tls' | 'token'>,
  signal: AbortSignal,
): Promise<{ socket: Socket; target: Target }> {
  const failures: [Target, NodeJS.ErrnoException][] = [];
  for (const target of options.targets) {
    try {
      const socket = await open(target, options.tls, signal);
      if (options.token !== undefined)
        socket.write(`${JSON.stringify({ token: options.token })}\n`);
      return { socket, target };
    } catch (error) {
      failures.push([target, error as NodeJS.ErrnoException]);
    }
  }
  throw connectError(failures);
}

function open(target: Target, tls: StreamOptions['tls'], signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new Error('interrupted'));
      return;
    }
    const socket = start(target, tls);
    const timer = setTimeout(() => {
      socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }));
    }, connectMs);
    const stop = () => socket.destroy(new Error('interrupted'));
    signal.addEventListener('abort', stop, { once: true });
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      socket.off('error', failed);
    };
    const failed = (error: Error) => {
      settle();
      reject(error);
    };
    socket.on('error', failed);
    socket.on('error', () => {}); // whoever reads gets it from the iteration
    socket.once(target.kind === 'tls' ? 'secureConnect' : 'connect', () => {
      settle();
      resolve(socket);
    });
  });
}

function start(target: Target, { ca, cert, key, name }: StreamOptions['tls']): Socket {
  if (target.kind === 'unix') return connect(target.path);
  const { host, port } = target;
  if (target.kind === 'tcp') return connect({ host, port });
  const servername = name ?? (isIP(host) === 0 ? host : undefined);
  return connectTls({
    host,
    port,
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(servername !== undefined && { servername }),
  });
}

/** What a TLS or TCP connection broke with, in our words. */
export function brokenStream(error: Error): DipperError {
  return new DipperError('ERR_STREAM_UNAVAILABLE', `the stream broke: ${error.message}`, {
    cause: error,
  });
}
