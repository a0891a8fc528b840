// What the configuration means to the parts: options of engines, sources of interfaces, listeners and limits of the
// stream. Pure: the same configuration gives the same options.
import { availableParallelism } from 'node:os';
import type { EngineOptions, NdpiFiles } from '../capture/engine.js';
import type { Source } from '../capture/source.js';
import type { ListenerConfig } from '../config/listeners.js';
import type { Config, InterfaceConfig } from '../config/schema/index.js';
import type { ListenerOptions, StreamLimits } from '../sinks/stream/index.js';
import type { CaptureSpec, Role } from './capture.js';

/** Options of every engine; what a running engine takes over is in liveOptions(). */
export type EngineSettings = Omit<EngineOptions, 'source' | 'interface' | 'internal'>;

const processors = (): number => Math.max(1, availableParallelism());

export function engineSettings(config: Config): EngineSettings {
  const { dipperd, threads, socket } = config;
  const workers = threads.workers < 1 ? Math.min(64, processors()) : threads.workers;
  return {
    workers,
    // Unknown ones come with dumpUnknown alone.
    events: ['detected', 'updated', 'unknown', 'expired', 'stats'],
    tunnels: [...dipperd.tunnels],
    ...(dipperd.max_flows > 0 ? { maxFlows: dipperd.max_flows } : {}),
    maxDpiStates: dipperd.max_dpi_states,
    expiry: {
      udpIdleS: dipperd.ttl_idle_flow,
      otherIdleS: dipperd.ttl_idle_flow,
      tcpIdleS: dipperd.ttl_idle_tcp_flow,
      tcpClosedS: dipperd.ttl_closed_tcp_flow,
      activeS: dipperd.ttl_active_flow,
    },
    statsIntervalS: dipperd.update_interval,
    dumpUnknown: socket.dump_unknown_flows,
    packetCounters: true,
    packetSeries: dipperd.packet_series,
    ...(dipperd.capture_unknown_flows
      ? {
          captureUnknown: {
            packets: dipperd.capture_unknown_packets,
            bytes: dipperd.capture_unknown_bytes,
          },
        }
      : {}),
    dpi: {
      ...ndpiFiles(config),
      maxPacketsTcp: dipperd.max_tcp_pkts ?? dipperd.max_detection_pkts,
      maxPacketsUdp: dipperd.max_udp_pkts ?? dipperd.max_detection_pkts,
    },
  };
}

const file = (name: string, path: string | undefined): Record<string, string> =>
  path === undefined || path === '' ? {} : { [name]: path };

/** The configured files of libndpi. */
export function ndpiFiles({ ndpi }: Config): NdpiFiles {
  return {
    ...file('protocols', ndpi.protocols_file),
    ...file('categories', ndpi.categories_file),
    ...file('riskyDomains', ndpi.risky_domains_file),
    ...file('ja3', ndpi.ja3_file),
    ...file('certificates', ndpi.certificates_file),
  };
}

/** The role of an interface that the configuration names, where it says one. */
export type DetectedRole = (name: string) => Role;

/** `group`: the number of its fanout, one that no other interface of the machine's has. */
export function captureSpec(
  config: Config,
  one: InterfaceConfig,
  role: Role,
  group: number,
): CaptureSpec {
  const settings = { ...config.capture_defaults, ...config.capture_defaults_tpv3, ...one };
  const filter = settings.filter === undefined ? {} : { filter: settings.filter };
  const spec = (type: CaptureSpec['type'], sources: readonly Source[]): CaptureSpec => ({
    ...{ name: one.name, role, type, sources },
  });
  if (one.filename !== undefined)
    return spec('pcap-file', [
      {
        type: 'pcap-file',
        path: one.filename,
        pace: settings.replay_delay ? 'recorded' : 'full',
        ...filter,
      },
    ]);
  const members = settings.fanout_mode === 'hash' ? settings.fanout_instances || processors() : 1;
  const ring: Source = {
    type: 'packet-ring',
    interface: one.name,
    promiscuous: settings.promiscuous,
    waitForInterface: true,
    blockBytes: settings.rb_block_size,
    blocks: settings.rb_blocks,
    frameBytes: settings.rb_frame_size,
    retireMs: settings.read_timeout,
    ...filter,
    ...(members > 1 ? { fanout: { group, members } } : {}),
  };
  return spec(
    'packet-ring',
    Array.from({ length: members }, () => ring),
  );
}

/** `readToken`: what a token file holds. */
export function listenerOptions(
  listener: ListenerConfig,
  readToken: (path: string) => string,
): ListenerOptions {
  if (listener.type === 'unix') {
    const { path, mode, group, framing } = listener;
    return { path, mode, group, framing };
  }
  const { address, port, framing, tls, insecure, tokenFile } = listener;
  const token = tokenFile === undefined ? listener.token : readToken(tokenFile);
  return { address, port, framing, tls, insecure, token };
}

export function streamLimits(config: Config): Partial<StreamLimits> {
  const { socket } = config;
  return {
    maxClients: socket.max_clients,
    queueBytes: socket.slow_client_bytes,
    queueSeconds: socket.slow_client_seconds,
    slowPolicy: socket.slow_client_policy,
  };
}
