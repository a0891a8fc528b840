// A reload: the plan from the running configuration to the new one, applied step by step. What a step cannot do is said
// and the others are done all the same; a configuration that does not pass its checks changes nothing.
import type { LiveEngineOptions } from '../capture/engine.js';
import type { Config, LoadedConfig } from '../config/index.js';
import { type Plan, plan, planText, type Step } from '../config/plan.js';
import type { Log } from '../log.js';
import type { ControlAnswer } from './control.js';

/** What the running daemon can be told. Each may throw; the message is for people. */
export interface Appliers {
  listeners(config: Config): Promise<void>;
  interfaces(from: Config, to: Config): Promise<void>;
  engine(options: LiveEngineOptions): void;
  stream(config: Config): void;
  enrichment(config: Config): Promise<void>;
  privacy(config: Config): Promise<void>;
  applications(config: Config): Promise<void>;
  ndpi(config: Config): Promise<void>;
  state(config: Config): Promise<void>;
  intervals(config: Config): void;
  log(config: Config): void;
}

export interface Reloaded {
  readonly answer: ControlAnswer;
  /** What runs now; undefined when nothing was taken over. */
  readonly config: Config | undefined;
}

export function liveOptions({ dipperd, socket }: Config): LiveEngineOptions {
  return {
    expiry: {
      udpIdleS: dipperd.ttl_idle_flow,
      otherIdleS: dipperd.ttl_idle_flow,
      tcpIdleS: dipperd.ttl_idle_tcp_flow,
      tcpClosedS: dipperd.ttl_closed_tcp_flow,
      activeS: dipperd.ttl_active_flow,
    },
    statsIntervalS: dipperd.update_interval,
    dumpUnknown: socket.dump_unknown_flows,
    dpi: {
      maxPacketsTcp: dipperd.max_tcp_pkts ?? dipperd.max_detection_pkts,
      maxPacketsUdp: dipperd.max_udp_pkts ?? dipperd.max_detection_pkts,
    },
  };
}

/** `load` throws what is wrong with the new configuration. */
export async function reload(
  running: Config,
  load: () => LoadedConfig,
  appliers: Appliers,
  log: Log,
): Promise<Reloaded> {
  let loaded: LoadedConfig;
  try {
    loaded = load();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `the new configuration is refused, nothing was changed: ${reason}`;
    return { answer: { ok: false, message }, config: undefined };
  }
  for (const notice of loaded.notices) log.info(notice);
  const to = loaded.config;
  const steps = plan(running, to);
  const failures: string[] = [];
  for (const step of steps.steps) {
    try {
      await apply(step, running, to, appliers);
    } catch (error) {
      failures.push(`${step.kind}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { answer: answerOf(steps, failures), config: to };
}

async function apply(step: Step, from: Config, to: Config, appliers: Appliers): Promise<void> {
  switch (step.kind) {
    case 'interfaces':
      return await appliers.interfaces(from, to);
    case 'engine':
      return appliers.engine(liveOptions(to));
    default:
      return await appliers[step.kind](to);
  }
}

function answerOf(steps: Plan, failures: readonly string[]): ControlAnswer {
  const data = {
    differences: steps.differences,
    restart: steps.restart,
    failures,
  };
  const text = planText(steps).trimEnd();
  if (failures.length === 0) return { ok: true, message: text, data };
  return { ok: false, message: `${text}\nnot done:\n${failures.join('\n')}`, data };
}
