// Facts of the members of `flow` that say how its packets travelled, and of what an update changes.
import { type FactTable, within } from './facts.js';

// biome-ignore format: a row a field
const anomalies: FactTable = {
  resets:                     ['0.1.0', 0, '', '', 'conn.log history (r)'],
  retrans:                    ['0.1.0', 1, '', '', 'conn.log history (t)'],
  seq_errors:                 ['0.1.0', 0, '', '', 'conn.log history (g), missed_bytes'],
};

// biome-ignore format: a row a field
const side: FactTable = {
  ...anomalies,
  window_first:               ['0.1.0', 64240, '', '', ''],
  window_last:                ['0.1.0', 131072, '', '', ''],
  window_min:                 ['0.1.0', 64128, '', '', 'conn.log history (w)'],
};

// biome-ignore format: a row a field
const members: FactTable = {
  ip_dscp:                    ['0.1.0', 46, '', '', ''],
  local_dscp:                 ['0.1.0', 46, '', '', ''],
  local_dscp_changed:         ['0.1.0', true, '', '', ''],
  local_ttl:                  ['0.1.0', 64, '', '', ''],
  local_ttl_min:              ['0.1.0', 63, '', 'netflow.min_ttl', ''],
  local_ttl_max:              ['0.1.0', 64, '', 'netflow.max_ttl', ''],
  other_dscp:                 ['0.1.0', 0, '', '', ''],
  other_dscp_changed:         ['0.1.0', true, '', '', ''],
  other_ttl:                  ['0.1.0', 57, '', '', ''],
  other_ttl_min:              ['0.1.0', 56, '', 'netflow.min_ttl', ''],
  other_ttl_max:              ['0.1.0', 57, '', 'netflow.max_ttl', ''],
  ...within('tcp.', anomalies),
  'tcp.rtt_us':               ['0.1.0', 23456, '', '', ''],
  'tcp.rtt_client_us':        ['0.1.0', 456, '', '', ''],
  'tcp.rtt_server_us':        ['0.1.0', 23000, '', '', ''],
  ...within('tcp.local.', side),
  ...within('tcp.other.', side),
  'packet_series.bytes':      ['0.1.0', [74, -74, 66], '', '', ''],
  'packet_series.interval_us': ['0.1.0', [0, 23000, 456], '', '', ''],
  changed:                    ['0.1.0', ['detected_application', 'ssl.client_sni'], '', '', ''],
};

export const transportFacts: FactTable = within('flow.', members);
