// `[socket]`: the stream. What stands in `socketListener` is given for each listener by its index
// (`listen_port[1]`), or without an index for all of them.
import { Type } from 'typebox';
import {
  closed,
  flag,
  integer,
  mode,
  name,
  path,
  port,
  seconds,
  secret,
  size,
  stateVolatile,
  text,
  word,
} from './values.js';

export const socketListener = {
  listen_path: Type.Optional(
    path(undefined, {
      is: 'Path of a UNIX listener. Empty: none with this index.',
      apply: 'listeners',
      netifyd: '[socket] listen_path[n]',
      example: `${stateVolatile}/dipperd.sock`,
    }),
  ),
  listen_path_mode: mode(0o660, {
    is: 'Permissions of the socket, in octal.',
    apply: 'listeners',
  }),
  listen_path_group: Type.Optional(
    name({
      is: 'Group of the socket, by name or number.',
      apply: 'listeners',
      example: 'dipperd',
    }),
  ),
  listen_address: Type.Optional(
    text(undefined, {
      is: 'Address of a TCP listener. Beyond the loopback it needs TLS, a token, or `insecure`.',
      apply: 'listeners',
      netifyd: '[socket] listen_address[n]',
      example: '127.0.0.1',
    }),
  ),
  listen_port: port(7150, {
    is: 'Port of a TCP listener, or its name in /etc/services; 0 = any free one.',
    apply: 'listeners',
    netifyd: '[socket] listen_port[n]',
  }),
  framing: word(['netifyd', 'ndjson'], 'netifyd', {
    is: 'netifyd: a line {"length": N} before each message of N bytes. ndjson: the messages alone, one a line.',
    apply: 'listeners',
  }),
  tls_cert: Type.Optional(
    path(undefined, {
      is: 'Certificate of a TCP listener with its chain, in PEM. Turns TLS on.',
      apply: 'listeners',
      example: '/etc/dipperd/server.pem',
    }),
  ),
  tls_key: Type.Optional(
    path(undefined, {
      is: 'Private key of that certificate, in PEM.',
      apply: 'listeners',
      example: '/etc/dipperd/server.key',
    }),
  ),
  tls_client_ca: Type.Optional(
    path(undefined, {
      is: 'Authority that must have signed the certificate of a client, in PEM (mutual TLS).',
      apply: 'listeners',
      example: '/etc/dipperd/clients.pem',
    }),
  ),
  token: Type.Optional(
    secret({
      is: 'What a client must say first, 16 printable characters or more. A file of its own (token_file) keeps it out of the configuration.',
      apply: 'listeners',
    }),
  ),
  token_file: Type.Optional(
    path(undefined, {
      is: 'File with the token.',
      apply: 'listeners',
      example: '/etc/dipperd/token',
    }),
  ),
  insecure: flag(false, {
    is: 'Let a TCP listener beyond the loopback start without TLS and token: everybody who reaches it reads all.',
    apply: 'listeners',
  }),
};

export const socket = {
  dump_established_flows: flag(false, {
    is: 'Send a new client every live flow with its counters before the live messages.',
    apply: 'stream',
    netifyd: '[socket] dump_established_flows',
  }),
  dump_unknown_flows: flag(false, {
    is: 'Also send flows whose protocol and application are unknown.',
    apply: 'engine',
    netifyd: '[socket] dump_unknown_flows',
  }),
  max_clients: integer(64, [1, 4096], {
    is: 'Clients at a time; further ones are refused.',
    apply: 'stream',
    unit: 'clients',
  }),
  slow_client_policy: word(['disconnect', 'drop_oldest'], 'disconnect', {
    is: 'What happens to a client that does not keep up: it is cut, or loses the oldest messages and is told how many.',
    apply: 'stream',
  }),
  slow_client_bytes: size(33554432, [65536, 1073741824], {
    is: 'Bytes that may wait for one client.',
    apply: 'stream',
  }),
  slow_client_seconds: seconds(10, [1, 3600], {
    is: 'Time for which a message may wait for a client.',
    apply: 'stream',
  }),
  wait_for_client: flag(false, {
    is: 'Begin to capture when the first client is connected. For capture files that are replayed to a socket.',
    apply: 'restart',
    netifyd: 'option --wait-for-client (3.x)',
  }),
};

const indexed = {
  index: Type.Integer({ minimum: 0, maximum: 1023 }),
};

export const Listener = closed({ ...indexed, ...socketListener });

export const socketSection = closed(
  { ...socket, listeners: Type.Array(Listener, { default: [], maxItems: 64 }) },
  'The stream of messages and its listeners. Without any, there are two: dipperd.sock in path_state_volatile, and port 7150 of 127.0.0.1.',
);
