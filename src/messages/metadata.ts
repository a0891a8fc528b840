// The sparse part of the flow object: what the dissectors read out of the packets. The same table is written in
// C++ (addon/core/metadata.h): one row there, one property here. Absent means not seen; text is valid UTF-8 but
// otherwise as hostile as the packet that it came from.
import { Type } from 'typebox';
import { closed, count } from './envelope.js';
import { serviceMetadata } from './metadata-services.js';
import { list, value } from './metadata-text.js';

export const metadata = {
  host_server_name: Type.Optional(
    value(
      'Name of the server as the client or the answer gave it: SNI, HTTP Host, DNS query, ...',
      'host_server_name',
    ),
  ),
  http: Type.Optional(
    closed(
      {
        host: Type.Optional(value('Host header of the first request, with its port.')),
        url: Type.Optional(value('Host and path of the first request.', 'http.url')),
        user_agent: Type.Optional(
          value(
            'User-Agent of the first request, or what a QUIC client says of itself.',
            'http.user_agent',
          ),
        ),
        method: Type.Optional(value('Method of the first request, for example `GET`.')),
        status: Type.Optional(count('HTTP status', 'Status code of the first response.')),
        content_type: Type.Optional(value('Content-Type of the first response.')),
        server: Type.Optional(value('Server header of the first response.')),
      },
      { description: 'HTTP.' },
    ),
  ),
  ssl: Type.Optional(
    closed(
      {
        version: Type.Optional(
          value(
            'Version that the server chose, or the highest that the client offers.',
            'ssl.version (hexadecimal there)',
          ),
        ),
        cipher_suite: Type.Optional(
          value('Cipher suite that the server chose.', 'ssl.cipher_suite'),
        ),
        client_sni: Type.Optional(
          value('Server name in the client hello, as it was sent.', 'ssl.client_sni'),
        ),
        alpn: Type.Optional(list('Application protocols that the client offered.', 'ssl.alpn')),
        alpn_server: Type.Optional(
          list(
            'Application protocol that the server chose; visible up to TLS 1.2.',
            'ssl.alpn_server',
          ),
        ),
        encrypted_ch_version: Type.Optional(
          value(
            'Extension that an Encrypted ClientHello came in, for example `0xfe0d`; clients without a key send one as well.',
            'ssl.encrypted_ch_version',
          ),
        ),
        encrypted_ch_config_id: Type.Optional(
          count(
            'ECH config id',
            'Key that the outer hello of an Encrypted ClientHello names, 0 to 255.',
          ),
        ),
        server_names: Type.Optional(
          list(
            'Subject alternative names of the certificate, host names and addresses.',
            'ssl.server_cn (the first)',
          ),
        ),
        issuer_dn: Type.Optional(value('Issuer of the certificate.', 'ssl.issuer_dn')),
        subject_dn: Type.Optional(value('Subject of the certificate.', 'ssl.subject_dn')),
        client_ja3: Type.Optional(
          value('JA3 of the client hello, 32 hexadecimal digits.', 'ssl.client_ja3'),
        ),
        server_ja3: Type.Optional(
          value('JA3S of the server hello, 32 hexadecimal digits.', 'ssl.server_ja3'),
        ),
        client_ja4: Type.Optional(
          value('JA4 of the client hello, for TLS, DTLS and QUIC.', 'ssl.client_ja4'),
        ),
        fingerprint: Type.Optional(
          value('SHA-1 of the certificate, 40 hexadecimal digits.', 'ssl.fingerprint'),
        ),
        not_before: Type.Optional(
          count('s since 1970 UTC', 'Start of the validity of the certificate.'),
        ),
        not_after: Type.Optional(
          count('s since 1970 UTC', 'End of the validity of the certificate.'),
        ),
      },
      { description: 'TLS, DTLS and the handshake inside QUIC.' },
    ),
  ),
  quic: Type.Optional(
    closed(
      {
        version: Type.Optional(
          value("Version that the client's first message says, for example `Q043`."),
        ),
      },
      {
        description:
          'QUIC of Google before TLS. Its server name is in `ssl`, its user agent in `http`.',
      },
    ),
  ),
  dns: Type.Optional(
    closed(
      {
        query_name: Type.Optional(
          value(
            'Name in the first query, in small letters; odd bytes are written as in zone files: `\\009`.',
            'host_server_name',
          ),
        ),
        query_type: Type.Optional(count('RR type', 'Type of the query, for example 28 for AAAA.')),
        reply_code: Type.Optional(
          count('RCODE', 'Response code; 0 is no error, 3 is no such name.'),
        ),
        num_answers: Type.Optional(count('records', 'Answers in the response.')),
        answers: Type.Optional(
          list('Addresses and names (CNAME, PTR, NS, MX, SRV) in the answers, in their order.'),
        ),
        ttl: Type.Optional(count('s', 'The least time to live of the answers.')),
      },
      { description: 'DNS, mDNS and LLMNR.' },
    ),
  ),
  mdns: Type.Optional(
    closed(
      {
        answer: Type.Optional(
          value('First name that was answered: a service, or a host.', 'mdns.answer'),
        ),
        host_name: Type.Optional(value('Name of the host that answers or probes: `laptop.local`.')),
        services: Type.Optional(
          list('Services of the sender: `Office._ipp._tcp.local`, or types alone.'),
        ),
      },
      { description: 'Multicast DNS: what a host of the link says of itself.' },
    ),
  ),
  dhcp: Type.Optional(
    closed(
      {
        fingerprint: Type.Optional(
          value('Options that the client asked for, in its order: `1,3,6,15`.', 'dhcp.fingerprint'),
        ),
        class_ident: Type.Optional(
          value('Vendor class (option 60; of DHCPv6 option 16).', 'dhcp.class_ident'),
        ),
        host_name: Type.Optional(
          value('Name that the client calls itself (option 12 or 81; of DHCPv6 option 39).'),
        ),
        message_type: Type.Optional(
          value('First message of the client: `discover`, `request`, `solicit`, ...'),
        ),
        requested_ip: Type.Optional(value('Address that the client asked for (option 50).')),
      },
      { description: 'DHCP and DHCPv6.' },
    ),
  ),
  ssh: Type.Optional(
    closed(
      {
        client: Type.Optional(value('Banner of the client.', 'ssh.client')),
        server: Type.Optional(value('Banner of the server.', 'ssh.server')),
        client_hassh: Type.Optional(value('HASSH of the client, 32 hexadecimal digits.')),
        server_hassh: Type.Optional(value('HASSH of the server, 32 hexadecimal digits.')),
      },
      { description: 'SSH.' },
    ),
  ),
  bt: Type.Optional(
    closed(
      {
        info_hash: Type.Optional(
          value('Info hash of the torrent, 40 hexadecimal digits.', 'bt.info_hash'),
        ),
      },
      { description: 'BitTorrent.' },
    ),
  ),
  kerberos: Type.Optional(
    closed(
      {
        hostname: Type.Optional(value('Host in the ticket.')),
        domain: Type.Optional(value('Realm.')),
        username: Type.Optional(value('Principal.')),
      },
      { description: 'Kerberos.' },
    ),
  ),
  ...serviceMetadata,
} as const;
