// What the service manager is told (sd_notify(3)), and its watchdog (sd_watchdog_enabled(3)). Without NOTIFY_SOCKET in
// the environment every call is silent: the daemon was not started by one.
import { loadAddon } from '../addon.js';
import type { Log } from '../log.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** CLOCK_MONOTONIC in microseconds: systemd asks for the time at which a reload began. */
const monotonicUs = () => process.hrtime.bigint() / 1000n;

export class ServiceManager {
  readonly #socketPath: string;
  readonly #log: Pick<Log, 'warn'>;
  #failed = false;

  constructor(log: Pick<Log, 'warn'>, environment: Environment = process.env) {
    this.#socketPath = environment.NOTIFY_SOCKET ?? '';
    this.#log = log;
  }

  /** Whether anybody listens. */
  get present(): boolean {
    return this.#socketPath !== '';
  }

  /** Capture runs and listeners are open. `status` is one line for `systemctl status`. */
  ready(status?: string): void {
    this.#send('READY=1', status);
  }

  /** A reload has begun; `ready()` ends it. */
  reloading(): void {
    this.#send(`RELOADING=1\nMONOTONIC_USEC=${monotonicUs()}`);
  }

  stopping(status?: string): void {
    this.#send('STOPPING=1', status);
  }

  status(text: string): void {
    this.#send('', text);
  }

  watchdog(): void {
    this.#send('WATCHDOG=1');
  }

  /** A manager that cannot be reached must not end the daemon: said once, until it works again. */
  #send(state: string, status?: string): void {
    if (!this.present) return;
    const lines = [state, status === undefined ? '' : `STATUS=${status.replaceAll('\n', ' ')}`];
    try {
      loadAddon().notifyServiceManager(this.#socketPath, lines.filter(Boolean).join('\n'));
      this.#failed = false;
    } catch (err) {
      if (!this.#failed) this.#log.warn({ err, state }, 'the service manager cannot be reached');
      this.#failed = true;
    }
  }
}

/** How often the service manager wants to hear from process `pid`, in ms; undefined when it doesn't. */
export function watchdogIntervalMs(
  environment: Environment = process.env,
  pid: number = process.pid,
): number | undefined {
  const us = Number(environment.WATCHDOG_USEC);
  if (!Number.isSafeInteger(us) || us <= 0) return undefined;
  if (environment.WATCHDOG_PID !== undefined && Number(environment.WATCHDOG_PID) !== pid)
    return undefined;
  return us / 1000;
}

export interface WatchdogOptions {
  readonly manager: Pick<ServiceManager, 'watchdog'>;
  readonly log: Pick<Log, 'warn'>;
  /** Whether every worker has moved since the last call: packets or ticks counted. Called twice an interval. */
  readonly advanced: () => boolean;
  /** The service manager's limit in ms; undefined: there is no watchdog and nothing is done. */
  readonly intervalMs?: number | undefined;
}

/** Feeds the service manager's watchdog while the workers advance, so that a stuck worker restarts the service. */
export class Watchdog {
  readonly #options: WatchdogOptions;
  #timer: NodeJS.Timeout | undefined;
  #stuck = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  /** Begins; a second call does nothing. */
  start(): void {
    const { intervalMs } = this.#options;
    if (intervalMs === undefined || this.#timer) return;
    // Half the limit, as sd_watchdog_enabled(3) recommends. A timer that fires late because this thread is stuck feeds
    // late, which is right: a daemon that cannot run its timers serves nobody.
    this.#timer = setInterval(() => this.#tick(), Math.max(1, intervalMs / 2)).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const advanced = this.#options.advanced();
    if (advanced) this.#options.manager.watchdog();
    else if (!this.#stuck)
      this.#options.log.warn(
        { intervalMs: this.#options.intervalMs },
        'a worker does not advance; the service manager is not told that all is well',
      );
    this.#stuck = !advanced;
  }
}
