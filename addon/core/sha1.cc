#include "sha1.h"

#include <cstring>

namespace dipper {
namespace {

uint32_t rotate_left(uint32_t x, int n) { return (x << n) | (x >> (32 - n)); }

void compress(uint32_t h[5], const uint8_t* block) {
  uint32_t w[80];
  for (int t = 0; t < 16; ++t)
    w[t] = static_cast<uint32_t>(block[4 * t]) << 24 | static_cast<uint32_t>(block[4 * t + 1]) << 16 |
           static_cast<uint32_t>(block[4 * t + 2]) << 8 | block[4 * t + 3];
  for (int t = 16; t < 80; ++t) w[t] = rotate_left(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
  uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
  const auto step = [&](uint32_t f, uint32_t k, uint32_t word) {
    const uint32_t next = rotate_left(a, 5) + f + e + k + word;
    e = d;
    d = c;
    c = rotate_left(b, 30);
    b = a;
    a = next;
  };
  for (int t = 0; t < 20; ++t) step((b & c) | (~b & d), 0x5a827999, w[t]);
  for (int t = 20; t < 40; ++t) step(b ^ c ^ d, 0x6ed9eba1, w[t]);
  for (int t = 40; t < 60; ++t) step((b & c) | (b & d) | (c & d), 0x8f1bbcdc, w[t]);
  for (int t = 60; t < 80; ++t) step(b ^ c ^ d, 0xca62c1d6, w[t]);
  h[0] += a;
  h[1] += b;
  h[2] += c;
  h[3] += d;
  h[4] += e;
}

}  // namespace

std::array<uint8_t, 20> sha1(const uint8_t* data, size_t size) noexcept {
  uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  size_t done = 0;
  for (; size - done >= 64; done += 64) compress(h, data + done);
  uint8_t tail[128] = {};
  const size_t rest = size - done;
  if (rest) memcpy(tail, data + done, rest);
  tail[rest] = 0x80;
  const size_t blocks = rest + 9 > 64 ? 128 : 64;
  const uint64_t bits = static_cast<uint64_t>(size) * 8;
  for (int i = 0; i < 8; ++i) tail[blocks - 1 - i] = static_cast<uint8_t>(bits >> (8 * i));
  compress(h, tail);
  if (blocks == 128) compress(h, tail + 64);
  std::array<uint8_t, 20> digest;
  for (int i = 0; i < 20; ++i) digest[i] = static_cast<uint8_t>(h[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

}  // namespace dipper
