// The bytes of an exported cache: little-endian numbers behind a four-character mark that holds the version.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "flow_key.h"
#include "lru_table.h"
#include "sha1.h"

namespace dipper {

struct CacheWriter {
  std::vector<uint8_t> bytes;

  void put(const void* data, size_t size) {
    const auto* p = static_cast<const uint8_t*>(data);
    bytes.insert(bytes.end(), p, p + size);
  }
  void put32(uint32_t v) {
    for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<uint8_t>(v >> shift));
  }
};

// Each read is false past the end, and then reads nothing.
struct CacheReader {
  const uint8_t* data;
  size_t size;

  bool take(void* out, size_t n) {
    if (n > size) return false;
    memcpy(out, data, n);
    data += n;
    size -= n;
    return true;
  }
  bool take32(uint32_t& out) {
    uint8_t b[4];
    if (!take(b, 4)) return false;
    out = static_cast<uint32_t>(b[0]) | static_cast<uint32_t>(b[1]) << 8 | static_cast<uint32_t>(b[2]) << 16 |
          static_cast<uint32_t>(b[3]) << 24;
    return true;
  }
  bool mark(std::string_view expected) {
    char found[4];
    return take(found, 4) && std::string_view(found, 4) == expected;
  }
};

inline CacheKey random_cache_secret() {
  const HashSecret random = HashSecret::random();
  CacheKey secret;
  memcpy(secret.data(), random.k, secret.size());
  return secret;
}

// The first 16 bytes of SHA-1 over the secret and `size` bytes (39 at most).
inline CacheKey cache_key(const CacheKey& secret, const uint8_t* data, size_t size) {
  uint8_t bytes[55];
  memcpy(bytes, secret.data(), secret.size());
  memcpy(bytes + secret.size(), data, size);
  const Sha1Digest digest = sha1(bytes, secret.size() + size);
  CacheKey key;
  memcpy(key.data(), digest.data(), key.size());
  return key;
}

}  // namespace dipper
