// What is known of a flow beyond its identity, as JSON members. One table names each field, its place and its type;
// dpi_collect.cc fills them, the worker keeps the text of a flow, message.cc copies it into lines.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace dipper {

// One row a field: enumerator, group (the object inside `flow`, "" for flow itself), name, type. Names are
// netifyd's where it has one. Append inside a group; groups stay together (the writer opens each object once).
#define DIPPER_METADATA(X)                                      \
  X(host_server_name, "", "host_server_name", text)             \
  X(http_host, "http", "host", text)                            \
  X(http_url, "http", "url", text)                              \
  X(http_user_agent, "http", "user_agent", text)                \
  X(http_method, "http", "method", text)                        \
  X(http_status, "http", "status", number)                      \
  X(http_content_type, "http", "content_type", text)            \
  X(http_server, "http", "server", text)                        \
  X(ssl_version, "ssl", "version", text)                        \
  X(ssl_cipher_suite, "ssl", "cipher_suite", text)              \
  X(ssl_client_sni, "ssl", "client_sni", text)                  \
  X(ssl_alpn, "ssl", "alpn", list)                              \
  X(ssl_alpn_server, "ssl", "alpn_server", list)                \
  X(ssl_encrypted_ch_version, "ssl", "encrypted_ch_version", text) \
  X(ssl_encrypted_ch_config_id, "ssl", "encrypted_ch_config_id", number) \
  X(ssl_server_names, "ssl", "server_names", list)              \
  X(ssl_issuer_dn, "ssl", "issuer_dn", text)                    \
  X(ssl_subject_dn, "ssl", "subject_dn", text)                  \
  X(ssl_client_ja3, "ssl", "client_ja3", text)                  \
  X(ssl_server_ja3, "ssl", "server_ja3", text)                  \
  X(ssl_client_ja4, "ssl", "client_ja4", text)                  \
  X(ssl_fingerprint, "ssl", "fingerprint", text)                \
  X(ssl_not_before, "ssl", "not_before", number)                \
  X(ssl_not_after, "ssl", "not_after", number)                  \
  X(quic_version, "quic", "version", text)                      \
  X(dns_query_name, "dns", "query_name", text)                  \
  X(dns_query_type, "dns", "query_type", number)                \
  X(dns_reply_code, "dns", "reply_code", number)                \
  X(dns_num_answers, "dns", "num_answers", number)              \
  X(dns_answers, "dns", "answers", list)                        \
  X(dns_ttl, "dns", "ttl", number)                              \
  X(mdns_answer, "mdns", "answer", text)                        \
  X(mdns_host_name, "mdns", "host_name", text)                  \
  X(mdns_services, "mdns", "services", list)                    \
  X(dhcp_fingerprint, "dhcp", "fingerprint", text)              \
  X(dhcp_class_ident, "dhcp", "class_ident", text)              \
  X(dhcp_host_name, "dhcp", "host_name", text)                  \
  X(dhcp_message_type, "dhcp", "message_type", text)            \
  X(dhcp_requested_ip, "dhcp", "requested_ip", text)            \
  X(ssh_client, "ssh", "client", text)                          \
  X(ssh_server, "ssh", "server", text)                          \
  X(ssh_client_hassh, "ssh", "client_hassh", text)              \
  X(ssh_server_hassh, "ssh", "server_hassh", text)              \
  X(bt_info_hash, "bt", "info_hash", text)                      \
  X(kerberos_hostname, "kerberos", "hostname", text)            \
  X(kerberos_domain, "kerberos", "domain", text)                \
  X(kerberos_username, "kerberos", "username", text)            \
  X(ntp_version, "ntp", "version", number)                      \
  X(ntp_mode, "ntp", "mode", text)                              \
  X(ntp_stratum, "ntp", "stratum", number)                      \
  X(ntp_reference_id, "ntp", "reference_id", text)              \
  X(ssdp_server, "ssdp", "server", text)                        \
  X(ssdp_user_agent, "ssdp", "user_agent", text)                \
  X(ssdp_location, "ssdp", "location", text)                    \
  X(ssdp_search_target, "ssdp", "st", text)                     \
  X(ssdp_notification_type, "ssdp", "nt", text)                 \
  X(ssdp_notification_sub_type, "ssdp", "nts", text)            \
  X(ssdp_unique_service_name, "ssdp", "usn", text)              \
  X(netbios_name, "netbios", "name", text)                      \
  X(netbios_suffix, "netbios", "suffix", number)                \
  X(netbios_operation, "netbios", "operation", text)            \
  X(netbios_source_name, "netbios", "source_name", text)        \
  X(netbios_destination_name, "netbios", "destination_name", text) \
  X(stun_mapped, "stun", "mapped", text)                        \
  X(stun_other, "stun", "other", text)                          \
  X(stun_peer, "stun", "peer", text)                            \
  X(stun_relayed, "stun", "relayed", text)                      \
  X(stun_response, "stun", "response", text)                    \
  X(stun_realm, "stun", "realm", text)                          \
  X(stun_software, "stun", "software", text)                    \
  X(sip_method, "sip", "method", text)                          \
  X(sip_from, "sip", "from", text)                              \
  X(sip_to, "sip", "to", text)                                  \
  X(sip_user_agent, "sip", "user_agent", text)                  \
  X(sip_call_id, "sip", "call_id", text)                        \
  X(rtp_payload_type, "rtp", "payload_type", number)            \
  X(rtp_ssrc, "rtp", "ssrc", number)                            \
  X(mqtt_version, "mqtt", "version", number)                    \
  X(mqtt_client_id, "mqtt", "client_id", text)                  \
  X(mqtt_user_name, "mqtt", "user_name", text)                  \
  X(snmp_version, "snmp", "version", number)                    \
  X(snmp_operation, "snmp", "operation", text)                  \
  X(rdp_cookie, "rdp", "cookie", text)                          \
  X(rdp_protocols, "rdp", "protocols", list)                    \
  X(smb_dialect, "smb", "dialect", text)                        \
  X(smb_native_os, "smb", "native_os", text)                    \
  X(smb_domain, "smb", "domain", text)                          \
  X(smb_workstation, "smb", "workstation", text)                \
  X(smb_user_name, "smb", "user_name", text)                    \
  X(ftp_banner, "ftp", "banner", text)                          \
  X(ftp_user_name, "ftp", "user_name", text)                    \
  X(smtp_banner, "smtp", "banner", text)                        \
  X(smtp_helo, "smtp", "helo", text)                            \
  X(pop_banner, "pop", "banner", text)                          \
  X(pop_user_name, "pop", "user_name", text)                    \
  X(imap_banner, "imap", "banner", text)                        \
  X(imap_user_name, "imap", "user_name", text)

enum class Field : uint8_t {
#define X(id, group, name, type) id,
  DIPPER_METADATA(X)
#undef X
  count_
};

enum class FieldType : uint8_t { text, number, list };  // list: text with ',' between the items

struct FieldRow {
  const char* group;
  const char* name;
  FieldType type;
};
extern const FieldRow field_rows[static_cast<size_t>(Field::count_)];

// Append-only builder of the JSON members, each with a leading comma; fields in table order, each at most once. Text is
// raw bytes of the packet: valid UTF-8 is made of it here. It is written once, when a flow's detection ends; the flow's
// records copy it.
class Metadata {
 public:
  static constexpr size_t max_text = 1024;  // longer values are cut
  // Of one field: each byte escaped to six, its name, the brackets around a list.
  static constexpr size_t longest_field = 6 * max_text + 128;
  static constexpr size_t longest = static_cast<size_t>(Field::count_) * longest_field;

  Metadata();
  void clear() {
    end_ = text_.get();
    group_ = 0;
    memset(places_, 0, sizeof places_);
  }
  // Members as text, each with its comma, of at most most_members bytes or taken out of text(); before all fields.
  static constexpr size_t most_members = 128;
  void add_members(std::string_view members);
  void add_text(Field field, std::string_view value);  // empty values are left out
  void add_number(Field field, uint64_t value);
  // A list whose items each have their size (u16) in front: they may contain anything. Of max_text bytes at most.
  void add_items(Field field, std::string_view items);
  // Members as text, each with its comma, behind all fields: of most_appended bytes at most, others are left out.
  static constexpr size_t most_appended = 512;
  void append_members(std::string_view members);
  std::string_view text();  // good until the next call
  // A field's value as it stands in text(), a list's with its brackets; empty when it has none.
  std::string_view value(Field field) const {
    const Place place = places_[static_cast<size_t>(field)];
    return {text_.get() + place.from, place.to - place.from};
  }

 private:
  bool begin(Field field);  // false: no room, a field came twice

  struct Free {
    void operator()(char* text) const { free(text); }
  };
  std::unique_ptr<char[], Free> text_;  // room for the longest: 600 KB that are hardly ever touched
  char* end_;
  struct Place {
    uint32_t from, to;
  };
  Place places_[static_cast<size_t>(Field::count_)] = {};
  uint8_t group_ = 0;  // the object that is open (field_groups), 0 = none
};

// Writes `value` as a JSON string with its quotes: always valid UTF-8 (invalid sequences become U+FFFD) and escaped by
// RFC 8259 section 7, whatever the packet said. At most 6 * size + 2 characters; may touch 16 more. Returns the end.
char* write_json_string(std::string_view value, char* out);
void write_json_string(std::string_view value, std::string& out);  // appends

}  // namespace dipper
