// `[devices]` and `[geoip]`: what is said about the two ends of a flow beyond what its packets say.
import { Type } from 'typebox';
import { closed, flag, list, path } from './values.js';

export const devices = closed(
  {
    enable: flag(true, {
      is: 'Say what is known about devices of the local network: name, vendor, whether the MAC is made up. In flows of LAN interfaces and in endpoints.',
      apply: 'enrichment',
    }),
    hosts_file: list(
      path(undefined, {
        is: 'File of names by address, as hosts(5). Read again when it changes. Without any, /etc/hosts.',
        apply: 'enrichment',
        example: '/etc/hosts',
      }),
      16,
    ),
    lease_file: list(
      path(undefined, {
        is: 'Lease file of dnsmasq, odhcpd or Kea. Read again when it changes. Without any, those at the usual places are read where they are.',
        apply: 'enrichment',
        example: '/var/lib/misc/dnsmasq.leases',
      }),
      16,
    ),
    vendors_file: Type.Optional(
      path(undefined, {
        is: 'Vendors of MAC prefixes, as scripts/mac-vendors.mjs makes it; without it the list of the package.',
        apply: 'restart',
        example: '/etc/dipper/mac-vendors.gz',
      }),
    ),
  },
  'Names and vendors of the devices of the local network.',
);

export const geoip = closed(
  {
    database: list(
      path(undefined, {
        is: 'MaxMind DB file (.mmdb) with places or autonomous systems of addresses. Watched, and read again when it changes or is replaced. The first that knows counts.',
        apply: 'enrichment',
        example: '/usr/share/GeoIP/GeoLite2-City.mmdb',
      }),
      8,
    ),
  },
  'Where remote addresses are, and whose.',
);
