// Thread: a pure function over the caller's bytes and findings.
#include "rdp.h"

#include "findings.h"
#include "text_lines.h"

namespace dipper {
namespace {

// TPKT (RFC 1006, 6), then X.224's header: length, connection request, two references, class.
constexpr size_t tpkt = 4, x224 = 7;
constexpr uint8_t connection_request = 0xe0;

// 2.2.1.1.1; without any bit it is RDP's own security.
constexpr struct {
  uint32_t bit;
  const char* name;
} protocols[] = {{0x01, "TLS"}, {0x02, "CredSSP"}, {0x04, "RDSTLS"}, {0x08, "CredSSP-EX"}, {0x10, "RDS-AAD"}};

void read_negotiation(Cursor request, Findings& findings) {
  constexpr uint8_t negotiation_request = 1, size = 8;
  if (!request.has(size) || request.u8(0) != negotiation_request || request.le16(2) != size) return;
  const uint32_t requested = request.le32(4);
  for (const auto& protocol : protocols)
    if (requested & protocol.bit) findings.add(Field::rdp_protocols, protocol.name);
  if (requested == 0) findings.add(Field::rdp_protocols, "RDP");
}

}  // namespace

bool rdp_begins(Cursor payload) {
  return payload.has(6) && payload.u8(0) == 3 && payload.u8(1) == 0 && (payload.u8(5) & 0xf0) == connection_request;
}

Reading read_rdp(Cursor bytes, Findings& findings) {
  if (bytes.has(2) && (bytes.u8(0) != 3 || bytes.u8(1) != 0)) return Reading::foreign;
  if (!bytes.has(tpkt + x224)) return Reading::more;
  const size_t length = bytes.be16(2);
  if (!rdp_begins(bytes) || length < tpkt + x224) return Reading::foreign;
  if (!bytes.has(length)) return Reading::more;
  Cursor rest = bytes.first(length).skip(tpkt + x224);
  std::string_view text = text_of(rest), line;
  constexpr std::string_view cookie = "Cookie: mstshash=";
  // Another first line is a load balancer's routing token (3.2.5.3.1); behind either stands the negotiation.
  if (take_line(text, line)) {
    if (begins_with(line, cookie)) findings.set(Field::rdp_cookie, line.substr(cookie.size()));
    if (begins_with(line, "Cookie: ")) rest = rest.skip(rest.size - text.size());
  }
  read_negotiation(rest, findings);
  return Reading::done;
}

}  // namespace dipper
