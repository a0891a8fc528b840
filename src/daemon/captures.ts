// All captured interfaces: which there are (by configuration, else detected), what is local for each, and how they
// change while the daemon runs.
import type { Engine } from '../capture/engine.js';
import type { HostState } from '../capture/links.js';
import { networksOf } from '../capture/networks.js';
import { detectRoles } from '../capture/roles.js';
import type { Config, InterfaceConfig } from '../config/index.js';
import { DipperError } from '../errors.js';
import type { Log } from '../log.js';
import { Capture, type CaptureOptions, type CaptureSpec, type Role } from './capture.js';
import { captureSpec } from './settings.js';

export interface CapturesOptions extends CaptureOptions {
  /** Links, addresses and routes; undefined when they are not followed. */
  readonly host: () => HostState | undefined;
  readonly log: Log;
}

/** An interface of the configuration with its role decided. */
interface Chosen {
  readonly config: InterfaceConfig;
  readonly role: Role;
}

/**
 * The configured interfaces; when there are none, those that the routes and addresses of the host show. Throws
 * ERR_OPTION_INVALID when nothing is left to capture.
 */
export function chooseInterfaces(
  config: Config,
  host: HostState | undefined,
  log: Log,
): readonly Chosen[] {
  const detection = host === undefined ? undefined : detectRoles(host);
  const detected = new Map(detection?.chosen.map(({ name, role }) => [name, role]));
  if (config.interfaces.length > 0)
    return config.interfaces.map((one) => ({
      config: one,
      role: one.role ?? detected.get(one.name) ?? 'LAN',
    }));
  if (detection?.remark !== undefined) log.info(detection.remark);
  for (const { name, role, reason } of detection?.chosen ?? [])
    log.info({ interface: name, role }, `${name} is captured as ${role}: ${reason}`);
  for (const { name, reason } of detection?.leftOut ?? [])
    log.debug({ interface: name }, `${name} is left out: ${reason}`);
  if (detected.size === 0)
    throw new DipperError(
      'ERR_SOURCE_UNAVAILABLE',
      'there is no interface to capture: none is configured and none has an address or a route; ' +
        'name one with -I (LAN) or -E (WAN)',
    );
  const defaults = { ...config.capture_defaults, ...config.capture_defaults_tpv3 };
  return [...detected].map(([name, role]) => ({
    config: { ...defaults, name, address: [] },
    role,
  }));
}

/** Without netlink only addresses of the configuration (-A) and the well-known private networks are local. */
const noHost: HostState = {
  ...{ links: [], addresses: [], routes: [], refused: 0 },
  ...{ complete: false, messages: 0, dumps: 0, overruns: 0 },
};

export class Captures {
  readonly #options: CapturesOptions;
  readonly #captures = new Map<string, Capture>();
  readonly #configs = new Map<string, InterfaceConfig>();
  #group = process.pid & 0xffff;

  constructor(options: CapturesOptions) {
    this.#options = options;
  }

  /** Opens them all. Throws what the first refusal says, with none left open. */
  open(config: Config): void {
    const chosen = chooseInterfaces(config, this.#options.host(), this.#options.log);
    try {
      for (const { config: one, role } of chosen) this.#open(config, one, role);
    } catch (error) {
      for (const engine of this.engines()) void engine.stop(); // not started: closed at once
      throw error;
    }
  }

  start(): void {
    for (const capture of this.#captures.values()) capture.start();
  }

  /** Those of the new configuration that are new or different are opened, those that are gone are stopped. */
  async update(before: Config, config: Config): Promise<void> {
    const wanted = new Map(
      chooseInterfaces(config, this.#options.host(), this.#options.log).map((one) => [
        one.config.name,
        one,
      ]),
    );
    const same = (name: string): boolean => {
      const one = wanted.get(name);
      const old = this.#configs.get(name);
      const capture = this.#captures.get(name);
      if (one === undefined || old === undefined || capture === undefined) return false;
      const now = captureSpec(config, one.config, one.role, 0);
      return JSON.stringify(now) === JSON.stringify(captureSpec(before, old, capture.spec.role, 0));
    };
    for (const [name, capture] of [...this.#captures]) {
      if (same(name)) continue;
      this.#captures.delete(name);
      this.#configs.delete(name);
      await capture.stop();
    }
    for (const [name, { config: one, role }] of wanted) {
      const old = this.#captures.get(name);
      if (old !== undefined) {
        this.#configs.set(name, one);
        continue;
      }
      this.#open(config, one, role).start();
    }
    this.applyNetworks();
  }

  /** What is local, after the host or the configuration has changed. */
  applyNetworks(): void {
    for (const capture of this.#captures.values())
      for (const engine of capture.engines()) this.#setNetworks(capture.spec.name, engine);
  }

  get all(): readonly Capture[] {
    return [...this.#captures.values()];
  }

  *engines(): Iterable<Engine> {
    for (const capture of this.#captures.values()) yield* capture.engines();
  }

  /** Resolves when no capture can bring anything more: all were files and are through. */
  async ended(): Promise<void> {
    await Promise.all(this.all.map(async (capture) => await capture.ended()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map(async (capture) => await capture.stop()));
  }

  #open(config: Config, one: InterfaceConfig, role: Role): Capture {
    this.#group = (this.#group + 1) & 0xffff;
    const capture = new Capture(captureSpec(config, one, role, this.#group), {
      ...this.#options,
      engine: (spec: CaptureSpec) => ({
        ...this.#options.engine(spec),
        networks: this.#networks(spec.name),
      }),
    });
    this.#configs.set(one.name, one);
    this.#captures.set(one.name, capture);
    capture.open();
    this.#options.log.info({ interface: one.name, role, source: capture.spec.type }, 'captured');
    return capture;
  }

  #networks(name: string) {
    const one = this.#configs.get(name);
    const peers = one?.peer === undefined ? [] : [one.peer];
    const host = this.#options.host() ?? noHost;
    return networksOf(host, { interface: name, peers, addresses: [...(one?.address ?? [])] });
  }

  #setNetworks(name: string, engine: Engine): void {
    try {
      engine.setNetworks(this.#networks(name));
    } catch (error) {
      this.#options.log.warn({ interface: name, err: error }, 'what is local could not be set');
    }
  }
}
