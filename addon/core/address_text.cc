#include "address_text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

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

char* write_hex(const uint8_t* bytes, unsigned count, char* out) {
  for (unsigned i = 0; i < count; ++i, out += 2) memcpy(out, text_tables.hex[bytes[i]], 2);
  return out;
}

char* write_hex20(const uint8_t* bytes, char* out) {
#ifdef __SSE2__
  // Sixteen bytes at once: their halves side by side, then each half as a digit, 'a' being 39 behind '9' + 1.
  const __m128i low_half = _mm_set1_epi8(15);
  const __m128i all = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
  const __m128i high = _mm_and_si128(_mm_srli_epi16(all, 4), low_half), low = _mm_and_si128(all, low_half);
  const auto digits = [](__m128i half) {
    const __m128i letters = _mm_and_si128(_mm_cmpgt_epi8(half, _mm_set1_epi8(9)), _mm_set1_epi8('a' - '9' - 1));
    return _mm_add_epi8(_mm_add_epi8(half, _mm_set1_epi8('0')), letters);
  };
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), digits(_mm_unpacklo_epi8(high, low)));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 16), digits(_mm_unpackhi_epi8(high, low)));
  return write_hex(bytes + 16, 4, out + 32);
#else
  return write_hex(bytes, 20, out);
#endif
}

char* write_mac(const uint8_t* address, char* out) {
  for (int i = 0; i < 6; ++i, out += 3) {
    memcpy(out, text_tables.hex[address[i]], 2);
    out[2] = ':';
  }
  return out - 1;
}

char* write_ipv4(const uint8_t* address, char* out) {
  for (int i = 0; i < 4; ++i) {
    memcpy(out, text_tables.octet[address[i]], 4);
    out += text_tables.octet_width[address[i]];
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
