#include "address_text.h"

#include <charconv>
#include <cstring>

namespace dipper {
namespace {

constexpr char digits[] = "0123456789abcdef";

// How each octet is written: two hexadecimal digits; decimal digits with a dot, and how many characters that is.
struct Octets {
  char hex[256][2], decimal[256][4], pair[100][2];
  uint8_t width[256];
  Octets() {
    for (unsigned i = 0; i < 100; ++i) {
      pair[i][0] = static_cast<char>('0' + i / 10);
      pair[i][1] = static_cast<char>('0' + i % 10);
    }
    for (unsigned i = 0; i < 256; ++i) {
      hex[i][0] = digits[i >> 4];
      hex[i][1] = digits[i & 15];
      char* end = std::to_chars(decimal[i], decimal[i] + 3, i).ptr;
      *end++ = '.';
      width[i] = static_cast<uint8_t>(end - decimal[i]);
    }
  }
};
const Octets octets;

char* write_group(unsigned group, char* out) {
  if (group >= 0x1000) *out++ = digits[group >> 12];
  if (group >= 0x100) *out++ = digits[group >> 8 & 15];
  if (group >= 0x10) *out++ = digits[group >> 4 & 15];
  *out++ = digits[group & 15];
  return out;
}

void write_four(unsigned value, char* out) {
  memcpy(out, octets.pair[value / 100], 2);
  memcpy(out + 2, octets.pair[value % 100], 2);
}

// Below 10,000, without leading zeros.
char* write_short(unsigned value, char* out) {
  if (value >= 100) {
    const unsigned high = value / 100;
    if (high >= 10) {
      memcpy(out, octets.pair[high], 2);
      out += 2;
    } else {
      *out++ = static_cast<char>('0' + high);
    }
    memcpy(out, octets.pair[value % 100], 2);
    return out + 2;
  }
  if (value >= 10) {
    memcpy(out, octets.pair[value], 2);
    return out + 2;
  }
  *out = static_cast<char>('0' + value);
  return out + 1;
}

}  // namespace

char* write_number(uint64_t value, char* out) {
  if (value < 10000) return write_short(static_cast<unsigned>(value), out);
  if (value < 100000000) {
    out = write_short(static_cast<unsigned>(value / 10000), out);
    write_four(static_cast<unsigned>(value % 10000), out);
    return out + 4;
  }
  out = write_number(value / 100000000, out);
  const auto low = static_cast<unsigned>(value % 100000000);
  write_four(low / 10000, out);
  write_four(low % 10000, out + 4);
  return out + 8;
}

char* write_hex(const uint8_t* bytes, unsigned count, char* out) {
  for (unsigned i = 0; i < count; ++i, out += 2) memcpy(out, octets.hex[bytes[i]], 2);
  return out;
}

char* write_mac(const uint8_t* address, char* out) {
  for (int i = 0; i < 6; ++i, out += 3) {
    memcpy(out, octets.hex[address[i]], 2);
    out[2] = ':';
  }
  return out - 1;
}

char* write_ipv4(const uint8_t* address, char* out) {
  for (int i = 0; i < 4; ++i) {
    memcpy(out, octets.decimal[address[i]], 4);
    out += octets.width[address[i]];
  }
  return out - 1;
}

char* write_ipv6(const uint8_t* address, char* out) {
  unsigned groups[8];
  for (int i = 0; i < 8; ++i) groups[i] = static_cast<unsigned>(address[2 * i] << 8 | address[2 * i + 1]);
  // The longest run of zero groups, the first of equal ones; a single one is not shortened (RFC 5952, 4.2).
  int best = -1, best_length = 1;
  for (int i = 0; i < 8;) {
    int end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > best_length) {
      best = i;
      best_length = end - i;
    }
    i = end + 1;
  }
  // inet_ntop's rule for dotted endings: ::ffff:a.b.c.d, and ::a.b.c.d unless the second half is a single group.
  const bool mapped = best == 0 && best_length == 5 && groups[5] == 0xffff;
  const bool compatible = best == 0 && best_length == 6;
  for (int i = 0; i < 8; ++i) {
    if (i == best) {
      *out++ = ':';
      *out++ = ':';
      i += best_length - 1;
      if (compatible) return write_ipv4(address + 12, out);
      continue;
    }
    if (i > 0 && i != best + best_length) *out++ = ':';
    if (mapped && i == 6) return write_ipv4(address + 12, out);
    out = write_group(groups[i], out);
  }
  return out;
}

}  // namespace dipper
