#include "address_text.h"

namespace dipper {

const TextTables text_tables{};

namespace {

char* write_group(unsigned group, char* out) {
  constexpr char digits[] = "0123456789abcdef";
  if (group >= 0x1000) *out++ = digits[group >> 12];
  if (group >= 0x100) *out++ = digits[group >> 8 & 15];
  if (group >= 0x10) *out++ = digits[group >> 4 & 15];
  *out++ = digits[group & 15];
  return out;
}

}  // namespace

char* write_large_number(uint64_t value, char* out) {
  // In groups of three digits, the first of them first: a time in milliseconds has five.
  unsigned groups[7];
  int count = 0;
  do {
    groups[count++] = static_cast<unsigned>(value % 1000);
    value /= 1000;
  } while (value);
  out = write_number(groups[--count], out);
  while (count > 0) {
    memcpy(out, text_tables.three[groups[--count]], 4);
    out += 3;
  }
  return out;
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
