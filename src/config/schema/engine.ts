// `[threads]`, `[netlink]`, `[ndpi]`, `[flow-hash-cache]`, `[dns-hint-cache]`: what runs inside, and its tables.
import { Type } from 'typebox';
import { closed, flag, integer, path, seconds, size, word } from './values.js';

export const threads = closed(
  {
    workers: integer(1, [-1, 64], {
      is: 'Threads that analyse, for each interface; -1 = one for each processor. A pair of addresses always goes to the same one.',
      apply: 'restart',
      netifyd: '[threads] detection_cores (default -1)',
      aliases: ['detection_cores'],
      unit: 'threads',
    }),
  },
  'Threads of the data plane.',
);

export const netlink = closed(
  {
    addresses: flag(true, {
      is: 'Follow addresses, routes and links of the machine by netlink events.',
      apply: 'restart',
      netifyd: 'option -l turns it off',
    }),
    conntrack: flag(true, {
      is: 'Follow connection tracking: NAT, ids, marks, twins of translated flows.',
      apply: 'restart',
      netifyd: 'option -t turns it off',
    }),
    conntrack_buffer_size: size(4194304, [4096, 1073741824], {
      is: 'Receive buffer of the netlink socket for connection tracking.',
      apply: 'restart',
      netifyd: '[netlink] conntrack_buffer_size (5.x, default 1048576)',
    }),
    conntrack_max_entries: integer(524288, [128, 67108864], {
      is: 'Entries of the copy of the table: a connection takes one, a translated one two. The oldest make room.',
      apply: 'restart',
      unit: 'entries',
    }),
    conntrack_idle_timeout: seconds(3600, [10, 864000], {
      is: 'Time without a word from the kernel after which a connection is forgotten; it is asked at half of it.',
      apply: 'restart',
      netifyd: '[netlink] conntrack_idle_timeout (5.x)',
    }),
  },
  'What the kernel tells about addresses and connections.',
);

const file = (is: string) => Type.Optional(path(undefined, { is, apply: 'ndpi' }));

export const ndpi = closed(
  {
    protocols_file: file('Own protocols, in the format of libndpi.'),
    categories_file: file('Own categories, in the format of libndpi.'),
    risky_domains_file: file('Domains to flag, one a line.'),
    ja3_file: file('JA3 fingerprints to flag, one a line.'),
    certificates_file: file('SHA-1 of certificates to flag, one a line.'),
  },
  'Lists that libndpi loads: at start, on SIGHUP, and when one of them changes. Flows in detection keep what they began with.',
);

const save = (what: string, netifyd: string) =>
  word(['persistent', 'volatile', 'disabled'], 'persistent', {
    is: `Where ${what} is kept: in path_state_persistent, in path_state_volatile, or nowhere.`,
    apply: 'restart',
    netifyd,
    synonyms: {
      1: 'persistent',
      yes: 'persistent',
      true: 'persistent',
      0: 'disabled',
      no: 'disabled',
      false: 'disabled',
    },
  });

export const flowHashCache = closed(
  {
    enable: flag(true, {
      is: 'Say of a flow whose addresses and ports had a record before, which digest that had.',
      apply: 'restart',
      netifyd: '[flow_hash_cache] enable',
    }),
    save: save('the cache', '[flow_hash_cache] save'),
    cache_size: integer(10000, [1, 16777216], {
      is: 'Flows remembered; beyond it the longest unused are forgotten.',
      apply: 'restart',
      netifyd: '[flow_hash_cache] cache_size',
      unit: 'flows',
    }),
  },
  'Digests of flows that have ended.',
);

export const dnsHintCache = closed(
  {
    enable: flag(true, {
      is: 'Learn the names of servers from the DNS answers that clients were given.',
      apply: 'restart',
      netifyd: '[dns_hint_cache] enable',
    }),
    save: save('the cache', '[dns_hint_cache] save'),
    ttl: seconds(1800, [1, 604800], {
      is: 'Longest life of a hint; a shorter TTL of the answer counts.',
      apply: 'restart',
      netifyd: '[dns_hint_cache] ttl (life since the last hit)',
      aliases: ['max_ttl'],
    }),
    cache_size: integer(65536, [1, 16777216], {
      is: 'Hints remembered; beyond it the longest unused are forgotten.',
      apply: 'restart',
      netifyd: '[dns-hint-cache] cache_size (5.x, default 1000)',
      unit: 'hints',
    }),
  },
  'Names from DNS answers, by client and server address.',
);
