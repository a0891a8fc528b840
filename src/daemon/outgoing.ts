// The last station of every message before it leaves the data plane's hands: what is known about its ends is added, and
// with a privacy filter each is parsed, redacted and written anew; without either lines pass untouched.
import type { HostState } from '../capture/links.js';
import type { Config } from '../config/index.js';
import { PrivacyFilter } from '../flow/privacy.js';
import { type KeyRecord, PseudonymKeys } from '../flow/pseudonym-keys.js';
import type { Log } from '../log.js';
import type { StateDirectory } from '../state/directory.js';
import { readSealed, writeSealed } from '../state/sealed-file.js';
import type { WriteFailures } from '../state/write-failures.js';

const keyFile = 'pseudonym.key';
const keyKind = { kind: 'pseudkey', version: 1, limit: 72 } as const;

export interface OutgoingOptions {
  readonly persistent: StateDirectory;
  readonly failures: WriteFailures;
  readonly host: () => HostState | undefined;
  /** Names of the WAN interfaces. */
  readonly wan: () => readonly string[];
  /** Adds what is known about the ends of flows; before anything is masked. */
  readonly enrich: (lines: Buffer) => Buffer;
  readonly log: Log;
}

export class Outgoing {
  readonly #options: OutgoingOptions;
  #filter: PrivacyFilter | undefined;
  /** One object for the daemon's life: a flow keeps its pseudonym over a reload. */
  #pseudonyms: PseudonymKeys | undefined;

  constructor(options: OutgoingOptions) {
    this.#options = options;
  }

  /** Takes over the filter as configured. Throws ERR_CONFIG_INVALID; the one before stays in force then. */
  async configure(config: Config): Promise<void> {
    const { privacy_filter: privacy } = config;
    const wanted =
      privacy.mac.length > 0 ||
      privacy.host.length > 0 ||
      privacy.private_external_addresses ||
      !privacy.user_names ||
      privacy.pseudonyms ||
      privacy.replacements.length > 0;
    if (!wanted) {
      this.#filter = undefined;
      return;
    }
    const { log } = this.#options;
    this.#filter = await PrivacyFilter.create({
      macs: [...privacy.mac],
      hosts: [...privacy.host],
      privateExternalAddresses: privacy.private_external_addresses,
      withoutUserNames: !privacy.user_names,
      wanAddresses: () => this.#addresses(({ name }) => this.#options.wan().includes(name)),
      localNetworks: () => this.#localNetworks(),
      ...(privacy.pseudonyms
        ? { pseudonyms: await this.#keys(privacy.pseudonym_key_rotation) }
        : {}),
      regex: privacy.replacements.flatMap(({ index, regex_search, regex_replace, regex_fields }) =>
        regex_search === undefined || regex_replace === undefined
          ? []
          : [
              {
                name: `regex_search[${index}]`,
                ...{ search: regex_search, replace: regex_replace, fields: [...regex_fields] },
              },
            ],
      ),
      log,
    });
  }

  /** Whole lines as they may be sent; valid until the next call. */
  lines(lines: Buffer): Buffer {
    const enriched = this.#options.enrich(lines);
    return this.#filter === undefined ? enriched : this.#filter.redactLines(enriched);
  }

  /** Whether messages are not as the engines wrote them: digests are others. */
  get filtering(): boolean {
    return this.#filter !== undefined;
  }

  /** One message as it may be sent; undefined when it may not. */
  message<Message extends object>(message: Message): Message | undefined {
    return this.#filter === undefined ? message : this.#filter.redact(message);
  }

  /** Messages that could not be redacted and were not sent. */
  get failed(): number {
    return this.#filter?.counters().failed ?? 0;
  }

  #addresses(wanted: (link: { name: string }) => boolean): string[] {
    const host = this.#options.host();
    const links = new Set(host?.links.filter(wanted).map(({ index }) => index));
    return (host?.addresses ?? [])
      .filter(({ link }) => links.has(link))
      .map(({ address }) => address);
  }

  #localNetworks(): string[] {
    const wan = this.#options.wan();
    const host = this.#options.host();
    const local = new Set(
      host?.links.filter(({ name }) => !wan.includes(name)).map(({ index }) => index),
    );
    return (host?.addresses ?? [])
      .filter(({ link }) => local.has(link))
      .map(({ address, prefixLength }) => `${address}/${prefixLength}`);
  }

  async #keys(rotationS: number): Promise<PseudonymKeys> {
    if (this.#pseudonyms !== undefined) {
      this.#pseudonyms.setRotation(rotationS);
      return this.#pseudonyms;
    }
    const { persistent, failures, log } = this.#options;
    const sealed = await readSealed(persistent, keyFile, keyKind, log);
    this.#pseudonyms = new PseudonymKeys({
      rotationS,
      saved: sealed === undefined ? undefined : parseRecord(sealed.content),
      save: (record) => {
        writeSealed(persistent, keyFile, keyKind, recordBytes(record), { mode: 0o600 }).then(
          () => failures.succeeded(keyFile),
          (error) => failures.failed(keyFile, error),
        );
      },
    });
    return this.#pseudonyms;
  }
}

function recordBytes({ digestKey, pseudonym }: KeyRecord): Buffer {
  const since = Buffer.alloc(8);
  since.writeDoubleLE(pseudonym.since);
  return Buffer.concat([digestKey, since, pseudonym.key]);
}

function parseRecord(bytes: Buffer): KeyRecord | undefined {
  if (bytes.length !== keyKind.limit) return undefined;
  return {
    digestKey: bytes.subarray(0, 32),
    pseudonym: { since: bytes.readDoubleLE(32), key: bytes.subarray(40, 72) },
  };
}
