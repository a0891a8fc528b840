// What no schema can say: keys that need each other, listeners that would be open to everybody, files that must be
// readable. Runs on a configuration that the schema has accepted.
import { accessSync, constants, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { LinearRegex } from '../regex/linear-regex.js';
import type { Place } from './assemble.js';
import { listenerName } from './listeners.js';
import type { Problem } from './problems.js';
import type { Config, InterfaceConfig, ListenerKeys } from './schema/index.js';

/** Whether a file can be read: undefined, or the reason why not. */
export type ReadableProbe = (path: string) => string | undefined;

type Refuse = (pointer: string, message: string) => void;

/** Longest path of a UNIX socket: sun_path without its final NUL (unix(7)). */
const longestSocketPath = 107;

export function crossChecks(
  config: Config,
  places: ReadonlyMap<string, Place>,
  readable: ReadableProbe = isReadable,
): Problem[] {
  const problems: Problem[] = [];
  const refuse: Refuse = (pointer, message) => {
    const place = places.get(pointer);
    const name = place === undefined ? pointer : place.name;
    problems.push({
      origin: place?.origin ?? { kind: 'default' },
      message: `\`${name}\` ${message}`,
    });
  };
  const file = (pointer: string, path: string | undefined) => {
    const reason = path === undefined ? undefined : readable(path);
    if (reason !== undefined) refuse(pointer, `names ${path}: ${reason}`);
  };

  checkListeners(config, refuse, file);
  for (const [i, one] of config.interfaces.entries()) {
    checkInterface(one, `/interfaces/${i}`, refuse);
    file(`/interfaces/${i}/filename`, one.filename);
  }
  checkReplacements(config, refuse);
  for (const [key, path] of Object.entries(config.ndpi)) file(`/ndpi/${key}`, path);
  return problems;
}

function checkListeners(
  config: Config,
  refuse: Refuse,
  file: (pointer: string, path: string | undefined) => void,
): void {
  const seen = new Map<string, number>();
  for (const [i, keys] of config.socket.listeners.entries()) {
    const at = (key: keyof ListenerKeys) => `/socket/listeners/${i}/${key}`;
    const once = (key: 'listen_path' | 'listen_address', name: string) => {
      const first = seen.get(name);
      if (first !== undefined) {
        refuse(at(key), `is the same listener as index ${first}; remove one`);
      }
      seen.set(name, keys.index);
    };
    if (keys.listen_path !== undefined) {
      const { listen_path: path, framing } = keys;
      once('listen_path', listenerName({ type: 'unix', path, mode: 0, framing }));
      if (Buffer.byteLength(path) > longestSocketPath)
        refuse(
          at('listen_path'),
          `is longer than ${longestSocketPath} bytes; choose a shorter path`,
        );
    }
    if (keys.listen_address !== undefined) {
      const { listen_address: address, listen_port: port, framing } = keys;
      if (port !== 0)
        once(
          'listen_address',
          listenerName({ type: 'tcp', address, port, framing, insecure: false }),
        );
      checkTcp(keys, at, refuse);
      for (const key of ['tls_cert', 'tls_key', 'tls_client_ca', 'token_file'] as const)
        file(at(key), keys[key]);
    }
  }
}

function checkTcp(
  keys: ListenerKeys,
  at: (key: keyof ListenerKeys) => string,
  refuse: Refuse,
): void {
  const address = keys.listen_address as string;
  if (address !== '*' && isIP(address) === 0 && !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(address))
    refuse(at('listen_address'), `is ${address}; write an address such as 127.0.0.1 or ::1`);
  const { tls_cert, tls_key, tls_client_ca, token, token_file } = keys;
  if (tls_cert !== undefined && tls_key === undefined)
    refuse(at('tls_cert'), 'needs tls_key beside it, the private key of the certificate');
  if (tls_key !== undefined && tls_cert === undefined)
    refuse(at('tls_key'), 'needs tls_cert beside it, the certificate of the key');
  if (tls_client_ca !== undefined && tls_cert === undefined)
    refuse(at('tls_client_ca'), 'works with TLS only; give tls_cert and tls_key, too');
  if (token !== undefined && token_file !== undefined)
    refuse(at('token'), 'and token_file are both given; remove one');
  const guarded = tls_cert !== undefined || token !== undefined || token_file !== undefined;
  if (!guarded && !keys.insecure && !isLoopback(address))
    refuse(
      at('listen_address'),
      `(${address}) is beyond the loopback, where everybody who reaches it would read all; give tls_cert and tls_key, or token_file, or insecure = yes`,
    );
}

export function isLoopback(address: string): boolean {
  const plain = address.toLowerCase().replace(/^::ffff:/, '');
  return plain === 'localhost' || plain === '::1' || (isIP(plain) === 4 && /^127\./.test(plain));
}

function checkInterface(one: InterfaceConfig, at: string, refuse: Refuse): void {
  // A name of a capture file may be longer than that of an interface (IFNAMSIZ, netdevice(7)).
  if (one.filename === undefined && (one.name.length > 15 || /[/\s]/.test(one.name)))
    refuse(`${at}/name`, `names what cannot be an interface: ${one.name}; check the name`);
  if (one.capture_type === 'cap' && one.fanout_mode !== 'none' && one.filename === undefined)
    refuse(
      `${at}/fanout_mode`,
      'is hash, but capture_type = cap has no fanout; use packet-ring, or fanout_mode = none',
    );
  if (one.rb_block_size % 4096 !== 0)
    refuse(`${at}/rb_block_size`, `is ${one.rb_block_size}; it must be a multiple of 4096`);
  if (one.rb_block_size * one.rb_blocks > 2 ** 30)
    refuse(`${at}/rb_blocks`, 'times rb_block_size is more than 1 GiB; choose a smaller ring');
  if (one.rb_frame_size > one.rb_block_size)
    refuse(`${at}/rb_frame_size`, 'is larger than rb_block_size; a block must hold a frame');
  if (one.rb_frame_size % 16 !== 0)
    refuse(`${at}/rb_frame_size`, `is ${one.rb_frame_size}; it must be a multiple of 16`);
  if (one.peer === one.name) refuse(`${at}/peer`, 'is the interface itself; name another');
}

function checkReplacements(config: Config, refuse: Refuse): void {
  for (const [i, pair] of config.privacy_filter.replacements.entries()) {
    const at = (key: string) => `/privacy_filter/replacements/${i}/${key}`;
    if (pair.regex_search === undefined)
      refuse(at('regex_replace'), `needs regex_search[${pair.index}] beside it`);
    else if (pair.regex_replace === undefined)
      refuse(at('regex_search'), `needs regex_replace[${pair.index}] beside it`);
    else
      try {
        new LinearRegex(pair.regex_search, pair.regex_replace);
      } catch (error) {
        refuse(at('regex_search'), (error as Error).message);
      }
  }
}

function isReadable(path: string): string | undefined {
  try {
    if (statSync(path).isDirectory()) return 'is a folder; name a file';
    accessSync(path, constants.R_OK);
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'no such file; check the path';
    if (code === 'EACCES') return 'permission denied; let the user of the daemon read it';
    return message;
  }
}
