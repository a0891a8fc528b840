// What the daemon keeps and says about itself: folders, UUID, statistics each interval, devices, json_save, caches and
// captures of unknown flows. The parts are of src/state; here they are put together and given their rhythm.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Application } from '../applications/definitions.js';
import type { EngineOptions } from '../capture/engine.js';
import type { HostState } from '../capture/links.js';
import type { Config } from '../config/index.js';
import { DipperError } from '../errors.js';
import type { Log } from '../log.js';
import { type AgentIdentity, agentHello } from '../messages/agent-hello.js';
import { definitions, type KnownName } from '../messages/definitions.js';
import { keyedMessage } from '../messages/keyed.js';
import { protocols } from '../messages/protocols.js';
import type { StreamStatus } from '../sinks/stream/index.js';
import { CacheFiles } from '../state/caches.js';
import { DeviceTable } from '../state/devices.js';
import { StateDirectory } from '../state/directory.js';
import { JsonSave } from '../state/json-save.js';
import { type InterfaceSample, interfacesMessage, Statistics } from '../state/statistics.js';
import { StatusFile } from '../state/status-file.js';
import { UnknownCaptures } from '../state/unknown-captures.js';
import { agentUuid, nameFrom } from '../state/uuid.js';
import { WriteFailures } from '../state/write-failures.js';
import type { Capture } from './capture.js';
import { Enrichment } from './enrichment.js';
import type { Identity } from './identity.js';
import { Learned } from './learned.js';
import { Outgoing } from './outgoing.js';

/** What the state needs of the rest, once it is there. */
export interface Surroundings {
  publish(message: object): void;
  captures(): readonly Capture[];
  host(): HostState | undefined;
  snapshot(onLines: (lines: Buffer) => void): Promise<void>;
  stream(): StreamStatus;
}

export interface StateOptions {
  readonly identity: Identity;
  /** Whom the files belong to, when root gives itself up later. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly log: Log;
}

const noLines = Buffer.alloc(0);

export class State {
  readonly agent: AgentIdentity;
  readonly #options: StateOptions;
  readonly #failures: WriteFailures;
  readonly #persistent: StateDirectory;
  readonly #volatile: StateDirectory;
  readonly #statistics: Statistics;
  readonly enrichment: Enrichment;
  readonly outgoing: Outgoing;
  readonly #devices = new DeviceTable();
  readonly #learned: Learned;
  readonly #caches: CacheFiles;
  readonly #statusFile: StatusFile;
  #config: Config;
  #applications: readonly Application[] = [];
  #libraryNames: readonly KnownName[];
  #jsonSave: JsonSave | undefined;
  #unknown: UnknownCaptures | undefined;
  #around: Surroundings | undefined;
  #working = Promise.resolve();

  static async open(config: Config, options: StateOptions): Promise<State> {
    const { owner, log } = options;
    const directory = { log, ...(owner === undefined ? {} : { owner }) };
    const { path_state_persistent: lasting, path_state_volatile: passing } = config.dipperd;
    const persistent = await StateDirectory.open(lasting, directory);
    const volatile = await StateDirectory.open(passing, directory);
    const uuid = await agentUuid({
      ...{ given: config.dipperd.uuid, path: config.dipperd.path_uuid, log },
      ...(owner === undefined ? {} : { owner }),
    });
    const { path_uuid_serial, path_uuid_site, uuid_serial, uuid_site } = config.dipperd;
    const state = new State(config, options, persistent, volatile, {
      uuid,
      serial: await nameFrom(path_uuid_serial, uuid_serial),
      site: await nameFrom(path_uuid_site, uuid_site),
    });
    await state.#caches.load();
    await state.enrichment.configure(config);
    await state.outgoing.configure(config);
    await state.configure(config);
    return state;
  }

  private constructor(
    config: Config,
    options: StateOptions,
    persistent: StateDirectory,
    volatile: StateDirectory,
    names: { uuid: string; serial: string; site: string },
  ) {
    const { log, identity } = options;
    this.#config = config;
    this.#options = options;
    this.#persistent = persistent;
    this.#volatile = volatile;
    this.#libraryNames = identity.names;
    this.agent = { ...identity, ...names, startedAt: Date.now() };
    this.#failures = new WriteFailures(log);
    this.enrichment = new Enrichment(log);
    this.outgoing = new Outgoing({
      enrich: (lines) => this.enrichment.lines(lines),
      ...{ persistent, failures: this.#failures, log },
      host: () => this.#around?.host(),
      wan: () =>
        (this.#around?.captures() ?? [])
          .filter(({ spec }) => spec.role === 'WAN')
          .map(({ spec }) => spec.name),
    });
    this.#statistics = new Statistics(this.agent);
    this.#statusFile = new StatusFile(volatile, this.#failures);
    this.#learned = new Learned(config);
    this.#caches = new CacheFiles({
      ...{ persistent, volatile, failures: this.#failures, log },
      rows: this.#learned.rows(),
    });
  }

  /** Takes over json_save and the captures of unknown flows as configured. */
  async configure(config: Config): Promise<void> {
    const { dipperd } = config;
    const { owner, log } = this.#options;
    const failures = this.#failures;
    const saved = (c: Config): string =>
      JSON.stringify([
        ...[c.dipperd.json_save, c.dipperd.json_save_path, c.dipperd.json_save_history],
        c.dipperd.upload_nat_flows,
      ]);
    if (this.#jsonSave === undefined || saved(config) !== saved(this.#config)) {
      await this.#jsonSave?.close();
      this.#jsonSave = dipperd.json_save
        ? await JsonSave.open({
            ...{ path: dipperd.json_save_path, history: dipperd.json_save_history },
            natFlows: dipperd.upload_nat_flows,
            ...{ failures, log, ...(owner === undefined ? {} : { owner }) },
          })
        : undefined;
    }
    if (!dipperd.capture_unknown_flows) this.#unknown = undefined;
    else if (this.#unknown !== undefined) this.#unknown.reconfigure(dipperd.capture_unknown_budget);
    else
      this.#unknown = await UnknownCaptures.open({
        directory: await this.#directory(dipperd.capture_unknown_path),
        ...{ bytes: dipperd.capture_unknown_budget, failures, log },
      });
    this.#config = config;
  }

  /** After rights were given up: whether the folders can still be used. Throws ERR_PERMISSION. */
  async checkRights(): Promise<void> {
    for (const { path } of [this.#persistent, this.#volatile]) {
      try {
        await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
      } catch (cause) {
        throw new DipperError(
          'ERR_PERMISSION',
          `${path}: uid ${process.getuid?.()}, which dipperd has become, may not write there; ` +
            'chown the folder to that user, or set another user or folder',
          { cause },
        );
      }
    }
  }

  /** What engines share: what was learned from earlier flows. */
  engineParts(): Partial<EngineOptions> {
    return this.#learned.engineParts();
  }

  connect(around: Surroundings): void {
    this.#around = around;
  }

  /** The first messages of every connection, in netifyd's order. */
  greeting(): object[] {
    const names = this.#names();
    const samples = this.#interfaces((capture) => capture.peek());
    const messages: object[] = [
      agentHello(this.agent),
      this.#statistics.greeting(samples, this.#surroundings(), this.#interval),
      interfacesMessage(samples),
    ];
    return [
      ...messages.flatMap((message) => this.outgoing.message(message) ?? []),
      ...[definitions(names), protocols(names)],
    ];
  }

  /** The names behind `detected_protocol`, after other files of libndpi were loaded. */
  setLibraryNames(names: readonly KnownName[]): void {
    this.#tellNames(() => {
      this.#libraryNames = names;
    });
  }

  /** The names behind `detected_application`: told to all who are connected when they change, and to all who come. */
  setApplications(applications: readonly Application[]): void {
    this.#tellNames(() => {
      this.#applications = applications;
    });
  }

  #tellNames(change: () => void): void {
    const before = JSON.stringify(this.#names());
    change();
    const names = this.#names();
    if (JSON.stringify(names) === before) return;
    this.#publish(definitions(names));
    this.#publish(protocols(names));
  }

  /** After the interfaces have changed. */
  publishInterfaces(): void {
    this.#publish(interfacesMessage(this.#interfaces((capture) => capture.peek())));
  }

  /** One `flow` line: its addresses are those of devices. */
  flow(line: Buffer): void {
    this.#devices.add(line);
  }

  /** Lines of events that go to the streams: json_save wants the ends of flows. */
  passing(lines: Buffer): void {
    this.#jsonSave?.add(lines);
  }

  unknownPackets(line: Buffer): void {
    const allowed = this.#unknown === undefined ? noLines : this.outgoing.lines(line);
    if (allowed.length > 0) this.#unknown?.add(allowed);
  }

  /** Once an interval, and once more at the end; never two at a time. Never rejects. */
  interval(last: boolean): Promise<void> {
    this.#working = this.#working.then(async () => {
      try {
        await this.#onInterval(last);
      } catch (error) {
        this.#options.log.error({ err: error }, 'the status of this interval is lost');
      }
    });
    return this.#working;
  }

  async close(): Promise<void> {
    await this.#working;
    this.enrichment.close();
    await this.#caches.save();
    await this.#jsonSave?.close();
    await this.#unknown?.settled();
    await this.#statusFile.remove();
    await Promise.all([this.#persistent.settled(), this.#volatile.settled()]);
  }

  get #interval(): number {
    return this.#config.dipperd.update_interval;
  }

  async #onInterval(last: boolean): Promise<void> {
    const around = this.#around;
    if (around === undefined) return;
    const devices = this.#devices.take();
    const samples = this.#interfaces((capture) => capture.samples());
    const sample = this.#statistics.sample(
      ...([samples, devices, this.#surroundings(), this.#interval] as const),
    );
    const status = this.outgoing.message(sample.status);
    this.#publish(sample.status);
    this.#publish(sample.interfaceStats);
    this.#publish({ ...keyedMessage('endpoints', devices), ...this.enrichment.about(devices) });
    if (status === undefined) return; // it could not be redacted: counted and said
    await this.#statusFile.write(status);
    if (!last) await this.#caches.save();
    // Not waited for: one that outlasts the interval must not hold up the next status, and says so by itself.
    const saved = this.#jsonSave?.save(status, async (onLines) => await around.snapshot(onLines));
    if (last) await saved;
  }

  /** All that the library knows can be a protocol; applications are those of the definitions. */
  #names(): KnownName[] {
    const protocolNames = this.#libraryNames.map(({ id, name }) => ({ id, name }));
    const ours = this.#applications.map(({ id, tag }) => ({ id, name: tag, application: true }));
    return [...protocolNames, ...ours];
  }

  #publish(message: object): void {
    const allowed = this.outgoing.message(message);
    if (allowed !== undefined) this.#around?.publish(allowed);
  }

  async #directory(path: string): Promise<StateDirectory> {
    if (path === this.#volatile.path) return this.#volatile;
    if (path === this.#persistent.path) return this.#persistent;
    const { log, owner } = this.#options;
    return await StateDirectory.open(path, { log, ...(owner === undefined ? {} : { owner }) });
  }

  #interfaces(engines: (capture: Capture) => InterfaceSample['engines']): InterfaceSample[] {
    const host = this.#around?.host();
    return (this.#around?.captures() ?? []).map((capture) => {
      const { name, role, type } = capture.spec;
      const link = host?.links.find((one) => one.name === name);
      const state = capture.state();
      return {
        ...{ name, role, source: type, mac: link?.mac || '00:00:00:00:00:00' },
        state: state === 'up' || state === 'down' ? state : 'removed',
        addresses: (host?.addresses ?? [])
          .filter((one) => one.link === link?.index)
          .map(({ address, prefixLength }) => `${address}/${prefixLength}`),
        lossKnown: type !== 'cap',
        engines: engines(capture),
      };
    });
  }

  #surroundings() {
    const { dipperd } = this.#config;
    const stream = this.#around?.stream();
    const unknown = this.#unknown;
    return {
      flowMax: dipperd.max_flows,
      stateWriteErrors: this.#failures.total,
      ...this.#learned.sizes(),
      ...(unknown === undefined
        ? {}
        : { unknownCaptures: { files: unknown.files, bytes: unknown.bytes } }),
      ...(stream === undefined ? {} : { stream: streamSummary(stream) }),
    };
  }
}

function streamSummary({ clients, seq, totals }: StreamStatus) {
  return {
    clients: clients.length,
    clients_accepted: totals.clients_accepted,
    clients_disconnected: totals.clients_slow,
    messages: seq,
    messages_dropped: totals.messages_dropped,
    queued_bytes: clients.reduce((sum, { backlog_bytes }) => sum + backlog_bytes, 0),
  };
}
