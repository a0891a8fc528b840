#include "sha1.h"

#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace dipper {
namespace {

// Words side by side, one of each message.
typedef uint32_t Four __attribute__((vector_size(16)));
typedef uint32_t Eight __attribute__((vector_size(32)));

// Operands by reference and everything inlined: whether a vector of eight is one register or two is up to the caller.
template <typename W>
[[gnu::always_inline]] inline void rotate_left(W& x, int n) {
  x = (x << n) | (x >> (32 - n));
}

uint32_t load_be32(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) << 24 | static_cast<uint32_t>(p[1]) << 16 | static_cast<uint32_t>(p[2]) << 8 | p[3];
}

void store_be32(uint8_t* p, uint32_t v) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  v = __builtin_bswap32(v);
#endif
  memcpy(p, &v, sizeof v);
}

// Twenty rounds, five at a time so that the working variables change places by name and are never moved. The schedule is
// a ring of sixteen words (FIPS 180-4, 6.1.3). `function` is that of 4.1.1, Ch and Maj with one operation less.
enum Function { choose, parity, majority };
template <Function function, int first, uint32_t k, typename W>
[[gnu::always_inline]] inline void twenty(W v[5], W w[16]) {
  W a = v[0], b = v[1], c = v[2], d = v[3], e = v[4];
  const auto round = [w](const W& x, W& y, const W& p, const W& q, W& z, int t) __attribute__((always_inline)) {
    if (t >= 16) {
      w[t & 15] ^= w[(t + 13) & 15] ^ w[(t + 8) & 15] ^ w[(t + 2) & 15];
      rotate_left(w[t & 15], 1);
    }
    W turned = x;
    rotate_left(turned, 5);
    z += turned + k + w[t & 15];
    if constexpr (function == choose)
      z += q ^ (y & (p ^ q));
    else if constexpr (function == parity)
      z += y ^ p ^ q;
    else
      z += (y & p) + (q & (y ^ p));
    rotate_left(y, 30);
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
[[gnu::always_inline]] inline void compress(W h[5], W w[16]) {
  W v[5] = {h[0], h[1], h[2], h[3], h[4]};
  twenty<choose, 0, 0x5a827999>(v, w);
  twenty<parity, 20, 0x6ed9eba1>(v, w);
  twenty<majority, 40, 0x8f1bbcdc>(v, w);
  twenty<parity, 60, 0xca62c1d6>(v, w);
  for (int i = 0; i < 5; ++i) h[i] += v[i];
}

void compress_portable(uint32_t h[5], const uint8_t* block) noexcept {
  uint32_t w[16];
  for (int t = 0; t < 16; ++t) w[t] = load_be32(block + 4 * t);
  compress(h, w);
}

// 900 instructions; with the processor's own 150.
#if defined(__x86_64__)
// Four rounds at a time, of function and constant `phase`. The processor keeps a, b, c, d from the highest word down; e of the
// next four rounds is a of these, turned (FIPS 180-4, 6.1.2).
template <int phase>
[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline void five_times_four(__m128i& abcd, __m128i& before, __m128i w[4]) {
#pragma GCC unroll 5
  for (int i = 5 * phase; i < 5 * phase + 5; ++i) {
    __m128i& words = w[i & 3];
    if (i >= 4) {
      const __m128i mixed = _mm_xor_si128(_mm_sha1msg1_epu32(words, w[(i + 1) & 3]), w[(i + 2) & 3]);
      words = _mm_sha1msg2_epu32(mixed, w[(i + 3) & 3]);
    }
    const __m128i e = i ? _mm_sha1nexte_epu32(before, words) : _mm_add_epi32(before, words);
    before = abcd;
    abcd = _mm_sha1rnds4_epu32(abcd, e, phase);
  }
}

[[gnu::target("sha,sse4.1")]] void compress_native(uint32_t h[5], const uint8_t* block) noexcept {
  const __m128i reversed = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
  const __m128i abcd_before = _mm_shuffle_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(h)), 0x1b);
  const __m128i e_before = _mm_set_epi32(static_cast<int>(h[4]), 0, 0, 0);
  __m128i abcd = abcd_before, before = e_before, w[4];
  for (int i = 0; i < 4; ++i)
    w[i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(block) + i), reversed);
  five_times_four<0>(abcd, before, w);
  five_times_four<1>(abcd, before, w);
  five_times_four<2>(abcd, before, w);
  five_times_four<3>(abcd, before, w);
  h[4] = static_cast<uint32_t>(_mm_extract_epi32(_mm_sha1nexte_epu32(before, e_before), 3));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(h), _mm_shuffle_epi32(_mm_add_epi32(abcd, abcd_before), 0x1b));
}

bool has_instructions() {
  unsigned a, b, c, d;
  return __builtin_cpu_supports("sse4.1") && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & 1u << 29);
}
const auto compress_block = has_instructions() ? compress_native : compress_portable;
#else
const auto compress_block = compress_portable;
#endif

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
  for (; size - done >= 64; done += 64) compress_block(h, data + done);
  uint8_t tail[128] = {};
  const size_t rest = size - done;
  if (rest) memcpy(tail, data + done, rest);
  tail[rest] = 0x80;
  const size_t blocks = rest + 9 > 64 ? 128 : 64;
  const uint64_t bits = static_cast<uint64_t>(size) * 8;
  store_be32(tail + blocks - 8, static_cast<uint32_t>(bits >> 32));
  store_be32(tail + blocks - 4, static_cast<uint32_t>(bits));
  compress_block(h, tail);
  if (blocks == 128) compress_block(h, tail + 64);
  return digest_of(h);
}

Sha1Digest sha1(const Sha1Message& message) noexcept {
  uint32_t h[5], w[16] = {};
  memcpy(h, initial, sizeof h);
  memcpy(w, message.words, message.count * sizeof *w);
  w[15] = message.bits;
  compress(h, w);
  return digest_of(h);
}

namespace {

// `lanes` messages from `first` on; the words of one lie a register apart.
template <typename W, unsigned lanes>
[[gnu::always_inline]] inline void hash_lanes(const Sha1Message* messages, Sha1Digest* digests) {
  W w[16], h[5];
  memset(w, 0, sizeof w);
  auto* words = reinterpret_cast<uint32_t*>(w);
  for (unsigned lane = 0; lane < lanes; ++lane) {
    const Sha1Message& message = messages[lane];
    for (uint32_t t = 0; t < message.count; ++t) words[t * lanes + lane] = message.words[t];
    words[15 * lanes + lane] = message.bits;
  }
  for (int i = 0; i < 5; ++i) h[i] = W{} + initial[i];
  compress(h, w);
  const auto* results = reinterpret_cast<const uint32_t*>(h);
  for (unsigned lane = 0; lane < lanes; ++lane)
    for (size_t i = 0; i < 5; ++i) store_be32(&digests[lane][4 * i], results[i * lanes + lane]);
}

void hash_by_fours(const Sha1Message* messages, Sha1Digest* digests) {
  for (unsigned first = 0; first < sha1_lanes; first += 4) hash_lanes<Four, 4>(messages + first, digests + first);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void hash_eight(const Sha1Message* messages, Sha1Digest* digests) {
  hash_lanes<Eight, 8>(messages, digests);
}
const auto hash_all = __builtin_cpu_supports("avx2") ? hash_eight : hash_by_fours;
#else
const auto hash_all = hash_by_fours;
#endif

}  // namespace

void sha1(const Sha1Message messages[sha1_lanes], Sha1Digest digests[sha1_lanes]) noexcept {
  hash_all(messages, digests);
}

}  // namespace dipper
