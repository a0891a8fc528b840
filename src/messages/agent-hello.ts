// `agent_hello`: the first message on every connection: who speaks, and which version of this format.
import { type Static, Type } from 'typebox';
import { amount, closed, epochMs, notes, sequence, text } from './envelope.js';

/** Version of netifyd's JSON whose names and units these messages keep. */
export const jsonVersion = 1.9;

export const AgentHello = closed(
  {
    ...sequence,
    type: Type.Literal('agent_hello', notes('Type of the message.', 'type')),
    build_version: text(
      'Program, version, features and library in one line, for people.',
      'build_version',
    ),
    agent_version: amount(
      'version',
      'Major and minor version as one number, as netifyd 3.x sends it; `dipper_version` is exact.',
      'agent_version (text from 5.x)',
    ),
    json_version: amount(
      'version',
      "Version of netifyd's JSON that the names and units follow; always 1.9.",
      'json_version',
    ),
    dipper_version: text('Version of Dipper, for example 0.1.0.'),
    ndpi_version: text('Version of the running libndpi, for example 4.2.0.'),
    uuid: text(
      'Name of this agent, `XX-XX-XX-XX`; `00-00-00-00` without one.',
      'uuid (of an upload)',
    ),
    started_at: epochMs(
      'Start of this run of the daemon. Another value than before: `seq` counts anew.',
    ),
  },
  {
    $id: 'agent_hello',
    title: 'agent_hello',
    description: 'Who speaks. The first message on every connection.',
  },
);

export type AgentHello = Static<typeof AgentHello>;

export interface AgentIdentity {
  /** Of Dipper, for example `0.1.0`. */
  readonly version: string;
  readonly ndpiVersion: string;
  /** Words such as `conntrack`, `netlink`, `dns-cache`. */
  readonly features: readonly string[];
  readonly uuid: string;
  /** Serial number and site, where they are known. */
  readonly serial?: string;
  readonly site?: string;
  /** ms since 1970. */
  readonly startedAt: number;
}

export function agentHello(agent: AgentIdentity): AgentHello {
  return {
    type: 'agent_hello',
    build_version: buildVersion(agent),
    agent_version: agentVersion(agent.version),
    json_version: jsonVersion,
    dipper_version: agent.version,
    ndpi_version: agent.ndpiVersion,
    uuid: agent.uuid,
    started_at: agent.startedAt,
  };
}

/** `Dipper/0.1.0 (linux; x64; conntrack) nDPI/4.2.0 JSON/1.90`: netifyd's order, for clients that parse it. */
export function buildVersion(
  agent: Pick<AgentIdentity, 'version' | 'ndpiVersion' | 'features'>,
): string {
  const about = [process.platform, process.arch, ...agent.features].join('; ');
  return `Dipper/${agent.version} (${about}) nDPI/${agent.ndpiVersion} JSON/${jsonVersion.toFixed(2)}`;
}

/** The number that strtod(3) reads at the start of a version, as netifyd 3.x does: `0.1.0` is 0.1. */
export function agentVersion(version: string): number {
  return Number(/^\d+(\.\d+)?/.exec(version)?.[0] ?? 0);
}
