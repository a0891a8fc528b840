// The stream: numbers what is published, gives it to every client of every listener, and keeps each of them from
// harming the others or us. docs/stream.md says what a client sees.
import type { Socket } from 'node:net';
import type { Log } from '../../log.js';
import { Batch, countLines, portions } from './batch.js';
import { type ClientCounters, messageLine, noCounts, StreamClient } from './client.js';
import { readConnection } from './connection.js';
import { type ExplanationOptions, Explanations } from './explanations.js';
import type { Listener } from './listener.js';
import { Listeners } from './listeners.js';
import { defaultLimits, type ListenerOptions, type StreamLimits } from './options.js';
import type { Request } from './request.js';
import { type SnapshotSource, Snapshots } from './snapshots.js';
import { clientStatus, peerName, type StreamStatus } from './status.js';
import { Subscription } from './subscription.js';

export interface StreamServerOptions extends ExplanationOptions {
  readonly listeners: readonly ListenerOptions[];
  /** The messages that a new client gets first, in order. */
  readonly greeting: () => readonly object[];
  readonly snapshot: SnapshotSource;
  /** Every client gets a snapshot after the greeting; else who asks. */
  readonly dumpEstablished?: boolean | undefined;
  readonly limits?: Partial<StreamLimits> | undefined;
  readonly log: Log;
  /** ms of a monotonic clock; tests give their own. */
  readonly now?: (() => number) | undefined;
}

const portionBytes = 256 * 1024;
/** At most this many ms does a message wait for others, so that they leave in one system call. */
const coalesceMs = 4;
const sweepMs = 500;
/** A fraction of what the kernel takes at once for a Unix socket: it wants to be three quarters empty first. */
const turnBytes = 32 * 1024;
/** Sockets over `maxClients` that are told why they are refused; the kernel's queue is closed unheard beyond. */
const refusalRoom = 64;
const nothing = Buffer.alloc(0);

export class StreamServer {
  readonly #options: StreamServerOptions;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #clients = new Set<StreamClient>();
  readonly #sockets = new Map<Socket, Listener>();
  readonly #snapshots: Snapshots;
  readonly #explanations: Explanations;
  readonly #listeners: Listeners;
  readonly #totals = {
    ...noCounts(),
    clients_accepted: 0,
    clients_refused: 0,
    clients_rejected: 0,
    clients_slow: 0,
    clients_flooding: 0,
    messages_malformed: 0,
  };
  readonly #firstClient: Promise<void>;
  #announceFirstClient: () => void = () => {};
  #limits: StreamLimits;
  #dumpEstablished: boolean;
  #sequence = 0;
  #nextId = 1;
  #lastFlush = Number.NEGATIVE_INFINITY;
  #flushScheduled = false;
  #publishedInTurn = 0;
  #sweep: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: StreamServerOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#now = options.now ?? (() => performance.now());
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#dumpEstablished = options.dumpEstablished === true;
    this.#listeners = new Listeners((socket, of) => this.#accept(socket, of), options.log);
    this.#listeners.limit(this.#limits.maxClients + refusalRoom);
    this.#firstClient = new Promise((resolve) => {
      this.#announceFirstClient = resolve;
    });
    this.#explanations = new Explanations(options, () => this.#sequence);
    this.#snapshots = new Snapshots(
      options.snapshot,
      () => this.#sequence,
      () => this.#scheduleFlush(),
      (error) => this.#log.error({ err: error }, 'no snapshot of the live flows'),
    );
  }

  /** Opens the listeners, all or none. Throws DipperError. */
  async listen(): Promise<void> {
    await this.#listeners.change(this.#options.listeners);
    this.#sweep = setInterval(() => this.#check(), sweepMs);
    this.#sweep.unref();
  }

  /** Number of the last published message. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Resolves when the first client has been greeted. */
  firstClient(): Promise<void> {
    return this.#firstClient;
  }

  /** To every client. Whole lines, each an object that begins with `type`; their memory is not kept. */
  publish(lines: Buffer): void {
    if (this.#closing !== undefined) return;
    this.#snapshots.settle(); // what came before goes before
    if (this.#clients.size === 0) {
      this.#sequence += countLines(lines);
      return;
    }
    this.#publishedInTurn += lines.length;
    for (const portion of portions(lines, portionBytes)) {
      const { batch, explained } = this.#explanations.batches(portion, this.#sequence + 1);
      this.#sequence = batch.lastSeq;
      this.#totals.messages_malformed += batch.malformed;
      for (const client of this.#clients)
        client.send(client.subscription?.explain ? explained : batch);
    }
    this.#boundTotal();
    this.#scheduleFlush();
  }

  /**
   * To be awaited between chunks by who publishes many in a row: a promise of the next turn of the event loop when
   * much was published in this one. Without their turns sockets take nothing, and clients that read meet their bound.
   */
  nextTurn(): Promise<void> | undefined {
    if (this.#publishedInTurn < turnBytes) return undefined;
    this.#publishedInTurn = 0;
    this.#flush();
    return new Promise((resolve) => {
      setImmediate(resolve);
    });
  }

  publishMessage(message: object): void {
    this.publish(messageLine(message));
  }

  /** Other limits from now on, also for those who are connected. */
  set(changes: { limits?: Partial<StreamLimits>; dumpEstablished?: boolean }): void {
    this.#limits = { ...this.#limits, ...changes.limits };
    this.#dumpEstablished = changes.dumpEstablished ?? this.#dumpEstablished;
    this.#listeners.limit(this.#limits.maxClients + refusalRoom);
  }

  /**
   * Other listeners: only what changed is touched, clients of the rest stay. Certificates are read again. Throws
   * DipperError, and then the listeners are as before; only one that changed its manner in place may be closed.
   */
  async reconfigure(listeners: readonly ListenerOptions[]): Promise<void> {
    const removed = await this.#listeners.change(listeners);
    for (const client of this.#clients) {
      if (removed.some(({ name }) => name === client.listener)) {
        this.#part(client, 'listener_closed', 'the listener was closed or changed; connect again');
      }
    }
  }

  status(): StreamStatus {
    const clients = [...this.#clients].map(clientStatus);
    const totals = { ...this.#totals };
    for (const { counters } of this.#clients) add(totals, counters);
    return {
      seq: this.#sequence,
      listeners: this.#listeners.all.map(({ name, port, handshakeFailures }) => ({
        name,
        ...(port === undefined ? {} : { port }),
        clients: clients.filter(({ listener }) => listener === name).length,
        handshake_failures: handshakeFailures,
      })),
      clients,
      snapshots_made: this.#snapshots.made,
      snapshots_failed: this.#snapshots.failed,
      totals,
    };
  }

  /** Accepts and publishes no more; what waits is sent for as long as `drainMs` allows. */
  close(drainMs: number): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  async #close(drainMs: number): Promise<void> {
    this.#listeners.close();
    clearInterval(this.#sweep);
    const gone = [...this.#sockets.keys()].map(
      (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
    );
    for (const client of this.#clients) {
      this.#snapshots.forget(client);
      client.end();
      // A client that only listens need not answer our end with its own.
      client.socket.once('finish', () => client.socket.destroySoon());
    }
    const waiting = new Set([...this.#clients].map(({ socket }) => socket));
    for (const socket of this.#sockets.keys()) if (!waiting.has(socket)) socket.destroy();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, drainMs);
    });
    await Promise.race([Promise.all(gone), late]);
    clearTimeout(timer);
    for (const socket of this.#sockets.keys()) socket.destroy();
    await Promise.all(gone);
  }

  #accept(socket: Socket, listener: Listener): void {
    const peer = peerName(socket);
    const framing = listener.options.framing ?? 'netifyd';
    const { token } = listener;
    // An error is followed by `close`, where it is dealt with.
    socket.on('error', (error) =>
      this.#log.debug({ peer, reason: error.message }, 'client failed'),
    );
    if (this.#closing !== undefined) {
      socket.destroy();
      return;
    }
    if (this.#sockets.size >= this.#limits.maxClients) {
      this.#totals.clients_refused += 1;
      this.#log.warn({ peer, limit: this.#limits.maxClients }, 'client refused: too many');
      const message = `${this.#limits.maxClients} clients are connected, which is the limit`;
      if (token !== undefined) socket.destroy();
      else say(socket, framing, this.#sequence, { code: 'too_many_clients', message });
      return;
    }
    socket.setKeepAlive(true, 60_000);
    const client = new StreamClient({
      id: this.#nextId++,
      socket,
      peer,
      listener: listener.name,
      framing,
      limits: () => this.#limits,
      now: this.#now,
      onSlow: (slow, why) => this.#cutSlow(slow, why),
    });
    this.#sockets.set(socket, listener);
    socket.on('close', () => this.#forget(client));
    const answer = (code: string, message: string) => {
      client.counters.requests_refused += 1;
      client.tell({ type: 'error', code, message }, this.#sequence);
      client.flush();
    };
    readConnection(socket, token, () => this.#limits, this.#now, {
      admitted: () => this.#admit(client),
      rejected: (why) => {
        this.#totals.clients_rejected += 1;
        this.#log.warn({ peer, listener: listener.name }, `client rejected: ${why}`);
        say(socket, framing, 0, {
          code: 'token_required',
          message: `${why}; the first line must be {"token": "..."}`,
        });
      },
      request: (request) => this.#serve(client, request, answer),
      refused: answer,
      flooded: () => {
        this.#totals.clients_flooding += 1;
        const { requestsPerMinute } = this.#limits;
        this.#part(client, 'too_many_requests', `more than ${requestsPerMinute} lines in a minute`);
      },
    });
  }

  #admit(client: StreamClient): void {
    this.#totals.clients_accepted += 1;
    this.#log.debug({ peer: client.peer, listener: client.listener }, 'client connected');
    for (const message of this.#options.greeting()) client.tell(message, this.#sequence, true);
    this.#clients.add(client);
    if (this.#dumpEstablished) this.#snapshots.request(client);
    client.flush();
    this.#announceFirstClient();
  }

  #serve(
    client: StreamClient,
    request: Request,
    refuse: (code: string, problem: string) => void,
  ): void {
    client.counters.requests += 1;
    if ('snapshot' in request) {
      if (!this.#snapshots.request(client)) {
        refuse('snapshot_pending', 'a snapshot is under way already');
      }
      return;
    }
    if ('explain' in request) {
      if (!this.#explanations.request(client, request.explain))
        refuse('explain_pending', 'an explanation is under way already');
      return;
    }
    try {
      client.subscription = new Subscription(request.subscribe);
    } catch (error) {
      refuse('subscription_invalid', (error as Error).message);
    }
    this.#explanations.count(this.#clients);
  }

  /** Says why, sends what waits, ends. */
  #part(client: StreamClient, code: string, message: string): void {
    this.#snapshots.forget(client);
    this.#explanations.forget(client);
    client.tell({ type: 'error', code, message }, this.#sequence);
    client.end();
    const { socket } = client;
    socket.once('finish', () => socket.destroySoon());
    setTimeout(() => socket.destroy(), this.#limits.queueSeconds * 1000).unref();
  }

  #cutSlow(client: StreamClient, why: string): void {
    if (client.gone) return;
    this.#totals.clients_slow += 1;
    this.#log.warn({ peer: client.peer, backlog_bytes: client.backlog }, `client cut: ${why}`);
    client.socket.destroy();
  }

  #forget(client: StreamClient): void {
    this.#sockets.delete(client.socket);
    client.closed();
    this.#snapshots.forget(client);
    this.#explanations.forget(client);
    if (this.#clients.delete(client)) add(this.#totals, client.counters);
    this.#explanations.count(this.#clients);
  }

  /** All together have a bound, too: who has the most gives. */
  #boundTotal(): void {
    const { totalBytes } = this.#limits;
    let sum = 0;
    for (const client of this.#clients) sum += client.gone ? 0 : client.backlog;
    while (sum > totalBytes) {
      let most: StreamClient | undefined;
      for (const client of this.#clients) {
        if (!client.gone && client.backlog > (most?.backlog ?? 0)) most = client;
      }
      if (most === undefined) return;
      const before = most.backlog;
      most.shed(`more than ${totalBytes} bytes wait for all clients, most of them for it`);
      const after = most.gone ? 0 : most.backlog;
      if (after >= before) return;
      sum -= before - after;
    }
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    const wait = coalesceMs - (this.#now() - this.#lastFlush);
    if (wait <= 0) setImmediate(this.#flush);
    else setTimeout(this.#flush, wait);
  }

  readonly #flush = (): void => {
    this.#flushScheduled = false;
    this.#publishedInTurn = 0;
    this.#lastFlush = this.#now();
    this.#snapshots.settle();
    for (const client of this.#clients) client.flush();
  };

  #check(): void {
    for (const client of this.#clients) {
      client.checkAge();
      client.flush();
      // A peer that closed its direction shows only in a write whether it is still there.
      if (client.socket.readableEnded && client.backlog === 0) client.socket.write(nothing);
    }
  }
}

/** A last message to a socket that is no client. */
function say(
  socket: Socket,
  framing: 'netifyd' | 'ndjson',
  seq: number,
  error: { code: string; message: string },
): void {
  const line = messageLine({ type: 'error', ...error });
  socket.end(new Batch(line, seq, 0).framed(framing));
  socket.resume();
  setTimeout(() => socket.destroy(), 1000).unref();
}

function add(sums: ClientCounters, numbers: ClientCounters): void {
  for (const name of Object.keys(noCounts()) as (keyof ClientCounters)[])
    sums[name] += numbers[name];
}
