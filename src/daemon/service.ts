// The daemon at work: what is started in which order, and how it ends. Everything that needs rights is opened first;
// then they are given up; then capture begins and the service manager is told.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../capture/engine.js';
import { accountIds, current, drop, type RunAs } from '../capture/privileges.js';
import { ServiceManager, Watchdog, watchdogIntervalMs } from '../capture/service-manager.js';
import { type Config, type LoadedConfig, listenersOf } from '../config/index.js';
import { fileError } from '../errors.js';
import type { Log } from '../log.js';
import { type ListenerOptions, StreamServer } from '../sinks/stream/index.js';
import { advance } from './advance.js';
import { ApplicationDefinitions } from './applications.js';
import { addCounters } from './capture.js';
import { Captures } from './captures.js';
import { type ControlAnswer, ControlSocket } from './control.js';
import { FlowExplanations } from './explanations.js';
import { Host } from './host.js';
import { identity } from './identity.js';
import type { LineTargets } from './line-router.js';
import { NdpiModules } from './ndpi-files.js';
import { PidFile } from './pid-file.js';
import { type Appliers, liveOptions, reload } from './reload.js';
import { runAs } from './run-as.js';
import { engineSettings, listenerOptions, streamLimits } from './settings.js';
import { SnapshotBroker } from './snapshots.js';
import { State } from './state.js';

export interface ServiceOptions {
  readonly loaded: LoadedConfig;
  /** The configuration as it stands now, for a reload. Throws ConfigError. */
  readonly reload: () => LoadedConfig;
  readonly log: Log & { level: string };
  /** Debug: no PID file. */
  readonly pidFile: boolean;
  /** Called with each `flow` line as it may be sent. */
  readonly detected?: (line: Buffer) => void;
}

/** Longest time that an orderly end may take; what is not out by then is lost (issue: SIGTERM drains within 5 s). */
const endMs = 4500;

export class Service {
  readonly #options: ServiceOptions;
  readonly #log: ServiceOptions['log'];
  readonly #manager: ServiceManager;
  readonly #closers: { name: string; close: () => Promise<void> | void }[] = [];
  #config: Config;
  #applications!: ApplicationDefinitions;
  #ndpi!: NdpiModules;
  #captures!: Captures;
  #stream!: StreamServer;
  #state!: State;
  #snapshots!: SnapshotBroker;
  #explanations!: FlowExplanations<Engine>;
  #explain = false;
  readonly #host: Host;
  #timer: NodeJS.Timeout | undefined;
  #stopping: Promise<void> | undefined;
  #reloading: Promise<unknown> = Promise.resolve();
  #nextReload: Promise<ControlAnswer> | undefined;

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#config = options.loaded.config;
    this.#manager = new ServiceManager(options.log);
    this.#host = new Host({
      changed: () => {
        this.#captures?.applyNetworks();
        for (const engine of this.#captures?.engines() ?? []) engine.retrySource();
      },
      log: options.log,
    });
  }

  get version(): string {
    return this.#state.agent.version;
  }

  /** Everything that is opened, in order. Throws what is refused; close() undoes what was done. */
  async start(): Promise<void> {
    const config = this.#config;
    const account = runAs(config, this.#log);
    this.#state = await State.open(config, {
      ...{ identity: identity(config), owner: account && accountIds(account), log: this.#log },
    });
    this.#closing('state', () => this.#state.close());
    if (this.#options.pidFile) {
      const pidFile = new PidFile(config.dipperd.path_pid_file);
      this.#closing('PID file', () => pidFile.close());
    }
    this.#closing('host', () => this.#host.close());
    await this.#host.start(config, account);
    await this.#define(config);
    this.#openCaptures();
    await this.#listen();
    const socket = join(config.dipperd.path_state_volatile, 'control.sock');
    const owner = account && accountIds(account);
    const control = new ControlSocket(socket, this.#commands(), this.#log, owner);
    await control.listen();
    this.#closing('control socket', async () => await control.close());
    this.#giveUpRights(account);
    await this.#state.checkRights();
    await this.#capture();
    await this.#applications.watch();
    await this.#ndpi.watch();
  }

  /** Resolves when there is nothing more to do: all sources were files and are through. */
  async ended(): Promise<void> {
    await this.#captures.ended();
    if (this.#config.dipperd.linger) await new Promise(() => {});
    this.#log.info('all capture files are read');
  }

  /** The orderly end: sources read no more, flows end, their records reach the clients. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Takes over the configuration as it stands now; one at a time. Who asks during one gets the next one's answer. */
  reload(): Promise<ControlAnswer> {
    this.#nextReload ??= this.#reloading.then(() => {
      this.#nextReload = undefined;
      const answer = this.#reload();
      this.#reloading = answer.catch(() => {});
      return answer;
    });
    return this.#nextReload;
  }

  async #stop(): Promise<void> {
    this.#manager.stopping('flows end');
    const end = Date.now() + endMs;
    const left = (): number => Math.max(0, end - Date.now());
    const patience = sleep(endMs, 'late', { ref: false });
    if ((await Promise.race([this.#captures?.stop(), patience])) === 'late')
      this.#log.warn('flows did not end in time; what is left of them is lost');
    await this.#state?.interval(true);
    await this.#stream?.close(Math.max(500, left()));
    for (const { name, close } of this.#closers.reverse()) {
      try {
        await close();
      } catch (error) {
        this.#log.error({ err: error }, `${name}: did not close`);
      }
    }
  }

  /** Undoes what start() did before it failed. */
  async undo(): Promise<void> {
    for (const engine of this.#captures?.engines() ?? []) void engine.stop();
    await this.#stream?.close(0).catch(() => undefined);
    for (const { close } of this.#closers.reverse()) await Promise.resolve(close()).catch(() => {});
  }

  #closing(name: string, close: () => Promise<void> | void): void {
    this.#closers.push({ name, close: async () => await close() });
  }

  async #define(config: Config): Promise<void> {
    this.#applications = new ApplicationDefinitions(config, {
      changed: () => {
        const { table, applications } = this.#applications;
        for (const engine of this.#captures?.engines() ?? []) engine.setApplications(table);
        this.#state.setApplications(applications);
      },
      log: this.#log,
    });
    this.#closing('definitions', async () => await this.#applications.close());
    await this.#applications.reload();
    this.#ndpi = new NdpiModules(config, {
      engines: () => this.#captures?.engines() ?? [],
      changed: (names) => this.#state.setLibraryNames(names),
      log: this.#log,
    });
    this.#closing('files of libndpi', async () => await this.#ndpi.close());
  }

  #openCaptures(): void {
    this.#snapshots = new SnapshotBroker(() => this.#captures.engines());
    this.#explanations = new FlowExplanations({
      engines: () => this.#captures.engines(),
      allowed: (line) => this.#state.outgoing.lines(line),
      veiled: () => this.#state.outgoing.filtering,
    });
    this.#captures = new Captures({
      engine: () => ({
        ...engineSettings(this.#config),
        explain: this.#explain,
        ...this.#state.engineParts(),
        ...(this.#applications.table === undefined
          ? {}
          : { applications: this.#applications.table }),
        ...(this.#host.conntrack === undefined ? {} : { conntrack: this.#host.conntrack }),
      }),
      targets: (engine) => this.#targets(engine),
      turn: () => this.#stream.nextTurn(),
      gone: (engine) => {
        this.#snapshots.end(engine);
        this.#explanations.end(engine);
      },
      openDescriptor: (source) => this.#host.openDescriptor(source),
      host: () => this.#host.state,
      log: this.#log,
    });
    this.#captures.open(this.#config);
  }

  #targets(engine: Engine): LineTargets {
    return {
      events: (lines) => {
        const allowed = this.#state.outgoing.lines(lines);
        this.#state.passing(allowed);
        this.#stream.publish(allowed);
      },
      snapshotLine: (id, line) => {
        if (this.#explanations.has(id)) this.#explanations.line(id, line);
        else this.#snapshots.line(id, this.#state.outgoing.lines(line));
      },
      snapshotEnd: (id) => {
        this.#snapshots.end(engine, id);
        this.#explanations.end(engine, id);
      },
      unknownPackets: (line) => this.#state.unknownPackets(line),
      flow: (line) => {
        this.#state.flow(line);
        const { detected } = this.#options;
        const allowed = detected === undefined ? line : this.#state.outgoing.lines(line);
        if (allowed.length > 0) detected?.(allowed);
      },
    };
  }

  async #listen(): Promise<void> {
    const config = this.#config;
    this.#stream = new StreamServer({
      listeners: this.#listeners(config),
      greeting: () => this.#state.greeting(),
      snapshot: async (onLines, signal) =>
        await this.#snapshots.take((lines) => void onLines(lines), signal),
      explain: async (digest, signal) => await this.#explanations.take(digest, signal),
      wantsExplanations: (explain) => {
        this.#explain = explain;
        for (const engine of this.#captures.engines()) engine.set({ explain });
      },
      dumpEstablished: config.socket.dump_established_flows,
      limits: streamLimits(config),
      log: this.#log,
    });
    await this.#stream.listen();
    this.#state.connect({
      publish: (message) => this.#stream.publishMessage(message),
      captures: () => this.#captures.all,
      host: () => this.#host.state,
      snapshot: async (onLines) => await this.#snapshots.take(onLines),
      stream: () => this.#stream.status(),
    });
  }

  #listeners(config: Config): ListenerOptions[] {
    return listenersOf(config).map((listener) => listenerOptions(listener, readToken));
  }

  #giveUpRights(account: RunAs | undefined): void {
    if (account === undefined) {
      const { uid, netRaw, netAdmin } = current();
      this.#log.info({ uid, netRaw, netAdmin }, 'privileges');
      return;
    }
    const { uid, gid, threads } = drop(account);
    this.#log.info({ uid, gid, threads }, `privileges dropped on ${threads} threads`);
  }

  async #capture(): Promise<void> {
    const { socket } = this.#config;
    const ready = `${this.#captures.all.length} sources`;
    if (socket.wait_for_client) {
      this.#manager.ready(`${ready}, waiting for a client`);
      await this.#stream.firstClient();
    }
    this.#captures.start();
    this.#beat(this.#config);
    this.#closing('interval', () => clearInterval(this.#timer));
    const attend = setInterval(() => this.#attend(), 1000);
    this.#closing('attendance', () => clearInterval(attend));
    const watchdog = new Watchdog({
      manager: this.#manager,
      log: this.#log,
      advanced: advance(() => this.#captures.engines()),
      intervalMs: watchdogIntervalMs(),
    });
    watchdog.start();
    this.#closing('watchdog', () => watchdog.close());
    this.#manager.ready(ready);
  }

  async #tick(): Promise<void> {
    await this.#state.interval(false);
  }

  #attend(): void {
    try {
      this.#host.attend();
    } catch (error) {
      this.#log.debug({ err: error }, 'connection tracking cannot be opened again yet');
    }
    for (const capture of this.#captures.all) {
      try {
        capture.attend();
      } catch (error) {
        this.#log.warn(
          { interface: capture.spec.name, err: error },
          'it cannot be opened again yet',
        );
      }
    }
  }

  #commands() {
    return {
      status: async (): Promise<ControlAnswer> => {
        const captures = this.#captures.all.map((capture) => ({
          ...{ name: capture.spec.name, role: capture.spec.role, source: capture.spec.type },
          ...{ state: capture.state(), restarts: capture.restarts },
          counters: addCounters(capture.peek().map(({ counters }) => counters)),
        }));
        const data = { pid: process.pid, captures, stream: this.#stream.status() };
        return await Promise.resolve({ ok: true, message: 'running', data });
      },
      reload: async (): Promise<ControlAnswer> => await this.reload(),
    };
  }

  async #reload(): Promise<ControlAnswer> {
    this.#manager.reloading();
    const { answer, config } = await reload(
      ...([this.#config, this.#options.reload, this.#appliers(), this.#log] as const),
    );
    if (config !== undefined) this.#config = config;
    const { words, errors } = await this.#applications.reload();
    const refused = await this.#ndpi.reload().then(
      () => '',
      (error: Error) => `\nnot done:\nndpi: ${error.message}`,
    );
    this.#manager.ready();
    const unused = errors === 0 ? '' : `\ndefinitions: ${words}; ${errors} not used, see the log`;
    const message = `${unused}${refused}`;
    const data = { ...(answer.data as object | undefined), definitions: words };
    return { ok: answer.ok && refused === '', message: `${answer.message}${message}`, data };
  }

  #appliers(): Appliers {
    return {
      listeners: async (config) => await this.#stream.reconfigure(this.#listeners(config)),
      interfaces: async (from, to) => {
        this.#config = to; // what opens is opened as the new configuration has it
        await this.#captures.update(from, to);
        this.#state.publishInterfaces();
      },
      engine: (options) => {
        for (const engine of this.#captures.engines()) engine.set(options);
      },
      stream: (config) =>
        this.#stream.set({
          limits: streamLimits(config),
          dumpEstablished: config.socket.dump_established_flows,
        }),
      enrichment: async (config) => await this.#state.enrichment.configure(config),
      privacy: async (config) => await this.#state.outgoing.configure(config),
      applications: async (config) => await this.#applications.configure(config),
      ndpi: async (config) => await this.#ndpi.configure(config),
      state: async (config) => await this.#state.configure(config),
      intervals: (config) => {
        this.#beat(config);
        for (const engine of this.#captures.engines()) engine.set(liveOptions(config));
      },
      log: (config) => {
        if (this.#options.pidFile) this.#log.level = config.dipperd.log_level;
      },
    };
  }

  /** Begins the rhythm of the intervals, in place of one before. */
  #beat(config: Config): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => void this.#tick(), config.dipperd.update_interval * 1000);
  }
}

function readToken(path: string): string {
  try {
    return readFileSync(path, 'utf8').split('\n')[0]?.trim() ?? '';
  } catch (cause) {
    throw fileError(path, cause as NodeJS.ErrnoException);
  }
}
