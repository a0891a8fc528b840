#include "short_hashes.h"

#include <cstring>

#include "../sha256.h"

namespace dipper {
namespace {

// Which place: any spread will do, the text itself decides.
uint64_t mix(std::string_view text) {
  uint64_t sum = text.size(), word = 0;
  for (; text.size() >= sizeof word; text.remove_prefix(sizeof word)) {
    memcpy(&word, text.data(), sizeof word);
    sum = (sum ^ word) * 0x9e3779b97f4a7c15;
    sum ^= sum >> 29;
  }
  word = 0;
  if (!text.empty()) memcpy(&word, text.data(), text.size());
  return (sum ^ word) * 0x9e3779b97f4a7c15;
}

}  // namespace

void write_short_hash(const uint8_t* digest, char out[ShortHashes::digits]) noexcept {
  constexpr char hexadecimal[] = "0123456789abcdef";
  for (size_t i = 0; i < ShortHashes::digits; ++i) out[i] = hexadecimal[i % 2 ? digest[i / 2] & 15 : digest[i / 2] >> 4];
}

void ShortHashes::write(std::string_view text, char out[digits]) noexcept {
  Place& place = places_[mix(text) >> 58];
  static_assert(places == 1 << (64 - 58));
  if (place.size && place.size == text.size() && memcmp(place.text, text.data(), text.size()) == 0) {
    memcpy(out, place.hash, digits);
    return;
  }
  Sha256 sha;
  sha.add(text);
  write_short_hash(sha.digest().data(), out);
  if (text.size() > longest_kept) return;
  place.size = static_cast<uint16_t>(text.size());
  memcpy(place.hash, out, digits);
  if (place.size) memcpy(place.text, text.data(), text.size());
}

}  // namespace dipper
