// Thread: pure functions over the caller's bytes and findings.
#include "dhcp.h"

#include "../address_text.h"
#include "../dns_message.h"
#include "findings.h"
#include "text_lines.h"

namespace dipper {
namespace {

// RFC 2131, 2: the fixed part; then the magic cookie (RFC 1497), then options.
constexpr size_t cookie_at = 236, options_at = 240;
constexpr uint32_t cookie = 0x63825363;
// RFC 2132; 81: RFC 4702.
enum : uint8_t { option_pad = 0, option_host_name = 12, option_requested_address = 50, option_message_type = 53,
                 option_parameters = 55, option_class = 60, option_fqdn = 81, option_end = 255 };

constexpr const char* message_types[] = {nullptr, "discover", "offer", "request", "decline", "ack", "nak", "release", "inform"};
// RFC 8415, 7.3.
constexpr const char* message_types_v6[] = {nullptr,   "solicit", "advertise", "request", "confirm",
                                            "renew",   "rebind",  "reply",     "release", "decline",
                                            "reconfigure", "information-request", "relay-forward", "relay-reply"};
enum : uint8_t { relay_forward = 12, relay_reply = 13 };
enum : uint16_t { option6_requested = 6, option6_relayed = 9, option6_vendor_class = 16, option6_fqdn = 39 };

// Host names come with a zero at the end from some clients.
std::string_view without_zeros(std::string_view text) {
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  return text;
}

// Codes as "1,3,6,15", those that fit.
class CodeList {
 public:
  void add(unsigned code) {
    if (size_ + 8 > sizeof text_) return;
    if (size_) text_[size_++] = ',';
    size_ = static_cast<size_t>(write_number(code, text_ + size_) - text_);
  }
  std::string_view view() const { return {text_, size_}; }

 private:
  char text_[Metadata::max_text + 8];
  size_t size_ = 0;
};

void set_name_of_wire(Cursor encoded, Findings& findings) {
  DnsName name;
  size_t at = 0;
  // A name without its final zero is a part of one (RFC 4702, 3.3): what of it was read stands.
  read_dns_name(encoded, at, name);
  findings.set_first(Field::dhcp_host_name, name.view());
}

// Flags, two codes that are obsolete, the name: encoded when the E bit says so, else as text (RFC 4702, 2).
void set_fqdn(Cursor data, Findings& findings) {
  if (data.size < 4) return;
  constexpr uint8_t encoded = 0x04;
  if (data.u8(0) & encoded)
    set_name_of_wire(data.skip(3), findings);
  else
    findings.set_first(Field::dhcp_host_name, without_zeros(text_of(data.skip(3))));
}

void read_option(uint8_t code, Cursor data, Findings& findings) {
  switch (code) {
    case option_host_name:
      findings.set_first(Field::dhcp_host_name, without_zeros(text_of(data)));
      break;
    case option_class:
      findings.set_first(Field::dhcp_class_ident, without_zeros(text_of(data)));
      break;
    case option_requested_address:
      if (data.size == 4) {
        char text[16];
        const char* end = write_ipv4(data.data, text);
        findings.set_first(Field::dhcp_requested_ip, std::string_view(text, static_cast<size_t>(end - text)));
      }
      break;
    case option_message_type:
      if (data.size == 1 && data.u8(0) < sizeof message_types / sizeof *message_types && message_types[data.u8(0)])
        findings.set_first(Field::dhcp_message_type, message_types[data.u8(0)]);
      break;
    case option_parameters: {
      CodeList codes;
      for (size_t i = 0; i < data.size; ++i) codes.add(data.u8(i));
      findings.set_first(Field::dhcp_fingerprint, codes.view());
      break;
    }
    default:
      break;
  }
}

// Calls `visit` for each option until the end option, or until one leaves the message.
template <class Visit>
void each_option(Cursor options, Visit visit) {
  while (options.size) {
    const uint8_t code = options.u8(0);
    if (code == option_end) return;
    if (code == option_pad) {
      options = options.skip(1);
      continue;
    }
    if (!options.has(2) || !options.skip(2).has(options.u8(1))) return;
    const Cursor data = options.skip(2).first(options.u8(1));
    visit(code, data);
    options = options.skip(2 + data.size);
  }
}

void read_option_v6(uint16_t code, Cursor data, Findings& findings) {
  switch (code) {
    case option6_requested: {
      CodeList codes;
      for (size_t i = 0; i + 2 <= data.size; i += 2) codes.add(data.be16(i));
      findings.set_first(Field::dhcp_fingerprint, codes.view());
      break;
    }
    case option6_vendor_class: {
      // Enterprise number, then texts with their lengths; the first one.
      const Cursor texts = data.skip(4);
      if (texts.has(2)) findings.set_first(Field::dhcp_class_ident, text_of(texts.skip(2).first(texts.be16(0))));
      break;
    }
    case option6_fqdn:  // RFC 4704, 4.1: flags, the name
      set_name_of_wire(data.skip(1), findings);
      break;
    default:
      break;
  }
}

}  // namespace

Reading read_dhcp(Cursor message, Findings& findings) {
  if (!message.has(options_at) || message.be32(cookie_at) != cookie) return Reading::foreign;
  const Cursor options = message.skip(options_at);
  each_option(options, [&](uint8_t code, Cursor data) {
    if (code != option_fqdn) read_option(code, data, findings);
  });
  // The plain host name goes before it, wherever it stands.
  each_option(options, [&](uint8_t code, Cursor data) {
    if (code == option_fqdn) set_fqdn(data, findings);
  });
  return Reading::more;
}

Reading read_dhcpv6(Cursor message, Findings& findings) {
  // A relayed message holds the client's as an option, through at most eight relays (RFC 8415, 7.6).
  constexpr size_t relay_header = 34;
  for (unsigned relays = 0; message.size && (message.u8(0) == relay_forward || message.u8(0) == relay_reply); ++relays) {
    if (relays > 8 || !message.has(relay_header)) return Reading::foreign;
    Cursor options = message.skip(relay_header);
    message = {nullptr, 0};
    while (options.has(4) && options.skip(4).has(options.be16(2))) {
      const Cursor data = options.skip(4).first(options.be16(2));
      if (options.be16(0) == option6_relayed) message = data;
      options = options.skip(4 + data.size);
    }
  }
  if (!message.has(4)) return Reading::foreign;
  const uint8_t type = message.u8(0);
  if (type == 0 || type >= sizeof message_types_v6 / sizeof *message_types_v6) return Reading::foreign;
  findings.set_first(Field::dhcp_message_type, message_types_v6[type]);
  Cursor options = message.skip(4);
  while (options.has(4) && options.skip(4).has(options.be16(2))) {
    const Cursor data = options.skip(4).first(options.be16(2));
    read_option_v6(options.be16(0), data, findings);
    options = options.skip(4 + data.size);
  }
  return Reading::more;
}

}  // namespace dipper
