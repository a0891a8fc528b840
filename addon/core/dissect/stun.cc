// Thread: a pure function over the caller's bytes and findings.
#include "stun.h"

#include "../address_text.h"
#include "findings.h"
#include "text_lines.h"

namespace dipper {
namespace {

constexpr size_t header_size = 20, cookie_at = 4;
constexpr uint32_t magic_cookie = 0x2112a442;

enum class Kind : uint8_t { address, xor_address, text };
constexpr struct {
  uint16_t type;
  Kind kind;
  Field field;
} attributes[] = {
    {0x0001, Kind::address, Field::stun_mapped},        // MAPPED-ADDRESS
    {0x0020, Kind::xor_address, Field::stun_mapped},    // XOR-MAPPED-ADDRESS
    {0x8020, Kind::xor_address, Field::stun_mapped},    // its number in drafts, still sent
    {0x0012, Kind::xor_address, Field::stun_peer},      // XOR-PEER-ADDRESS (RFC 8656, 18)
    {0x0016, Kind::xor_address, Field::stun_relayed},   // XOR-RELAYED-ADDRESS
    {0x802b, Kind::address, Field::stun_response},      // RESPONSE-ORIGIN (RFC 5780, 7)
    {0x802c, Kind::address, Field::stun_other},         // OTHER-ADDRESS
    {0x0005, Kind::address, Field::stun_other},         // CHANGED-ADDRESS (RFC 3489, 11.2)
    {0x0014, Kind::text, Field::stun_realm},            // REALM
    {0x8022, Kind::text, Field::stun_software},         // SOFTWARE
};

// "192.0.2.1:3478", "[2001:db8::1]:3478". RFC 8489, 14.1 and 14.2: the XOR is with cookie and transaction id.
void set_address(Cursor value, const uint8_t* mask, Field field, Findings& findings) {
  if (!value.has(4)) return;
  const bool v6 = value.u8(1) == 2;
  const size_t length = v6 ? 16 : 4;
  if ((!v6 && value.u8(1) != 1) || !value.has(4 + length)) return;
  uint8_t port[2], address[16];
  for (size_t i = 0; i < 2; ++i) port[i] = static_cast<uint8_t>(value.u8(2 + i) ^ (mask ? mask[i] : 0));
  for (size_t i = 0; i < length; ++i) address[i] = static_cast<uint8_t>(value.u8(4 + i) ^ (mask ? mask[i] : 0));
  char text[80];
  char* out = text;
  if (v6) *out++ = '[';
  out = v6 ? write_ipv6(address, out) : write_ipv4(address, out);
  if (v6) *out++ = ']';
  *out++ = ':';
  out = write_number(load_be16(port), out);
  findings.set(field, std::string_view(text, static_cast<size_t>(out - text)));
}

}  // namespace

bool is_stun(Cursor message, bool by_port) {
  return message.has(header_size) && (message.be16(0) & 0xc000) == 0 && message.be16(2) % 4 == 0 &&
         (by_port || message.be32(cookie_at) == magic_cookie) && message.skip(header_size).has(message.be16(2));
}

Reading read_stun(Cursor message, bool by_port, Findings& findings) {
  if (!is_stun(message, by_port)) return Reading::foreign;
  const size_t length = message.be16(2);
  Cursor rest = message.skip(header_size).first(length);
  while (rest.has(4) && rest.skip(4).has(rest.be16(2))) {
    const uint16_t type = rest.be16(0);
    const Cursor value = rest.skip(4).first(rest.be16(2));
    for (const auto& known : attributes) {
      if (known.type != type) continue;
      // The plain form is there for old clients; some NATs rewrite it, and the XOR one stands wherever both do.
      if (type == 0x0001 && findings.has(Field::stun_mapped)) continue;
      if (known.kind == Kind::text)
        findings.set(known.field, text_of(value));
      else
        set_address(value, known.kind == Kind::xor_address ? message.data + cookie_at : nullptr, known.field, findings);
    }
    rest = rest.skip(4 + (value.size + 3) / 4 * 4);
  }
  return Reading::more;
}

}  // namespace dipper
