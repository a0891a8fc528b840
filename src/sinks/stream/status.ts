// What the server says of itself: for `dipper status`, metrics and tests. Numbers count since the server began.
import type { Socket } from 'node:net';
import type { ClientCounters, StreamClient } from './client.js';
import type { Framing } from './options.js';

export interface ClientStatus extends ClientCounters {
  id: number;
  listener: string;
  peer: string;
  framing: Framing;
  /** ms since 1970. */
  connected_at: number;
  /** Bytes that wait for it now. */
  backlog_bytes: number;
  types?: readonly string[];
  filter?: string;
}

export interface StreamStatus {
  /** Number of the last published message. */
  seq: number;
  /** `port` where the listener has one, also when it was any free one. */
  listeners: { name: string; port?: number; clients: number; handshake_failures: number }[];
  clients: ClientStatus[];
  snapshots_made: number;
  snapshots_failed: number;
  /** Over all clients, also those that have gone. */
  totals: ClientCounters & {
    clients_accepted: number;
    /** No room for another client. */
    clients_refused: number;
    /** Did not say the token. */
    clients_rejected: number;
    /** Cut because they did not keep up. */
    clients_slow: number;
    /** Cut because they sent too many lines. */
    clients_flooding: number;
    /** Lines that were no JSON objects and were not published. */
    messages_malformed: number;
  };
}

export function clientStatus(client: StreamClient): ClientStatus {
  const { types, filter } = client.subscription ?? {};
  return {
    id: client.id,
    listener: client.listener,
    peer: client.peer,
    framing: client.framing,
    connected_at: client.since,
    backlog_bytes: client.backlog,
    ...client.counters,
    ...(types === undefined ? {} : { types: [...types] }),
    ...(filter === undefined ? {} : { filter }),
  };
}

/** `192.0.2.1:50123`, `[2001:db8::1]:50123`, or `unix`. */
export function peerName({ remoteAddress, remotePort }: Socket): string {
  if (remoteAddress === undefined) return 'unix';
  const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/, '');
  return `${address.includes(':') ? `[${address}]` : address}:${remotePort}`;
}
