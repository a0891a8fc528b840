// SHA-256 (FIPS 180-4), HMAC (RFC 2104) and HKDF (RFC 5869) on it, for fingerprints and for the keys of QUIC Initial packets,
// which are no secret: everybody on the path can derive them. Nothing here protects anything (docs/adr/0006).
#pragma once
#include "block_hash.h"

namespace dipper {

struct Sha256Rules {
  static constexpr size_t words = 8;
  static constexpr bool big_endian = true;
  static constexpr std::array<uint32_t, words> initial = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                          0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  static void compress(std::array<uint32_t, words>& state, const uint8_t* block) noexcept;
  // The same without the processor's instructions for it, whatever it has: 2,000 of others.
  static void compress_portable(std::array<uint32_t, words>& state, const uint8_t* block) noexcept;
};
using Sha256 = BlockHash<Sha256Rules>;

// HMAC with a key of at most 64 bytes; what the key alone decides is done once.
class HmacSha256 {
 public:
  HmacSha256(const uint8_t* key, size_t size) noexcept;
  Sha256::Digest of(const uint8_t* message, size_t size) const noexcept;

 private:
  Sha256 inner_, outer_;
};

// HKDF-Expand-Label of TLS 1.3 (RFC 8446, 7.1) with an empty context, up to one digest long. `label` without "tls13 ".
void expand_label(const HmacSha256& secret, std::string_view label, uint8_t* out, size_t size) noexcept;

}  // namespace dipper
