// SHA-1 (FIPS 180-4) for the community id and the flow digest: identifiers, not security. Ours because it runs once a flow on
// one block: libgcrypt's handles cost more than the hash, and flows hashed side by side cost a fifth each.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace dipper {

using Sha1Digest = std::array<uint8_t, 20>;

Sha1Digest sha1(const uint8_t* data, size_t size) noexcept;

// A message of at most 44 bytes in whole words, as many as a Community ID takes, ready for its one block.
struct Sha1Message {
  uint32_t words[12];  // big-endian numbers; the padding's first bit (FIPS 180-4, 5.1.1) is in the last of them
  uint32_t count;      // of words
  uint32_t bits;       // length of the message
};
Sha1Digest sha1(const Sha1Message& message) noexcept;

// As many side by side in the lanes of vector registers: a hash takes 200 instructions with AVX2, 550 with SSE2, 1,000 alone.
constexpr unsigned sha1_lanes = 8;
void sha1(const Sha1Message messages[sha1_lanes], Sha1Digest digests[sha1_lanes]) noexcept;

}  // namespace dipper
