// Facts of what the dissectors read out of the packets, in the order of metadata.ts.
import { type FactTable, within } from './facts.js';

// biome-ignore format: a row a field
const metadata: FactTable = {
  //                      since    example                     ECS                           EVE                           Zeek
  host_server_name:      ['0.1.0', 'www.example.net', 'server.domain', 'tls.sni, http.hostname, dns.queries.rrname', 'ssl.log server_name, http.log host, dns.log query'],
  'http.url':            ['0.1.0', 'www.example.net/index.html', 'url.original', 'http.hostname and http.url', 'http.log host and uri'],
  'http.user_agent':     ['0.1.0', 'curl/7.88.1', 'user_agent.original', 'http.http_user_agent', 'http.log user_agent'],
  'http.method':         ['0.1.0', 'GET', 'http.request.method', 'http.http_method', 'http.log method'],
  'http.status':         ['0.1.0', 200, 'http.response.status_code', 'http.status', 'http.log status_code'],
  'http.content_type':   ['0.1.0', 'text/html', 'http.response.mime_type', 'http.http_content_type', 'http.log resp_mime_types (from the content)'],
  'ssl.version':         ['0.1.0', 'TLSv1.3', 'tls.version (1.3), tls.version_protocol', 'tls.version (TLS 1.3)', 'ssl.log version (TLSv13)'],
  'ssl.cipher_suite':    ['0.1.0', 'TLS_AES_128_GCM_SHA256', 'tls.cipher', 'tls.server_handshake.cipher (a number)', 'ssl.log cipher'],
  'ssl.client_sni':      ['0.1.0', 'www.example.net', 'tls.client.server_name', 'tls.sni, quic.sni', 'ssl.log server_name'],
  'ssl.alpn':            ['0.1.0', ['h2', 'http/1.1'], '', 'tls.client_alpns', ''],
  'ssl.alpn_server':     ['0.1.0', ['h2'], 'tls.next_protocol', 'tls.server_alpns', 'ssl.log next_protocol'],
  'ssl.encrypted_ch_version': ['0.1.0', '0xfe0d', '', '', ''],
  'ssl.encrypted_ch_config_id': ['0.1.0', 42, '', '', ''],
  'ssl.server_names':    ['0.1.0', ['example.net', '*.example.net'], 'tls.server.x509.alternative_names', 'tls.subjectaltname', 'x509.log san.dns'],
  'ssl.issuer_dn':       ['0.1.0', 'C=US, O=Example CA, CN=Example CA R1', 'tls.server.issuer', 'tls.issuerdn', 'x509.log certificate.issuer'],
  'ssl.subject_dn':      ['0.1.0', 'CN=example.net', 'tls.server.subject', 'tls.subject', 'x509.log certificate.subject'],
  'ssl.client_ja3':      ['0.1.0', 'ada70206e40642a3e4461f35503241d5', 'tls.client.ja3', 'tls.ja3.hash, quic.ja3.hash', 'ssl.log ja3 (package ja3)'],
  'ssl.server_ja3':      ['0.1.0', 'eb1d94daa7e0344597e756a1fb6e7054', 'tls.server.ja3s', 'tls.ja3s.hash, quic.ja3s.hash', 'ssl.log ja3s (package ja3)'],
  'ssl.client_ja4':      ['0.1.0', 't13d1516h2_8daaf6152771_e5627efa2ab1', '', 'tls.ja4, quic.ja4', 'ssl.log ja4 (package ja4)'],
  'ssl.fingerprint':     ['0.1.0', '6c8d4b6e1f0a2c3d4e5f60718293a4b5c6d7e8f9', 'tls.server.hash.sha1 (upper case)', 'tls.fingerprint (with colons)', 'files.log sha1'],
  'ssl.not_before':      ['0.1.0', 1696000000, 'tls.server.not_before (ISO 8601)', 'tls.notbefore (ISO 8601)', 'x509.log certificate.not_valid_before'],
  'ssl.not_after':       ['0.1.0', 1703776000, 'tls.server.not_after (ISO 8601)', 'tls.notafter (ISO 8601)', 'x509.log certificate.not_valid_after'],
  'dns.query_type':      ['0.1.0', 28, 'dns.question.type (a name)', 'dns.queries.rrtype (a name)', 'dns.log qtype'],
  'dns.reply_code':      ['0.1.0', 3, 'dns.response_code (a name)', 'dns.rcode (a name)', 'dns.log rcode'],
  'dns.num_answers':     ['0.1.0', 2, '', '', ''],
  'dhcp.fingerprint':    ['0.1.0', '1,3,6,15,31,33,43,44,46,47,119,121,249,252', '', 'dhcp.params (names)', ''],
  'dhcp.class_ident':    ['0.1.0', 'MSFT 5.0', '', 'dhcp.vendor_class_identifier', ''],
  'ssh.client':          ['0.1.0', 'SSH-2.0-OpenSSH_9.2p1 Debian-2', '', 'ssh.client.software_version', 'ssh.log client'],
  'ssh.server':          ['0.1.0', 'SSH-2.0-OpenSSH_8.4p1', '', 'ssh.server.software_version', 'ssh.log server'],
  'ssh.client_hassh':    ['0.1.0', 'ec7378c1a92f5a8dde7e8b7a1ddf33d1', '', 'ssh.client.hassh.hash', 'ssh.log hassh (package hassh)'],
  'ssh.server_hassh':    ['0.1.0', 'b12d2871a1189eff20364cf5333619ee', '', 'ssh.server.hassh.hash', 'ssh.log hasshServer (package hassh)'],
  'bt.info_hash':        ['0.1.0', 'e2467cbf021192c241367b892230dc1e05c0580e', '', 'bittorrent_dht.request.info_hash', ''],
  'kerberos.hostname':   ['0.1.0', 'ws1.example.net', '', 'krb5.sname', 'kerberos.log service'],
  'kerberos.domain':     ['0.1.0', 'EXAMPLE.NET', '', 'krb5.realm', 'kerberos.log client (behind the /)'],
  'kerberos.username':   ['0.1.0', 'alice', 'user.name', 'krb5.cname', 'kerberos.log client (before the /)'],
  'ntp.version':         ['0.1.0', 4, '', 'ntp.version', 'ntp.log version'],
};

export const metadataFacts: FactTable = within('flow.', metadata);
