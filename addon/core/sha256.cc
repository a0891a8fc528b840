#include "sha256.h"

#include "cursor.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace dipper {
namespace {

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
alignas(16) constexpr uint32_t k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

constexpr uint32_t right(uint32_t x, int n) { return x >> n | x << (32 - n); }

#if defined(__x86_64__)
// The processor keeps the state as (f, e, b, a) and (h, g, d, c), lowest first, and does two rounds at a time.
[[gnu::target("sha,sse4.1")]] void compress_native(std::array<uint32_t, 8>& state, const uint8_t* block) noexcept {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  auto* halves = reinterpret_cast<__m128i*>(state.data());
  const __m128i dcba = _mm_shuffle_epi32(_mm_loadu_si128(halves), 0xb1), hgfe = _mm_shuffle_epi32(_mm_loadu_si128(halves + 1), 0x1b);
  __m128i abef = _mm_alignr_epi8(dcba, hgfe, 8), cdgh = _mm_blend_epi16(hgfe, dcba, 0xf0);
  const __m128i abef_before = abef, cdgh_before = cdgh;
  __m128i w[4];
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) {
    __m128i& words = w[i & 3];
    if (i < 4) {
      words = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(block) + i), big_endian);
    } else {
      const __m128i last = w[(i + 3) & 3], seventh = _mm_alignr_epi8(last, w[(i + 2) & 3], 4);
      words = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(words, w[(i + 1) & 3]), seventh), last);
    }
    const __m128i sum = _mm_add_epi32(words, _mm_load_si128(reinterpret_cast<const __m128i*>(k) + i));
    cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
    abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
  }
  abef = _mm_add_epi32(abef, abef_before);
  cdgh = _mm_add_epi32(cdgh, cdgh_before);
  const __m128i feba = _mm_shuffle_epi32(abef, 0x1b), dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128(halves, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128(halves + 1, _mm_alignr_epi8(dchg, feba, 8));
}

bool has_instructions() {
  unsigned a, b, c, d;
  return __builtin_cpu_supports("sse4.1") && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & 1u << 29);
}
const auto compress_block = has_instructions() ? compress_native : Sha256Rules::compress_portable;
#else
const auto compress_block = Sha256Rules::compress_portable;
#endif

}  // namespace

void Sha256Rules::compress(std::array<uint32_t, words>& state, const uint8_t* block) noexcept { compress_block(state, block); }

void Sha256Rules::compress_portable(std::array<uint32_t, words>& state, const uint8_t* block) noexcept {
  uint32_t w[16];  // a ring: round t needs the last sixteen words of the schedule
  for (int t = 0; t < 16; ++t) w[t] = load_be32(block + 4 * t);
  auto [a, b, c, d, e, f, g, h] = state;
  // The working variables change places by name and are never moved.
  const auto round = [&w](uint32_t a_, uint32_t b_, uint32_t c_, uint32_t& d_, uint32_t e_, uint32_t f_, uint32_t g_, uint32_t& h_,
                          int t) __attribute__((always_inline)) {
    if (t >= 16) {
      const uint32_t early = w[(t + 1) & 15], late = w[(t + 14) & 15];
      w[t & 15] += (right(early, 7) ^ right(early, 18) ^ early >> 3) + w[(t + 9) & 15] +
                   (right(late, 17) ^ right(late, 19) ^ late >> 10);
    }
    const uint32_t sum = h_ + (right(e_, 6) ^ right(e_, 11) ^ right(e_, 25)) + (g_ ^ (e_ & (f_ ^ g_))) + k[t] + w[t & 15];
    d_ += sum;
    h_ = sum + (right(a_, 2) ^ right(a_, 13) ^ right(a_, 22)) + ((a_ & b_) | (c_ & (a_ | b_)));
  };
#pragma GCC unroll 8
  for (int t = 0; t < 64; t += 8) {
    round(a, b, c, d, e, f, g, h, t);
    round(h, a, b, c, d, e, f, g, t + 1);
    round(g, h, a, b, c, d, e, f, t + 2);
    round(f, g, h, a, b, c, d, e, t + 3);
    round(e, f, g, h, a, b, c, d, t + 4);
    round(d, e, f, g, h, a, b, c, t + 5);
    round(c, d, e, f, g, h, a, b, t + 6);
    round(b, c, d, e, f, g, h, a, t + 7);
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
