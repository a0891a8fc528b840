// The parts that every reader of DNS messages shares (RFC 1035, 4.1): names and records. DNS hints and the dissectors of
// DNS, mDNS, LLMNR and DHCP read names with it. No allocation; every read is checked.
#pragma once
#include <string_view>

#include "cursor.h"

namespace dipper {

constexpr size_t dns_header_size = 12;
constexpr uint16_t dns_type_a = 1, dns_type_ns = 2, dns_type_cname = 5, dns_type_ptr = 12, dns_type_mx = 15, dns_type_aaaa = 28,
                   dns_type_srv = 33;
constexpr uint16_t dns_class_in = 1;

// A name as text: labels with '.' between, without the root's dot. Bytes beyond ASCII and blanks stay (RFC 6763, 4.1.1: a
// service's name is UTF-8); what would be misread is escaped as in zone files (RFC 1035, 5.1): `\.`, `\\`, `\009`.
struct DnsName {
  static constexpr size_t room = 1024;  // 253 characters, each escaped to four
  char text[room];
  uint16_t size = 0;
  bool host_name = true;  // letters, digits, hyphens, underscores and dots alone, 253 at most
  std::string_view view() const { return {text, size}; }
  void lower_case();
};

// The name at `at`, which moves behind it. False: it leaves the message; `name` has the labels before that. A pointer must
// lead to before the labels that it continues, so there is an end (4.1.4). More than 255 bytes (2.3.4) are cut behind a label.
bool read_dns_name(Cursor message, size_t& at, DnsName& name);

struct DnsRecord {
  DnsName owner;
  uint16_t type;
  uint16_t record_class;  // without the top bit, which is another thing in mDNS (RFC 6762, 10.2)
  uint32_t ttl_s;         // 0 when it is above 2^31 - 1 (RFC 2181, 8)
  size_t data_at;         // in the message: names in the data may point before it
  uint16_t data_size;
  bool is_address() const {
    return record_class == dns_class_in &&
           ((type == dns_type_a && data_size == 4) || (type == dns_type_aaaa && data_size == 16));
  }
};

// The record at `at`, which moves behind it; its data is inside of the message. False: it is not.
bool read_dns_record(Cursor message, size_t& at, DnsRecord& record);

}  // namespace dipper
