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
import { addCounters } from './capture.js';
import { Captures } from './captures.js';
import { type ControlAnswer, ControlSocket } from './control.js';
import { Host } from './host.js';
import { identity } from './identity.js';
import type { LineTargets } from './line-router.js';
import { PidFile } from './pid-file.js';
import { type Appliers, liveOptions, reload } from './reload.js';
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
  #captures!: Captures;
  #stream!: StreamServer;
  #state!: State;
  #snapshots!: SnapshotBroker;
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
    const runAs = this.#runAs();
    this.#state = await State.open(config, {
      ...{ identity: identity(config), owner: runAs && accountIds(runAs), log: this.#log },
    });
    this.#closing('state', () => this.#state.close());
    if (this.#options.pidFile) {
      const pidFile = new PidFile(config.dipperd.path_pid_file);
      this.#closing('PID file', () => pidFile.close());
    }
    this.#closing('host', () => this.#host.close());
    await this.#host.start(config, runAs);
    this.#openCaptures();
    await this.#listen();
    const socket = join(config.dipperd.path_state_volatile, 'control.sock');
    const owner = runAs && accountIds(runAs);
    const control = new ControlSocket(socket, this.#commands(), this.#log, owner);
    await control.listen();
    this.#closing('control socket', async () => await control.close());
    this.#giveUpRights(runAs);
    await this.#state.checkRights();
    await this.#capture();
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

  /** Whom root becomes: `user`, else `dipperd` where there is one, else nobody. Undefined: we are not root, or stay it. */
  #runAs(): RunAs | undefined {
    if (current().uid !== 0) return undefined;
    const { user = isAccount('dipperd') ? 'dipperd' : 'nobody', group } = this.#config.dipperd;
    if (user === 'root' || user === '0') {
      this.#log.warn('user = root: every parser of hostile packets runs as root');
      return undefined;
    }
    return { user, ...(group === undefined ? {} : { group }) };
  }

  #openCaptures(): void {
    this.#snapshots = new SnapshotBroker(() => this.#captures.engines());
    this.#captures = new Captures({
      engine: () => ({
        ...engineSettings(this.#config),
        ...this.#state.engineParts(),
        ...(this.#host.conntrack === undefined ? {} : { conntrack: this.#host.conntrack }),
      }),
      targets: (engine) => this.#targets(engine),
      turn: () => this.#stream.nextTurn(),
      gone: (engine) => this.#snapshots.end(engine),
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
      snapshotLine: (id, line) => this.#snapshots.line(id, this.#state.outgoing.lines(line)),
      snapshotEnd: (id) => this.#snapshots.end(engine, id),
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

  #giveUpRights(runAs: RunAs | undefined): void {
    if (runAs === undefined) {
      const { uid, netRaw, netAdmin } = current();
      this.#log.info({ uid, netRaw, netAdmin }, 'privileges');
      return;
    }
    const { uid, gid, threads } = drop(runAs);
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
      advanced: this.#advanced(),
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

  /** Whether every worker of a live source has moved since the last call. */
  #advanced(): () => boolean {
    let before = new Map<Engine, readonly number[]>();
    return () => {
      const now = new Map<Engine, readonly number[]>();
      for (const engine of this.#captures.engines())
        if (engine.sourceState() !== 'none') now.set(engine, engine.ticks());
      const stuck = [...now].some(([engine, ticks]) =>
        before.get(engine)?.some((count, worker) => count === ticks[worker]),
      );
      before = now;
      return !stuck;
    };
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
    this.#manager.ready();
    return answer;
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

function isAccount(user: string): boolean {
  try {
    accountIds({ user });
    return true;
  } catch {
    return false;
  }
}

function readToken(path: string): string {
  try {
    return readFileSync(path, 'utf8').split('\n')[0]?.trim() ?? '';
  } catch (cause) {
    throw fileError(path, cause as NodeJS.ErrnoException);
  }
}
