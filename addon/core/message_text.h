// Inside of the writer of messages: where it writes to. Thread: a worker's.
#pragma once
#include "address_text.h"
#include "message.h"
#include "message_transport.h"

namespace dipper {

// Writes into room that start() made: identity, names and counters have a bound (64 risks of 120 bytes are the bulk of
// it), what has none is counted in.
struct MessageWriter::Text {
  static constexpr size_t fixed_room = 16384 + most_transport;
  char* p;

  // Inlined, so that a literal is copied in whole registers and its length costs nothing.
  [[gnu::always_inline]] void put(std::string_view s) {
    if (!s.empty()) memcpy(p, s.data(), s.size());  // an empty view may have no address
    p += s.size();
  }
  void number(uint64_t v) { p = write_number(v, p); }
  void boolean(bool v) { put(v ? std::string_view("true") : std::string_view("false")); }
  void hex(const Sha1Digest& digest) { p = write_hex20(digest.data(), p); }
  void mac(const uint8_t* m) { p = write_mac(m, p); }
  void address(uint8_t ip_version, const uint8_t* a) { p = ip_version == 4 ? write_ipv4(a, p) : write_ipv6(a, p); }
};

// Texts of detections that are kept, 4,096: traffic mixes some hundred, and two that share an entry are built again and again.
constexpr unsigned detection_text_shift = 52;
constexpr size_t detection_text_count = size_t{1} << (64 - detection_text_shift);

// The name as JSON text without its quotes, cut so that a line's fixed part has a bound.
std::string escaped(const char* name);

}  // namespace dipper
