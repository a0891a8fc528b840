// One correct line of each message, written by hand from the documented shape; the tests bend copies of them.
import { agentExamples } from './agent-examples.js';

const identity = {
  digest: '0123456789abcdef0123456789abcdef01234567',
  community_id: '1:LQU9qZlK+B5F3KDmev6m5PMibrg=',
  ip_version: 4,
  ip_protocol: 6,
  vlan_id: 0,
  tunnel: 'none',
  tunnel_id: 0,
  local_ip: '192.0.2.10',
  local_port: 50123,
  local_mac: '02:00:00:00:00:01',
  other_ip: '198.51.100.9',
  other_port: 443,
  other_mac: '02:00:00:00:00:02',
  other_type: 'remote',
  local_origin: true,
  ip_nat: true,
  ct_id: 4275878552,
  ct_mark: 42,
  conntrack: {
    id: 4275878552,
    mark: 42,
    reply_src_ip: '198.51.100.9',
    reply_src_port: 443,
    reply_dst_ip: '203.0.113.1',
    reply_dst_port: 50123,
  },
  twin_digest: '89abcdef0123456789abcdef0123456789abcdef',
  fhc_hit: true,
  digest_prev: ['fedcba9876543210fedcba9876543210fedcba98'],
  gtp: {
    version: 1,
    ip_version: 4,
    ip_dscp: 46,
    local_ip: '198.51.100.20',
    local_port: 2152,
    local_teid: 11,
    other_ip: '198.51.100.60',
    other_port: 2152,
    other_teid: 10,
    other_type: 'remote',
  },
  first_seen_at: 1700000000123,
  last_seen_at: 1700000000180,
  detected_protocol: 91,
  detected_protocol_name: 'TLS',
  detected_application: 100126,
  detected_application_name: 'dipper.google',
  detection_guessed: false,
  soft_dissector: false,
  detection_packets: 4,
  ndpi: {
    version: '4.2.0',
    protocol: 'TLS.Google',
    master: 'TLS',
    app: 'Google',
    confidence: 'DPI',
    category: 'Web',
    breed: 'Acceptable',
    risks: ['Obsolete TLS (v1.1 or older)'],
    score: 50,
    guessed: false,
  },
  category: { protocol: 'Web', application: 'portal', domain: 'unclassified' },
  host_server_name: 'www.example.net',
  ssl: { version: 'TLSv1.1', client_sni: 'www.example.net', alpn: ['h2', 'http/1.1'] },
  local_device: { name: 'desk', name_source: 'lease', randomized: true },
  geo: {
    continent: 'EU',
    country: 'DE',
    country_name: 'Germany',
    region: 'BE',
    region_name: 'Land Berlin',
    city: 'Berlin',
    location: { lat: 52.52, lon: 13.4 },
  },
  as: { number: 64496, organization: 'Example' },
  ip_dscp: 0,
};

const window = { window_first: 64240, window_last: 131072, window_min: 502 };

const transport = {
  ...{ local_dscp: 0, local_dscp_changed: true, local_ttl: 64 },
  ...{ other_dscp: 10, other_ttl: 57, other_ttl_min: 56, other_ttl_max: 57 },
  tcp: {
    ...{ resets: 0, retrans: 1, seq_errors: 0 },
    ...{ rtt_us: 23456, rtt_client_us: 456, rtt_server_us: 23000 },
    local: { resets: 0, retrans: 1, seq_errors: 0, ...window },
    other: { resets: 0, retrans: 0, seq_errors: 0, ...window },
  },
  packet_series: { bytes: [74, -74, 66], interval_us: [0, 23000, 456] },
};

const counters = {
  ...{ local_packets: 12, local_bytes: 1600, other_packets: 19, other_bytes: 16631 },
  ...{ total_packets: 31, total_bytes: 18231 },
};

const around = { interface: 'eth0', internal: true, established: false };

export const examples = {
  ...agentExamples,
  flow: { type: 'flow', ...around, flow: identity },
  flow_dpi_update: {
    type: 'flow_dpi_update',
    ...around,
    flow: {
      ...identity,
      changed: ['detected_application', 'detected_application_name', 'ndpi.app', 'ssl.client_sni'],
      previous: {
        detected_application: 0,
        detected_application_name: 'Unknown',
        ndpi: { app: 'Unknown' },
        host_server_name: 'cdn.example.net',
        ssl: { alpn: ['h2'] },
      },
      ...counters,
    },
  },
  flow_stats: {
    type: 'flow_stats',
    ...around,
    flow: {
      digest: identity.digest,
      last_seen_at: identity.last_seen_at,
      tcp: { resets: 0, retrans: 1, seq_errors: 0 },
      local_packets: 2,
      local_bytes: 140,
      other_packets: 1,
      other_bytes: 1514,
      total_packets: 31,
      total_bytes: 18231,
    },
  },
  flow_purge: {
    type: 'flow_purge',
    reason: 'closed',
    ...around,
    flow: { ...identity, ...transport, ...counters },
  },
};
