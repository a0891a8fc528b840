// Metadata of the protocols that serve, find and call each other inside a network, by the same rules as metadata.ts.
import { Type } from 'typebox';
import { closed, count } from './envelope.js';
import { list, value } from './metadata-text.js';

export const serviceMetadata = {
  ntp: Type.Optional(
    closed(
      {
        version: Type.Optional(count('NTP version', 'Version in the request.')),
        mode: Type.Optional(
          value('Mode of the first packet: `client`, `server`, `broadcast`, ...'),
        ),
        stratum: Type.Optional(
          count('stratum', 'Distance of the server from its clock; 1 has one.'),
        ),
        reference_id: Type.Optional(
          value('What the server is set by: `GPS`, or an address at stratum 2 and above.'),
        ),
      },
      { description: 'NTP.' },
    ),
  ),
  ssdp: Type.Optional(
    closed(
      {
        server: Type.Optional(value('SERVER: system and product of the device.')),
        user_agent: Type.Optional(value('USER-AGENT of who searches.', 'ssdp.user_agent')),
        location: Type.Optional(value('LOCATION: URL of the description of the device.')),
        st: Type.Optional(value('ST: what is searched for.')),
        nt: Type.Optional(value('NT: what is announced.')),
        nts: Type.Optional(value('NTS: `ssdp:alive`, `ssdp:byebye`, `ssdp:update`.')),
        usn: Type.Optional(value('USN: name of the instance, unique.')),
      },
      { description: 'SSDP, the discovery of UPnP.' },
    ),
  ),
  netbios: Type.Optional(
    closed(
      {
        name: Type.Optional(value('Name that is asked for or registered.')),
        suffix: Type.Optional(
          count('byte', 'Sixteenth byte of the name: 0 workstation, 32 file server, 29 browser.'),
        ),
        operation: Type.Optional(
          value('`query`, `registration` (of the own name), `refresh`, `release`, `wack`.'),
        ),
        source_name: Type.Optional(value('Sender of a datagram.')),
        destination_name: Type.Optional(value('Receiver of a datagram, often the work group.')),
      },
      { description: 'NetBIOS name and datagram service.' },
    ),
  ),
  stun: Type.Optional(
    closed(
      {
        mapped: Type.Optional(
          value('Address and port of the client as the server sees them.', 'stun.mapped'),
        ),
        other: Type.Optional(value('The other address of the server.', 'stun.other')),
        peer: Type.Optional(value('Peer that a relay talks to.', 'stun.peer')),
        relayed: Type.Optional(value('Address that the relay gave.', 'stun.relayed')),
        response: Type.Optional(value('Where the response came from.', 'stun.response')),
        realm: Type.Optional(value('Realm of the authentication.')),
        software: Type.Optional(value('SOFTWARE of the sender.')),
      },
      { description: 'STUN and TURN: `192.0.2.1:3478`, `[2001:db8::1]:3478`.' },
    ),
  ),
  sip: Type.Optional(
    closed(
      {
        method: Type.Optional(value('Method of the first request: `INVITE`, `REGISTER`.')),
        from: Type.Optional(value('User and host of From.')),
        to: Type.Optional(value('User and host of To.')),
        user_agent: Type.Optional(value('User-Agent.')),
        call_id: Type.Optional(value('Call-ID.')),
      },
      { description: 'SIP.' },
    ),
  ),
  rtp: Type.Optional(
    closed(
      {
        payload_type: Type.Optional(count('RTP payload type', 'Codec by number: 0 PCMU, 8 PCMA.')),
        ssrc: Type.Optional(count('identifier', 'Synchronisation source of the first packet.')),
      },
      { description: 'RTP.' },
    ),
  ),
  mqtt: Type.Optional(
    closed(
      {
        version: Type.Optional(
          count('protocol level', 'Level: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0.'),
        ),
        client_id: Type.Optional(value('Client identifier.')),
        user_name: Type.Optional(value('User name.')),
      },
      { description: 'MQTT.' },
    ),
  ),
  snmp: Type.Optional(
    closed(
      {
        version: Type.Optional(count('SNMP version', 'Version: 1, 2 (2c) or 3.')),
        operation: Type.Optional(
          value('Operation: `get`, `get-next`, `response`, `set`, `trap`, ...'),
        ),
      },
      { description: 'SNMP. The community is a password and is not told.' },
    ),
  ),
  rdp: Type.Optional(
    closed(
      {
        cookie: Type.Optional(value('Value of mstshash, as a rule the name of the user, cut.')),
        protocols: Type.Optional(
          list('Security that the client offers: `TLS`, `CredSSP`, `RDP` for none.'),
        ),
      },
      { description: 'RDP.' },
    ),
  ),
  smb: Type.Optional(
    closed(
      {
        dialect: Type.Optional(
          value('Dialect that the server chose: `NT LM 0.12`, `2.1`, `3.1.1`.'),
        ),
        native_os: Type.Optional(value('System as the server or client names it (SMB 1).')),
        domain: Type.Optional(value('Domain of the user (NTLM).')),
        workstation: Type.Optional(value('Name of the client (NTLM).')),
        user_name: Type.Optional(value('User name (NTLM).')),
      },
      { description: 'SMB.' },
    ),
  ),
  ftp: Type.Optional(
    closed(
      {
        banner: Type.Optional(value('First line of the server.')),
        user_name: Type.Optional(value('User name.')),
      },
      { description: 'FTP, the control connection.' },
    ),
  ),
  smtp: Type.Optional(
    closed(
      {
        banner: Type.Optional(value('First line of the server.')),
        helo: Type.Optional(value('Name that the client gives itself in HELO or EHLO.')),
      },
      { description: 'SMTP.' },
    ),
  ),
  pop: Type.Optional(
    closed(
      {
        banner: Type.Optional(value('First line of the server.')),
        user_name: Type.Optional(value('User name.')),
      },
      { description: 'POP3.' },
    ),
  ),
  imap: Type.Optional(
    closed(
      {
        banner: Type.Optional(value('First line of the server.')),
        user_name: Type.Optional(value('User name.')),
      },
      { description: 'IMAP.' },
    ),
  ),
} as const;
