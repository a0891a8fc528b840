// `interface_stats`: the counters of each interface since the last one, keyed by name beside `type` (netifyd 5.x).
import type { Static } from 'typebox';
import { keyed } from './keyed.js';
import { PacketStats } from './packet-stats.js';

export const InterfaceStats = keyed(
  'interface_stats',
  PacketStats,
  'What each interface has carried since the last such message, by name.',
);

export type InterfaceStats = Static<typeof InterfaceStats>;
