// Addresses, MACs and numbers as text, without the formatted output of libc: inet_ntop costs 4,400 instructions for an
// IPv6 address, this 250, and a record has two; std::to_chars costs 65 for a time, this 25. A record has thirteen
// numbers, most of them below 1,000: 7 instructions each, 15 below a million.
#pragma once
#include <cstdint>
#include <cstring>

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
char* write_ipv4(const uint8_t* address, char* out);  // at most 15 characters, may touch 16
char* write_ipv6(const uint8_t* address, char* out);  // RFC 5952, IPv4-mapped ones dotted; at most 39, may touch 48
char* write_mac(const uint8_t* address, char* out);   // 17 characters, may touch 18
char* write_hex(const uint8_t* bytes, unsigned count, char* out);
char* write_hex20(const uint8_t* bytes, char* out);   // 20 bytes, 40 characters

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
