// The one way to read packet bytes: a borrowed range that only shrinks, and loads that never assume
// alignment. Thread: a value type, owned by the stack frame that decodes. Callers compare size
// before they load.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace dipper {

inline uint16_t load_be16(const uint8_t* p) noexcept {
  return static_cast<uint16_t>(p[0] << 8 | p[1]);
}
inline uint16_t load_le16(const uint8_t* p) noexcept {
  return static_cast<uint16_t>(p[1] << 8 | p[0]);
}
inline uint32_t load_be32(const uint8_t* p) noexcept {
  return static_cast<uint32_t>(p[0]) << 24 | static_cast<uint32_t>(p[1]) << 16 |
         static_cast<uint32_t>(p[2]) << 8 | p[3];
}
inline uint32_t load_le32(const uint8_t* p) noexcept {
  return static_cast<uint32_t>(p[3]) << 24 | static_cast<uint32_t>(p[2]) << 16 |
         static_cast<uint32_t>(p[1]) << 8 | p[0];
}
inline uint64_t load_be64(const uint8_t* p) noexcept {
  uint64_t v;
  memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  v = __builtin_bswap64(v);
#endif
  return v;
}

// Two words, so that it travels in registers. The accessors do not check: `has(n)` first, once a
// header, is cheaper than a check a field and just as safe, because the tests cut every sample
// frame at every byte under AddressSanitizer.
struct Cursor {
  const uint8_t* data;
  size_t size;

  bool has(size_t n) const noexcept { return size >= n; }
  uint8_t u8(size_t at) const noexcept { return data[at]; }
  uint16_t be16(size_t at) const noexcept { return load_be16(data + at); }
  uint16_t le16(size_t at) const noexcept { return load_le16(data + at); }
  uint32_t be32(size_t at) const noexcept { return load_be32(data + at); }
  uint32_t le32(size_t at) const noexcept { return load_le32(data + at); }

  // What follows the first n bytes; empty when there are fewer.
  Cursor skip(size_t n) const noexcept {
    return n <= size ? Cursor{data + n, size - n} : Cursor{data + size, 0};
  }
  // The first n bytes; all when there are fewer.
  Cursor first(size_t n) const noexcept { return {data, n < size ? n : size}; }
};

}  // namespace dipper
