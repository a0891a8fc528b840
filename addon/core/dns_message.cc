// Thread: pure functions.
#include "dns_message.h"

namespace dipper {
namespace {

constexpr size_t longest_encoded = 255;
constexpr uint8_t longest_label = 63, pointer_mark = 0xc0;

// By byte: what hosts' names have, what else stays as it is, what is escaped. A look-up a byte: a name has some twenty.
enum : uint8_t { of_host_names = 0, plain = 1, escaped = 2 };
struct ByteKinds {
  uint8_t of[256] = {};
  constexpr ByteKinds() {
    for (int c = 0; c < 256; ++c) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      const bool of_hosts = letter || (c >= '0' && c <= '9') || c == '-' || c == '_';
      const bool misread = c < 0x20 || c == 0x7f || c == '.' || c == '\\';
      of[c] = of_hosts ? of_host_names : misread ? escaped : plain;
    }
  }
};
constexpr ByteKinds kinds;

// Four characters at most.
char* write_escaped(uint8_t c, char* out) {
  *out++ = '\\';
  if (c == '.' || c == '\\') {
    *out++ = static_cast<char>(c);
  } else {
    *out++ = static_cast<char>('0' + c / 100);
    *out++ = static_cast<char>('0' + c / 10 % 10);
    *out++ = static_cast<char>('0' + c % 10);
  }
  return out;
}

}  // namespace

void DnsName::lower_case() {
  for (size_t i = 0; i < size; ++i)
    if (text[i] >= 'A' && text[i] <= 'Z') text[i] = static_cast<char>(text[i] + 32);
}

bool read_dns_name(Cursor message, size_t& at, DnsName& name) {
  static_assert(4 * longest_encoded <= DnsName::room, "an escaped name fits");
  name.size = 0;
  name.host_name = false;
  char* out = name.text;
  bool jumped = false;
  size_t encoded = 1;
  uint8_t found = of_host_names;
  for (size_t here = at, start = at;;) {
    if (here >= message.size) return false;
    const uint8_t length = message.u8(here);
    if (length >= pointer_mark) {
      if (here + 2 > message.size) return false;
      if (!jumped) at = here + 2;
      jumped = true;
      const size_t to = message.be16(here) & 0x3fffu;
      if (to >= start) return false;
      here = start = to;
      continue;
    }
    if (length > longest_label || here + 1 + length > message.size) return false;
    if (length == 0) {
      if (!jumped) at = here + 1;
      break;
    }
    encoded += 1u + length;
    const size_t label = here + 1;
    here = label + length;
    if (encoded > longest_encoded) continue;
    if (out != name.text) *out++ = '.';
    for (size_t i = label; i < here; ++i) {
      const uint8_t c = message.u8(i), kind = kinds.of[c];
      found |= kind;
      if (kind == escaped)
        out = write_escaped(c, out);
      else
        *out++ = static_cast<char>(c);
    }
    name.size = static_cast<uint16_t>(out - name.text);
  }
  name.host_name = found == of_host_names && encoded <= longest_encoded;
  return true;
}

bool read_dns_record(Cursor message, size_t& at, DnsRecord& record) {
  if (!read_dns_name(message, at, record.owner)) return false;
  const Cursor fixed = message.skip(at);
  if (!fixed.has(10)) return false;
  record.type = fixed.be16(0);
  record.record_class = fixed.be16(2) & 0x7fff;
  record.ttl_s = fixed.be32(4);
  if (record.ttl_s > 0x7fffffff) record.ttl_s = 0;
  record.data_size = fixed.be16(8);
  record.data_at = at + 10;
  if (!fixed.has(10u + record.data_size)) return false;
  at = record.data_at + record.data_size;
  return true;
}

}  // namespace dipper
