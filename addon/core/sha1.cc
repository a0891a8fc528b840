#include "sha1.h"

#include <cstring>

namespace dipper {
namespace {

// Four words side by side; a vector register of every processor that we build for.
typedef uint32_t Lanes __attribute__((vector_size(16)));

template <typename W>
W rotate_left(W x, int n) {
  return (x << n) | (x >> (32 - n));
}

uint32_t load_be32(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) << 24 | static_cast<uint32_t>(p[1]) << 16 | static_cast<uint32_t>(p[2]) << 8 | p[3];
}

void store_be32(uint8_t* p, uint32_t v) {
  p[0] = static_cast<uint8_t>(v >> 24);
  p[1] = static_cast<uint8_t>(v >> 16);
  p[2] = static_cast<uint8_t>(v >> 8);
  p[3] = static_cast<uint8_t>(v);
}

// The functions of FIPS 180-4, 4.1.1, Ch and Maj with one operation less.
struct Choose {
  template <typename W>
  static W of(W b, W c, W d) {
    return d ^ (b & (c ^ d));
  }
};
struct Parity {
  template <typename W>
  static W of(W b, W c, W d) {
    return b ^ c ^ d;
  }
};
struct Majority {
  template <typename W>
  static W of(W b, W c, W d) {
    return (b & c) + (d & (b ^ c));
  }
};

// Twenty rounds, five at a time so that the working variables change places by name and are never moved. The schedule is
// a ring of sixteen words (FIPS 180-4, 6.1.3).
template <typename F, int first, uint32_t k, typename W>
inline void twenty(W v[5], W w[16]) {
  W a = v[0], b = v[1], c = v[2], d = v[3], e = v[4];
  const auto round = [w](W x, W& y, W p, W q, W& z, int t) {
    if (t >= 16) w[t & 15] = rotate_left(w[(t + 13) & 15] ^ w[(t + 8) & 15] ^ w[(t + 2) & 15] ^ w[t & 15], 1);
    z += rotate_left(x, 5) + F::of(y, p, q) + k + w[t & 15];
    y = rotate_left(y, 30);
  };
#pragma GCC unroll 4
  for (int t = first; t < first + 20; t += 5) {
    round(a, b, c, d, e, t);
    round(e, a, b, c, d, t + 1);
    round(d, e, a, b, c, t + 2);
    round(c, d, e, a, b, t + 3);
    round(b, c, d, e, a, t + 4);
  }
  v[0] = a, v[1] = b, v[2] = c, v[3] = d, v[4] = e;
}

template <typename W>
void compress(W h[5], W w[16]) {
  W v[5] = {h[0], h[1], h[2], h[3], h[4]};
  twenty<Choose, 0, 0x5a827999>(v, w);
  twenty<Parity, 20, 0x6ed9eba1>(v, w);
  twenty<Majority, 40, 0x8f1bbcdc>(v, w);
  twenty<Parity, 60, 0xca62c1d6>(v, w);
  for (int i = 0; i < 5; ++i) h[i] += v[i];
}

void compress(uint32_t h[5], const uint8_t* block) {
  uint32_t w[16];
  for (int t = 0; t < 16; ++t) w[t] = load_be32(block + 4 * t);
  compress(h, w);
}

constexpr uint32_t initial[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};

Sha1Digest digest_of(const uint32_t h[5]) {
  Sha1Digest digest;
  for (size_t i = 0; i < 5; ++i) store_be32(&digest[4 * i], h[i]);
  return digest;
}

}  // namespace

Sha1Digest sha1(const uint8_t* data, size_t size) noexcept {
  uint32_t h[5];
  memcpy(h, initial, sizeof h);
  size_t done = 0;
  for (; size - done >= 64; done += 64) compress(h, data + done);
  uint8_t tail[128] = {};
  const size_t rest = size - done;
  if (rest) memcpy(tail, data + done, rest);
  tail[rest] = 0x80;
  const size_t blocks = rest + 9 > 64 ? 128 : 64;
  const uint64_t bits = static_cast<uint64_t>(size) * 8;
  store_be32(tail + blocks - 8, static_cast<uint32_t>(bits >> 32));
  store_be32(tail + blocks - 4, static_cast<uint32_t>(bits));
  compress(h, tail);
  if (blocks == 128) compress(h, tail + 64);
  return digest_of(h);
}

void sha1_pad(Sha1Block& block, size_t size) noexcept {
  memset(block.bytes + size, 0, sizeof block.bytes - size);
  block.bytes[size] = 0x80;
  store_be32(block.bytes + 60, static_cast<uint32_t>(size * 8));
}

Sha1Digest sha1(const Sha1Block& block) noexcept {
  uint32_t h[5];
  memcpy(h, initial, sizeof h);
  compress(h, block.bytes);
  return digest_of(h);
}

void sha1(const Sha1Block blocks[4], Sha1Digest digests[4]) noexcept {
  Lanes w[16], h[5];
  for (int t = 0; t < 16; ++t)
    for (int lane = 0; lane < 4; ++lane) w[t][lane] = load_be32(blocks[lane].bytes + 4 * t);
  for (int i = 0; i < 5; ++i) h[i] = Lanes{initial[i], initial[i], initial[i], initial[i]};
  compress(h, w);
  for (int lane = 0; lane < 4; ++lane)
    for (size_t i = 0; i < 5; ++i) store_be32(&digests[lane][4 * i], h[i][lane]);
}

}  // namespace dipper
