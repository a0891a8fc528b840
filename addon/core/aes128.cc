#include "aes128.h"

#include <cstring>

#include "cursor.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace dipper {
namespace {

constexpr uint8_t times_two(uint8_t x) { return static_cast<uint8_t>(x << 1 ^ (x & 0x80 ? 0x1b : 0)); }

// The S-box from its definition (FIPS 197, 5.1.1): 3 generates the field's multiplicative group, so a walk along its powers
// and along those of its inverse meets each number with its inverse.
struct Tables {
  uint8_t sbox[256] = {};
  uint32_t columns[256] = {};  // SubBytes and MixColumns of a column's first byte, first byte lowest
  constexpr Tables() {
    uint8_t p = 1, q = 1;
    do {
      p = static_cast<uint8_t>(p ^ times_two(p));
      q = static_cast<uint8_t>(q ^ q << 1);
      q = static_cast<uint8_t>(q ^ q << 2);
      q = static_cast<uint8_t>(q ^ q << 4);
      if (q & 0x80) q ^= 0x09;
      const auto turned = [q](int n) { return static_cast<uint8_t>(q << n | q >> (8 - n)); };
      sbox[p] = static_cast<uint8_t>(q ^ turned(1) ^ turned(2) ^ turned(3) ^ turned(4) ^ 0x63);
    } while (p != 1);
    sbox[0] = 0x63;
    for (int i = 0; i < 256; ++i) {
      const uint8_t s = sbox[i], two = times_two(s), three = static_cast<uint8_t>(two ^ s);
      columns[i] = two | static_cast<uint32_t>(s) << 8 | static_cast<uint32_t>(s) << 16 | static_cast<uint32_t>(three) << 24;
    }
  }
};
constexpr Tables tables;

constexpr uint32_t left(uint32_t x, int n) { return n ? x << n | x >> (32 - n) : x; }
void store_le32(uint8_t* p, uint32_t v) {
  for (int i = 0; i < 4; ++i) p[i] = static_cast<uint8_t>(v >> 8 * i);
}

void encrypt_by_tables(const uint32_t* keys, const uint8_t* in, uint8_t* out) noexcept {
  uint32_t s[4], t[4];
  for (int i = 0; i < 4; ++i) s[i] = load_le32(in + 4 * i) ^ keys[i];
  const auto byte = [](uint32_t word, int n) { return static_cast<uint8_t>(word >> 8 * n); };
  for (int round = 1; round < 10; ++round) {
    for (int i = 0; i < 4; ++i) {
      uint32_t column = keys[4 * round + i];
      for (int row = 0; row < 4; ++row) column ^= left(tables.columns[byte(s[(i + row) % 4], row)], 8 * row);
      t[i] = column;
    }
    memcpy(s, t, sizeof s);
  }
  for (int i = 0; i < 4; ++i) {
    uint32_t column = keys[40 + i];
    for (int row = 0; row < 4; ++row)
      column ^= static_cast<uint32_t>(tables.sbox[byte(s[(i + row) % 4], row)]) << 8 * row;
    store_le32(out + 4 * i, column);
  }
}

// 800 instructions; with the processor's own 30.
#if defined(__x86_64__)
[[gnu::target("aes,sse2")]] void encrypt_native(const uint32_t* keys, const uint8_t* in, uint8_t* out) noexcept {
  const auto* round_keys = reinterpret_cast<const __m128i*>(keys);
  __m128i state = _mm_xor_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in)), _mm_loadu_si128(round_keys));
  for (int round = 1; round < 10; ++round) state = _mm_aesenc_si128(state, _mm_loadu_si128(round_keys + round));
  state = _mm_aesenclast_si128(state, _mm_loadu_si128(round_keys + 10));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), state);
}
// Counter mode for whole groups of eight blocks, which the processor works at side by side: alone each waits 40 cycles for its
// rounds. Returns how many bytes it has done.
[[gnu::target("aes,sse2")]] size_t crypt_groups(const uint32_t* keys, const uint8_t* nonce, uint32_t first, const uint8_t* in,
                                                size_t size, uint8_t* out) noexcept {
  constexpr int group = 8;
  const auto* round_keys = reinterpret_cast<const __m128i*>(keys);
  uint8_t start[16] = {};
  memcpy(start, nonce, 12);
  const __m128i counter = _mm_loadu_si128(reinterpret_cast<const __m128i*>(start));
  size_t done = 0;
  for (; size - done >= 16 * group; done += 16 * group) {
    __m128i states[group];
    __m128i key = _mm_loadu_si128(round_keys);
    for (__m128i& state : states) {
      const auto number = static_cast<int>(__builtin_bswap32(first++));
      state = _mm_xor_si128(_mm_or_si128(counter, _mm_slli_si128(_mm_cvtsi32_si128(number), 12)), key);
    }
    for (int round = 1; round < 10; ++round) {
      key = _mm_loadu_si128(round_keys + round);
      for (__m128i& state : states) state = _mm_aesenc_si128(state, key);
    }
    key = _mm_loadu_si128(round_keys + 10);
    const auto* from = reinterpret_cast<const __m128i*>(in + done);
    auto* to = reinterpret_cast<__m128i*>(out + done);
    for (int i = 0; i < group; ++i)
      _mm_storeu_si128(to + i, _mm_xor_si128(_mm_loadu_si128(from + i), _mm_aesenclast_si128(states[i], key)));
  }
  return done;
}
const bool has_instructions = __builtin_cpu_supports("aes");
const auto encrypt_block = has_instructions ? encrypt_native : encrypt_by_tables;
#else
constexpr bool has_instructions = false;
size_t crypt_groups(const uint32_t*, const uint8_t*, uint32_t, const uint8_t*, size_t, uint8_t*) noexcept { return 0; }
const auto encrypt_block = encrypt_by_tables;
#endif

}  // namespace

Aes128::Aes128(const uint8_t key[16]) noexcept {
  for (int i = 0; i < 4; ++i) round_keys_[i] = load_le32(key + 4 * i);
  uint8_t constant = 1;
  for (int i = 4; i < 44; ++i) {
    uint32_t word = round_keys_[i - 1];
    if (i % 4 == 0) {
      word = left(word, 24);  // RotWord: the first byte, the lowest, becomes the last
      uint32_t substituted = 0;
      for (int n = 0; n < 4; ++n) substituted |= static_cast<uint32_t>(tables.sbox[word >> 8 * n & 0xff]) << 8 * n;
      word = substituted ^ constant;
      constant = times_two(constant);
    }
    round_keys_[i] = round_keys_[i - 4] ^ word;
  }
}

void Aes128::encrypt(const uint8_t in[16], uint8_t out[16]) const noexcept { encrypt_block(round_keys_, in, out); }

void Aes128::encrypt_portable(const uint8_t in[16], uint8_t out[16]) const noexcept {
  encrypt_by_tables(round_keys_, in, out);
}

void Aes128::gcm_crypt(const uint8_t nonce[12], const uint8_t* in, size_t size, uint8_t* out) const noexcept {
  uint8_t counter[16], stream[16];
  memcpy(counter, nonce, 12);
  uint32_t block = 2;
  if (has_instructions) {
    const size_t done = crypt_groups(round_keys_, nonce, block, in, size, out);
    block += static_cast<uint32_t>(done / 16);
    in += done;
    out += done;
    size -= done;
  }
  for (; size; ++block) {
    for (int i = 0; i < 4; ++i) counter[12 + i] = static_cast<uint8_t>(block >> (24 - 8 * i));
    encrypt_block(round_keys_, counter, stream);
    const size_t n = size < 16 ? size : 16;
    for (size_t i = 0; i < n; ++i) out[i] = in[i] ^ stream[i];
    in += n;
    out += n;
    size -= n;
  }
}

}  // namespace dipper
