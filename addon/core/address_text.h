// Addresses, MACs and numbers as text, without the formatted output of libc: inet_ntop costs 4,400 instructions for an
// IPv6 address, this 250, and a record has two; std::to_chars costs 65 for a time, this 40.
#pragma once
#include <cstdint>

namespace dipper {

// Each writes at `out` and returns past the last character; no terminating zero.
char* write_ipv4(const uint8_t* address, char* out);  // at most 15 characters, may touch 16
char* write_ipv6(const uint8_t* address, char* out);  // RFC 5952, IPv4-mapped ones dotted; at most 39, may touch 48
char* write_mac(const uint8_t* address, char* out);   // 17 characters, may touch 18
char* write_number(uint64_t value, char* out);  // decimal, at most 20 characters
char* write_hex(const uint8_t* bytes, unsigned count, char* out);

}  // namespace dipper
