// MD5 (RFC 1321): what JA3 and JA3S are defined by. No security rests on it.
#pragma once
#include "block_hash.h"

namespace dipper {

struct Md5Rules {
  static constexpr size_t words = 4;
  static constexpr bool big_endian = false;
  static constexpr std::array<uint32_t, words> initial = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  static void compress(std::array<uint32_t, words>& state, const uint8_t* block) noexcept;
};
using Md5 = BlockHash<Md5Rules>;

}  // namespace dipper
