// The first twelve hexadecimal digits of the SHA-256 of a text, as JA4 has them. A program sends the same lists in every
// hello, once they are sorted, so those that were hashed last are kept: five blocks of SHA-256 a hello are 10,000 instructions
// on a processor without instructions for them, which most gateways have. What an attacker sends takes the place of others'
// and costs them the hash again, no more. Thread: its own.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dipper {

class ShortHashes {
 public:
  static constexpr size_t digits = 12;
  static constexpr size_t longest_kept = 242;  // Chrome's lists are of 74 and 109 characters

  void write(std::string_view text, char out[digits]) noexcept;

 private:
  static constexpr size_t places = 64;
  struct Place {
    uint16_t size;  // 0: nothing is kept here
    char hash[digits];
    char text[longest_kept];
  };
  static_assert(sizeof(Place) == 256);
  Place places_[places] = {};
};

// The first digits of a digest.
void write_short_hash(const uint8_t* digest, char out[ShortHashes::digits]) noexcept;

}  // namespace dipper
