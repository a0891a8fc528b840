// SHA-1 (FIPS 180-4) for the community id and the flow digest: identifiers, not security. Ours because it runs once a flow on
// one block: libgcrypt's handles cost more than the hash, and four flows hashed side by side cost a third each.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace dipper {

using Sha1Digest = std::array<uint8_t, 20>;

Sha1Digest sha1(const uint8_t* data, size_t size) noexcept;

// A message of at most 55 bytes, padded to the one block that it fills (FIPS 180-4, 5.1.1).
struct Sha1Block {
  uint8_t bytes[64];
};
void sha1_pad(Sha1Block& block, size_t size) noexcept;  // the first `size` bytes are the message

Sha1Digest sha1(const Sha1Block& block) noexcept;
void sha1(const Sha1Block blocks[4], Sha1Digest digests[4]) noexcept;  // in the lanes of vector registers

}  // namespace dipper
