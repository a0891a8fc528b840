// The listeners of a server, and how they become others while it runs: what did not change is not touched.
import type { Socket } from 'node:net';
import type { Log } from '../../log.js';
import { Listener } from './listener.js';
import { checkListeners, type ListenerOptions, listenerKey, listenerName } from './options.js';

export type OnSocket = (socket: Socket, of: Listener) => void;

export class Listeners {
  #open: Listener[] = [];
  readonly #onSocket: OnSocket;
  readonly #log: Log;
  #limit = 0;

  constructor(onSocket: OnSocket, log: Log) {
    this.#onSocket = onSocket;
    this.#log = log;
  }

  get all(): readonly Listener[] {
    return this.#open;
  }

  /** Sockets that one listener may have open; the server refuses clients long before, with words. */
  limit(sockets: number): void {
    this.#limit = sockets;
    for (const listener of this.#open) listener.limit(sockets);
  }

  /**
   * Opens what is new, closes what is no more, and returns the closed ones, whose clients are the caller's. When
   * something cannot be opened nothing has changed, with one exception: a listener that only changed its manner
   * has to be closed before it can be opened again. Throws DipperError.
   */
  async change(wanted: readonly ListenerOptions[]): Promise<Listener[]> {
    checkListeners(wanted);
    const kept = new Map(this.#open.map((listener) => [listener.key, listener]));
    const fresh = wanted
      .filter((options) => !kept.has(listenerKey(options)))
      .map((options) => new Listener(options, this.#onSocket, this.#log));
    for (const options of wanted) kept.get(listenerKey(options))?.renew();

    const keys = new Set(wanted.map(listenerKey));
    const removed = this.#open.filter(({ key }) => !keys.has(key));
    const takenNames = new Set(removed.map(({ name }) => name));
    const elsewhere = fresh.filter(({ name }) => !takenNames.has(name));
    const inPlace = fresh.filter(({ name }) => takenNames.has(name));

    await openAll(elsewhere);
    this.#open.push(...elsewhere);
    for (const listener of removed) listener.close();
    this.#open = this.#open.filter((listener) => !removed.includes(listener));
    await openAll(inPlace);
    this.#open.push(...inPlace);
    this.limit(this.#limit);

    const order = wanted.map(listenerName);
    this.#open.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
    for (const { name, port } of fresh) this.#log.info({ listener: name, port }, 'listening');
    for (const { name } of removed) this.#log.info({ listener: name }, 'listener closed');
    return removed;
  }

  close(): void {
    for (const listener of this.#open) listener.close();
  }
}

/** All or none. */
async function openAll(listeners: readonly Listener[]): Promise<void> {
  const opened: Listener[] = [];
  try {
    for (const listener of listeners) {
      await listener.listen();
      opened.push(listener);
    }
  } catch (error) {
    for (const listener of opened) listener.close();
    throw error;
  }
}
