// Facts of the members of the object `flow` that every flow has: identity, times, verdict and counters.
import { type FactTable, within } from './facts.js';

const digest = '8a4b0a6ff5a8a7c1cf1a2f5e7a3d9a1c0b9e8d77';

// biome-ignore format: a row a field
const fit: FactTable = {
  field:                      ['0.1.0', 'ssl.client_sni', '', '', ''],
  value:                      ['0.1.0', 'www.google.com', '', '', ''],
  'rule.application':         ['0.1.0', 'dipper.google', 'rule.name', '', ''],
  'rule.file':                ['0.1.0', '/etc/dipper/applications.d/mine.conf', 'rule.ruleset', '', ''],
  'rule.line':                ['0.1.0', 12, '', '', ''],
  'rule.text':                ['0.1.0', 'dom:100001:google.com', '', '', ''],
  'transform.value':          ['0.1.0', 'google.com', '', '', ''],
  'transform.file':           ['0.1.0', '/etc/dipper/applications.d/mine.conf', '', '', ''],
  'transform.line':           ['0.1.0', 11, '', '', ''],
  'transform.text':           ['0.1.0', 'xfm:^.*\\.google\\.com$:google.com', '', '', ''],
};

// biome-ignore format: a row a field
const identity: FactTable = {
  //                      since    example                           ECS                                  EVE                             Zeek
  digest:                     ['0.1.0', digest, '', 'flow_id', 'conn.log uid'],
  community_id:               ['0.1.0', '1:LQU9qZlK+B5F3KDmev6m5PMibrg=', 'network.community_id', 'community_id', 'conn.log community_id'],
  ip_version:                 ['0.1.0', 4, 'network.type (ipv4, ipv6)', 'ip_v', ''],
  ip_protocol:                ['0.1.0', 6, 'network.iana_number', 'proto (a name)', 'conn.log ip_proto'],
  vlan_id:                    ['0.1.0', 42, 'network.vlan.id (text)', 'vlan (a list)', 'conn.log vlan'],
  tunnel:                     ['0.1.0', 'vxlan', '', 'tunnel.pkt_src', 'tunnel.log tunnel_type'],
  tunnel_id:                  ['0.1.0', 4096, '', '', ''],
  'gtp.version':              ['0.1.0', 1, '', '', ''],
  'gtp.ip_version':           ['0.1.0', 4, '', '', ''],
  'gtp.ip_dscp':              ['0.1.0', 46, '', '', ''],
  'gtp.local_ip':             ['0.1.0', '198.51.100.20', '', 'tunnel.src_ip / tunnel.dest_ip', 'tunnel.log id.orig_h / id.resp_h'],
  'gtp.local_port':           ['0.1.0', 2152, '', 'tunnel.src_port / tunnel.dest_port', 'tunnel.log id.orig_p / id.resp_p'],
  'gtp.local_teid':           ['0.1.0', 943514505, '', '', ''],
  'gtp.other_ip':             ['0.1.0', '198.51.100.60', '', 'tunnel.dest_ip / tunnel.src_ip', 'tunnel.log id.resp_h / id.orig_h'],
  'gtp.other_port':           ['0.1.0', 2152, '', 'tunnel.dest_port / tunnel.src_port', 'tunnel.log id.resp_p / id.orig_p'],
  'gtp.other_teid':           ['0.1.0', 167546947, '', '', ''],
  'gtp.other_type':           ['0.1.0', 'remote', '', '', ''],
  local_ip:                   ['0.1.0', '192.168.1.10', 'source.ip / destination.ip', 'src_ip / dest_ip', 'conn.log id.orig_h / id.resp_h'],
  local_port:                 ['0.1.0', 50123, 'source.port / destination.port', 'src_port / dest_port', 'conn.log id.orig_p / id.resp_p'],
  local_mac:                  ['0.1.0', '02:00:00:00:00:01', 'source.mac / destination.mac (02-00-...)', 'ether.src_mac / ether.dest_mac', 'conn.log orig_l2_addr / resp_l2_addr'],
  other_ip:                   ['0.1.0', '203.0.113.9', 'destination.ip / source.ip', 'dest_ip / src_ip', 'conn.log id.resp_h / id.orig_h'],
  other_port:                 ['0.1.0', 443, 'destination.port / source.port', 'dest_port / src_port', 'conn.log id.resp_p / id.orig_p'],
  other_mac:                  ['0.1.0', '02:00:00:00:00:02', 'destination.mac / source.mac (02-00-...)', 'ether.dest_mac / ether.src_mac', 'conn.log resp_l2_addr / orig_l2_addr'],
  other_type:                 ['0.1.0', 'remote', '', '', ''],
  local_origin:               ['0.1.0', true, 'network.direction (outbound / inbound)', '', 'conn.log local_orig'],
  ip_nat:                     ['0.1.0', true, '', '', ''],
  ct_id:                      ['0.1.0', 4275878552, '', '', ''],
  ct_mark:                    ['0.1.0', 42, '', '', ''],
  'conntrack.id':             ['0.1.0', 4275878552, '', '', ''],
  'conntrack.mark':           ['0.1.0', 42, '', '', ''],
  'conntrack.reply_src_ip':   ['0.1.0', '203.0.113.9', 'destination.nat.ip', '', ''],
  'conntrack.reply_src_port': ['0.1.0', 443, 'destination.nat.port', '', ''],
  'conntrack.reply_dst_ip':   ['0.1.0', '198.51.100.7', 'source.nat.ip', '', ''],
  'conntrack.reply_dst_port': ['0.1.0', 61001, 'source.nat.port', '', ''],
  twin_digest:                ['0.1.0', '89abcdef0123456789abcdef0123456789abcdef', '', '', ''],
  dns_host_name:              ['0.1.0', 'www.example.net', 'server.domain', '', ''],
  dhc_hit:                    ['0.1.0', true, '', '', ''],
  fhc_hit:                    ['0.1.0', true, '', '', ''],
  digest_prev:                ['0.1.0', ['fedcba9876543210fedcba9876543210fedcba98'], '', '', ''],
  first_seen_at:              ['0.1.0', 1700000000123, 'event.start (ISO 8601)', 'flow.start (ISO 8601)', 'conn.log ts (s)'],
  last_seen_at:               ['0.1.0', 1700000030180, 'event.end (ISO 8601)', 'flow.end (ISO 8601)', 'conn.log ts + duration (s)'],
  detected_protocol:          ['0.1.0', 91, '', '', ''],
  detected_protocol_name:     ['0.1.0', 'TLS', 'network.protocol (lower case)', 'app_proto (lower case)', 'conn.log service (lower case)'],
  detected_application:       ['0.1.0', 100001, '', '', ''],
  detected_application_name:  ['0.1.0', 'dipper.google', 'network.application', '', ''],
  detection_guessed:          ['0.1.0', false, '', '', ''],
  soft_dissector:             ['0.1.0', false, '', '', ''],
  detection_packets:          ['0.1.0', 4, '', '', ''],
  'ndpi.version':             ['0.1.0', '4.2.0', '', '', ''],
  'ndpi.protocol':            ['0.1.0', 'TLS.Google', '', '', ''],
  'ndpi.master':              ['0.1.0', 'TLS', 'network.protocol (lower case)', 'app_proto (lower case)', 'conn.log service (lower case)'],
  'ndpi.app':                 ['0.1.0', 'Google', 'network.application (lower case)', '', ''],
  'ndpi.confidence':          ['0.1.0', 'DPI', '', '', ''],
  'ndpi.category':            ['0.1.0', 'Web', '', '', ''],
  'ndpi.breed':               ['0.1.0', 'Acceptable', '', '', ''],
  'ndpi.risks':               ['0.1.0', ['Obsolete TLS (v1.1 or older)'], '', 'anomaly.event (other words)', 'weird.log name (other words)'],
  'ndpi.score':               ['0.1.0', 50, 'event.risk_score', '', ''],
  'ndpi.guessed':             ['0.1.0', false, '', '', ''],
  'category.protocol':        ['0.1.0', 'Web', '', '', ''],
  'category.application':     ['0.1.0', 'portal', '', '', ''],
  'category.domain':          ['0.1.0', 'unclassified', '', '', ''],
  ...within('explain.', fit),
  'explain.packet':           ['0.1.0', 4, '', '', ''],
  ...within('explain.others[].', fit),
};

// biome-ignore format: a row a field
const counters: FactTable = {
  local_packets:              ['0.1.0', 12, 'source.packets / destination.packets', 'flow.pkts_toserver / flow.pkts_toclient', 'conn.log orig_pkts / resp_pkts'],
  local_bytes:                ['0.1.0', 1600, 'source.bytes / destination.bytes', 'flow.bytes_toserver / flow.bytes_toclient', 'conn.log orig_ip_bytes / resp_ip_bytes (from the IP header on)'],
  other_packets:              ['0.1.0', 19, 'destination.packets / source.packets', 'flow.pkts_toclient / flow.pkts_toserver', 'conn.log resp_pkts / orig_pkts'],
  other_bytes:                ['0.1.0', 16631, 'destination.bytes / source.bytes', 'flow.bytes_toclient / flow.bytes_toserver', 'conn.log resp_ip_bytes / orig_ip_bytes (from the IP header on)'],
  total_packets:              ['0.1.0', 31, 'network.packets', '', ''],
  total_bytes:                ['0.1.0', 18231, 'network.bytes', '', ''],
};

// biome-ignore format: a row a field
const envelope: FactTable = {
  snapshot:                   ['0.1.0', 1, '', '', ''],
  seq:                        ['0.1.0', 4711, 'event.sequence', '', ''],
  interface:                  ['0.1.0', 'br-lan', 'observer.ingress.interface.name', 'in_iface', ''],
  internal:                   ['0.1.0', true, '', '', ''],
  established:                ['0.1.0', false, '', '', ''],
  reason:                     ['0.1.0', 'closed', 'event.reason', 'flow.reason (other words)', 'conn.log conn_state (other words)'],
};

export const flowFacts: FactTable = {
  ...envelope,
  ...within('flow.', { ...identity, ...counters }),
};
