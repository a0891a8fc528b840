#include "sha256.h"

#include "cursor.h"

namespace dipper {
namespace {

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
constexpr uint32_t k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

constexpr uint32_t right(uint32_t x, int n) { return x >> n | x << (32 - n); }

}  // namespace

void Sha256Rules::compress(std::array<uint32_t, words>& state, const uint8_t* block) noexcept {
  uint32_t w[64];
  for (int t = 0; t < 16; ++t) w[t] = load_be32(block + 4 * t);
  for (int t = 16; t < 64; ++t) {
    const uint32_t s0 = right(w[t - 15], 7) ^ right(w[t - 15], 18) ^ w[t - 15] >> 3;
    const uint32_t s1 = right(w[t - 2], 17) ^ right(w[t - 2], 19) ^ w[t - 2] >> 10;
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (int t = 0; t < 64; ++t) {
    const uint32_t t1 = h + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + (g ^ (e & (f ^ g))) + k[t] + w[t];
    const uint32_t t2 = (right(a, 2) ^ right(a, 13) ^ right(a, 22)) + ((a & b) | (c & (a | b)));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  const uint32_t worked[words] = {a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < words; ++i) state[i] += worked[i];
}

HmacSha256::HmacSha256(const uint8_t* key, size_t size) noexcept {
  uint8_t inner[64], outer[64];
  for (size_t i = 0; i < sizeof inner; ++i) {
    const uint8_t byte = i < size ? key[i] : 0;
    inner[i] = byte ^ 0x36;
    outer[i] = byte ^ 0x5c;
  }
  inner_.add(inner, sizeof inner);
  outer_.add(outer, sizeof outer);
}

Sha256::Digest HmacSha256::of(const uint8_t* message, size_t size) const noexcept {
  Sha256 inner = inner_, outer = outer_;
  inner.add(message, size);
  const Sha256::Digest digest = inner.digest();
  outer.add(digest.data(), digest.size());
  return outer.digest();
}

void expand_label(const HmacSha256& secret, std::string_view label, uint8_t* out, size_t size) noexcept {
  constexpr std::string_view prefix = "tls13 ";
  uint8_t info[64];
  size_t n = 0;
  info[n++] = 0;
  info[n++] = static_cast<uint8_t>(size);
  info[n++] = static_cast<uint8_t>(prefix.size() + label.size());
  memcpy(info + n, prefix.data(), prefix.size());
  n += prefix.size();
  memcpy(info + n, label.data(), label.size());
  n += label.size();
  info[n++] = 0;  // no context
  info[n++] = 1;  // the first block of HKDF-Expand, and the last
  const Sha256::Digest digest = secret.of(info, n);
  memcpy(out, digest.data(), size);
}

}  // namespace dipper
