// Which members of a flow hold names by which hosts and people call themselves. A test compares them with the schema.

/** Of people: masked in flows with a masked side, and left out of every flow with `user_names = no`. */
export const userNames: readonly string[] = [
  'ftp.user_name',
  'imap.user_name',
  'kerberos.username',
  'mqtt.user_name',
  'pop.user_name',
  'rdp.cookie',
  'sip.from',
  'sip.to',
  'smb.user_name',
];

/** Of hosts: masked in flows with a masked side. */
export const hostNames: readonly string[] = [
  'dhcp.host_name',
  'kerberos.hostname',
  'mdns.answer',
  'mdns.host_name',
  'mdns.services',
  'mqtt.client_id',
  'netbios.name',
  'netbios.source_name',
  'smb.workstation',
  'smtp.helo',
  'ssdp.usn',
];

/** The same where a host says or asks for the names of its own network, and public names elsewhere. */
export const announcedNames: readonly string[] = [
  'host_server_name',
  'dns.query_name',
  'dns.answers',
];

/** Protocols of the former kind. */
export const announcing = /^(DHCP|DHCPV6|MDNS|LLMNR|NetBIOS|SSDP|Kerberos)$/i;
