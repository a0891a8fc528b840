// Addresses, MACs and numbers as text, without the formatted output of libc: inet_ntop costs 4,400 instructions for an
// IPv6 address, this 250, and a record has two; std::to_chars costs 65 for a time, this 25. A record has thirteen
// numbers, most of them below 1,000: 7 instructions each, 15 below a million.
#pragma once
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace dipper {

// What the writers look up; filled by the compiler.
struct TextTables {
  char number[1000][4] = {};  // "7", "42", "999", not filled up; the fourth byte is the number of characters
  char three[1000][4] = {};   // "007"
  char octet[256][4] = {};    // "7.", "199."
  uint8_t octet_width[256] = {};
  char hex[256][2] = {};
  constexpr TextTables() {
    for (int i = 0; i < 1000; ++i) {
      const char digits[3] = {static_cast<char>('0' + i / 100), static_cast<char>('0' + i / 10 % 10),
                              static_cast<char>('0' + i % 10)};
      const int width = i < 10 ? 1 : i < 100 ? 2 : 3;
      for (int d = 0; d < 3; ++d) three[i][d] = digits[d];
      for (int d = 0; d < width; ++d) number[i][d] = digits[3 - width + d];
      number[i][3] = static_cast<char>(width);
      if (i > 255) continue;
      for (int d = 0; d < width; ++d) octet[i][d] = number[i][d];
      octet[i][width] = '.';
      octet_width[i] = static_cast<uint8_t>(width + 1);
      hex[i][0] = "0123456789abcdef"[i >> 4];
      hex[i][1] = "0123456789abcdef"[i & 15];
    }
  }
};
extern const TextTables text_tables;

// Each writes at `out` and returns past the last character; no terminating zero. What it may touch behind that is said.
// Those that every record calls are inline: a call costs as much as a third of them.
char* write_ipv6(const uint8_t* address, char* out);  // RFC 5952, IPv4-mapped ones dotted; at most 39, may touch 48

// 2 * count characters.
inline char* write_hex(const uint8_t* bytes, unsigned count, char* out) {
  for (unsigned i = 0; i < count; ++i, out += 2) memcpy(out, text_tables.hex[bytes[i]], 2);
  return out;
}

// 20 bytes, 40 characters.
inline char* write_hex20(const uint8_t* bytes, char* out) {
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

// 17 characters, may touch 18.
inline char* write_mac(const uint8_t* address, char* out) {
  for (int i = 0; i < 6; ++i, out += 3) {
    memcpy(out, text_tables.hex[address[i]], 2);
    out[2] = ':';
  }
  return out - 1;
}

// At most 15 characters, may touch 16.
inline char* write_ipv4(const uint8_t* address, char* out) {
  for (int i = 0; i < 4; ++i) {
    memcpy(out, text_tables.octet[address[i]], 4);
    out += text_tables.octet_width[address[i]];
  }
  return out - 1;
}

char* write_large_number(uint64_t value, char* out);
// Decimal, at most 20 characters, may touch 3 more.
inline char* write_number(uint64_t value, char* out) {
  if (value < 1000) {
    memcpy(out, text_tables.number[value], 4);
    return out + text_tables.number[value][3];
  }
  if (value >= 1000000) return write_large_number(value, out);
  const auto small = static_cast<uint32_t>(value), high = small / 1000;
  memcpy(out, text_tables.number[high], 4);
  out += text_tables.number[high][3];
  memcpy(out, text_tables.three[small - high * 1000], 4);
  return out + 3;
}

}  // namespace dipper
