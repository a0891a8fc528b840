// The names of the tunnels, in the order of dipper::Tunnel (addon/core/flow_key.h). Apart from the schemas, so that
// the command line does not load the schema library for eight words.
export const tunnels = [
  'none',
  'gtp_u',
  'capwap',
  'tzsp',
  'gre',
  'vxlan',
  'ip_in_ip',
  'teredo',
] as const;
