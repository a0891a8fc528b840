// The keys of the privacy filter: one for digests, which lasts, and those of the pseudonyms, which are replaced after a
// while. A flow keeps the key that was young when it began, so that its messages agree; a key that no tracked flow can
// need is forgotten for good, and with it the link between its pseudonyms and the hosts.
import { randomBytes } from 'node:crypto';

export interface PseudonymKey {
  /** ms since 1970: flows that began at this time or later have it. */
  readonly since: number;
  /** 32 bytes. */
  readonly key: Buffer;
}

export interface KeyRecord {
  /** 32 bytes. */
  readonly digestKey: Buffer;
  readonly pseudonym: PseudonymKey;
}

/** Keys kept for flows that began under them. */
const keysKept = 8;
const keyBytes = 32;

export interface PseudonymKeysOptions {
  /** Life of a pseudonym key in seconds. */
  readonly rotationS: number;
  /** What an earlier run saved. */
  readonly saved?: KeyRecord | undefined;
  /** Called at each change, with what the next run is to be given. */
  readonly save?: (record: KeyRecord) => void;
  /** ms since 1970. */
  readonly now?: () => number;
}

export class PseudonymKeys {
  readonly digestKey: Buffer;
  readonly #options: PseudonymKeysOptions;
  #rotationS: number;
  readonly #now: () => number;
  /** Oldest first, never empty. */
  readonly #keys: PseudonymKey[] = [];
  #forgotten = false;

  constructor(options: PseudonymKeysOptions) {
    this.#options = options;
    this.#rotationS = options.rotationS;
    this.#now = options.now ?? Date.now;
    this.digestKey = options.saved?.digestKey ?? randomBytes(keyBytes);
    if (options.saved && !this.#isOver(options.saved.pseudonym))
      this.#keys.push(options.saved.pseudonym);
    else this.#add();
  }

  /** Another life for keys, from the present one on. The keys stay: flows keep their pseudonyms over a reload. */
  setRotation(rotationS: number): void {
    this.#rotationS = rotationS;
  }

  /** For what is seen now. */
  current(): PseudonymKey {
    const last = this.#keys.at(-1) as PseudonymKey;
    if (!this.#isOver(last)) return last;
    this.#add();
    return this.#keys.at(-1) as PseudonymKey;
  }

  /** For a flow that began at `firstSeenAt` (ms since 1970); undefined when that key has been forgotten. */
  at(firstSeenAt: number): PseudonymKey | undefined {
    const current = this.current();
    if (firstSeenAt >= current.since) return current;
    const found = this.#keys.findLast(({ since }) => since <= firstSeenAt);
    // Before the first key: a capture file, or a flow that was there when the daemon started.
    return found ?? (this.#forgotten ? undefined : this.#keys[0]);
  }

  #isOver({ since }: PseudonymKey): boolean {
    const age = this.#now() - since;
    // A clock that was set back by more than a period leaves a key from the future: that one is over, too.
    return Math.abs(age) >= this.#rotationS * 1000;
  }

  #add(): void {
    const pseudonym = { since: this.#now(), key: randomBytes(keyBytes) };
    this.#keys.push(pseudonym);
    if (this.#keys.length > keysKept) {
      this.#keys.shift()?.key.fill(0);
      this.#forgotten = true;
    }
    this.#options.save?.({ digestKey: this.digestKey, pseudonym });
  }
}
