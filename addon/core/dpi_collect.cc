// What libndpi knows of a flow beyond its protocol, copied into Metadata in table order.
// flow->protos is a union: a member is read only if the library itself holds the flow to be of that
// protocol (its own rule for freeing).
#include <cstring>
#include <string_view>

#include "dpi_compat.h"

namespace dipper {
namespace {

template <size_t n>
std::string_view text(const char (&array)[n]) {
  return {array, strnlen(array, n)};
}
std::string_view text(const char* string) {
  return string ? std::string_view(string) : std::string_view();
}

struct Hex {
  char digits[40];
  std::string_view view() const { return {digits, sizeof digits}; }
};
Hex hex(const u_char (&bytes)[20]) {
  constexpr char digit[] = "0123456789abcdef";
  Hex result;
  for (int i = 0; i < 20; ++i) {
    result.digits[2 * i] = digit[bytes[i] >> 4];
    result.digits[2 * i + 1] = digit[bytes[i] & 15];
  }
  return result;
}

bool is(const NdpiFlow& flow, uint16_t id) {
  return flow.detected_protocol_stack[0] == id || flow.detected_protocol_stack[1] == id;
}

bool is_tls(uint16_t id) {
  switch (id) {
    case NDPI_PROTOCOL_TLS:
    case NDPI_PROTOCOL_QUIC:
    case NDPI_PROTOCOL_DTLS:
    case NDPI_PROTOCOL_MAIL_SMTPS:
    case NDPI_PROTOCOL_MAIL_POPS:
    case NDPI_PROTOCOL_MAIL_IMAPS:
#if DIPPER_NDPI_AT_LEAST(4, 6)
    case NDPI_PROTOCOL_FTPS:
#endif
      return true;
    default:
      return false;
  }
}

bool is_tls(const NdpiFlow& flow) {
  return is_tls(flow.detected_protocol_stack[0]) || is_tls(flow.detected_protocol_stack[1]);
}

// 4.6 tells the ALPNs that the client offers from the one the server chose.
template <class Tls>
auto alpn(const Tls& tls, compat::first) -> decltype(text(tls.advertised_alpns)) {
  return text(tls.advertised_alpns);
}
template <class Tls>
auto alpn(const Tls& tls, compat::second) -> decltype(text(tls.alpn)) {
  return text(tls.alpn);
}

template <class Tls>
auto client_ja3(const Tls& tls, compat::first) -> decltype(text(tls.ja3_client)) {
  return text(tls.ja3_client);
}
template <class Tls>
std::string_view client_ja3(const Tls&, compat::second) {
  return {};
}
template <class Tls>
auto client_ja4(const Tls& tls, compat::first) -> decltype(text(tls.ja4_client)) {
  return text(tls.ja4_client);
}
template <class Tls>
std::string_view client_ja4(const Tls&, compat::second) {
  return {};
}

// Up to 4.4 the flag lives in the TCP half of another union.
template <class Flow>
auto has_fingerprint(const Flow& flow, compat::first)
    -> decltype(bool(flow.protos.tls_quic.fingerprint_set)) {
  return flow.protos.tls_quic.fingerprint_set;
}
template <class Flow>
bool has_fingerprint(const Flow& flow, compat::second) {
  return flow.l4_proto == 6 && flow.l4.tcp.tls.fingerprint_set;
}

// 5.0 keeps both directions.
template <class Protocols>
auto ntp_version(const Protocols& protos, compat::first) -> decltype(unsigned(protos.ntp.version)) {
  return protos.ntp.version;
}
template <class Protocols>
auto ntp_version(const Protocols& protos, compat::second)
    -> decltype(unsigned(protos.ntp[0].version)) {
  return protos.ntp[0].version ? protos.ntp[0].version : protos.ntp[1].version;
}

void collect_http(const NdpiFlow& flow, FieldSink& metadata) {
  metadata.add_text(Field::http_url, text(flow.http.url));
  metadata.add_text(Field::http_user_agent, text(flow.http.user_agent));
  if (flow.http.method != NDPI_HTTP_METHOD_UNKNOWN) {
    metadata.add_text(Field::http_method, text(ndpi_http_method2str(flow.http.method)));
  }
  // 100 and others are not the answer yet (RFC 9110, 15.2); 101 is the last one that is HTTP.
  if (flow.http.response_status_code >= 200 || flow.http.response_status_code == 101)
    metadata.add_number(Field::http_status, flow.http.response_status_code);
  metadata.add_text(Field::http_content_type, text(flow.http.content_type));
}

void collect_tls(const NdpiFlow& flow, FieldSink& metadata) {
  const auto& tls = flow.protos.tls_quic;
  if (tls.ssl_version) {
    char version[24] = "";
    u_int8_t unknown = 0;
    ndpi_ssl_version2str(version, sizeof version, tls.ssl_version, &unknown);
    metadata.add_text(Field::ssl_version, text(version));
  }
  if (tls.server_cipher) {
    metadata.add_text(Field::ssl_cipher_suite,
                      text(compat::cipher_name(&ndpi_cipher2str, tls.server_cipher).text));
  }
  metadata.add_text(Field::ssl_client_sni, text(flow.host_server_name));
  metadata.add_text(Field::ssl_alpn, alpn(tls, compat::first{}));
  metadata.add_text(Field::ssl_server_names, text(tls.server_names));
  metadata.add_text(Field::ssl_issuer_dn, text(tls.issuerDN));
  metadata.add_text(Field::ssl_subject_dn, text(tls.subjectDN));
  metadata.add_text(Field::ssl_client_ja3, client_ja3(tls, compat::first{}));
  metadata.add_text(Field::ssl_server_ja3, text(tls.ja3_server));
  metadata.add_text(Field::ssl_client_ja4, client_ja4(tls, compat::first{}));
  if (has_fingerprint(flow, compat::first{})) {
    metadata.add_text(Field::ssl_fingerprint, hex(tls.sha1_certificate_fingerprint).view());
  }
  if (tls.notBefore) metadata.add_number(Field::ssl_not_before, tls.notBefore);
  if (tls.notAfter) metadata.add_number(Field::ssl_not_after, tls.notAfter);
}

void collect_dns(const NdpiFlow& flow, FieldSink& metadata) {
  const auto& dns = flow.protos.dns;
  if (dns.query_type) metadata.add_number(Field::dns_query_type, dns.query_type);
  if (!dns.num_queries && !dns.num_answers) return;  // the library counts those of a response only
  metadata.add_number(Field::dns_reply_code, dns.reply_code);
  metadata.add_number(Field::dns_num_answers, dns.num_answers);
}

void collect_library(const NdpiFlow& flow, const Detection& detection, FieldSink& metadata) {
  // A guess tells nothing of the union: no dissector of that protocol has filled it. (A hello
  // without its end is given up as TLS with confidence DPI; that one has.)
  const bool dissected = !detection.guessed || detection.confidence == NDPI_CONFIDENCE_DPI;
  const bool tls = dissected && is_tls(flow);
  const bool ssh = dissected && is(flow, NDPI_PROTOCOL_SSH);

  // ndpiReader shows an SSH client's banner as the host name.
  metadata.add_text(Field::host_server_name,
                    ssh ? text(flow.protos.ssh.client_signature) : text(flow.host_server_name));
  collect_http(flow, metadata);
  if (tls) {
    collect_tls(flow, metadata);
  } else if (!dissected) {
    return;
  } else if (is(flow, NDPI_PROTOCOL_DNS) || is(flow, NDPI_PROTOCOL_MDNS) ||
             is(flow, NDPI_PROTOCOL_LLMNR)) {
    collect_dns(flow, metadata);
  } else if (is(flow, NDPI_PROTOCOL_DHCP)) {
    metadata.add_text(Field::dhcp_fingerprint, text(flow.protos.dhcp.fingerprint));
    metadata.add_text(Field::dhcp_class_ident, text(flow.protos.dhcp.class_ident));
  } else if (ssh) {
    metadata.add_text(Field::ssh_client, text(flow.protos.ssh.client_signature));
    metadata.add_text(Field::ssh_server, text(flow.protos.ssh.server_signature));
    metadata.add_text(Field::ssh_client_hassh, text(flow.protos.ssh.hassh_client));
    metadata.add_text(Field::ssh_server_hassh, text(flow.protos.ssh.hassh_server));
  } else if (is(flow, NDPI_PROTOCOL_BITTORRENT)) {
    if (flow.protos.bittorrent.hash[0]) {
      metadata.add_text(Field::bt_info_hash, hex(flow.protos.bittorrent.hash).view());
    }
  } else if (is(flow, NDPI_PROTOCOL_KERBEROS)) {
    metadata.add_text(Field::kerberos_hostname, text(flow.protos.kerberos.hostname));
    metadata.add_text(Field::kerberos_domain, text(flow.protos.kerberos.domain));
    metadata.add_text(Field::kerberos_username, text(flow.protos.kerberos.username));
  } else if (is(flow, NDPI_PROTOCOL_NTP)) {
    metadata.add_number(Field::ntp_version, ntp_version(flow.protos, compat::first{}));
  }
}

}  // namespace

void Dpi::collect(const DpiState* state, const Detection& detection, const Findings* findings, Metadata& metadata) {
  FieldSink sink(metadata, findings);
  collect_library(*flow_of(state), detection, sink);
  sink.finish();
}

}  // namespace dipper
