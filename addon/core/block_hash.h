// What MD5 and SHA-256 have in common: blocks of 64 bytes, and padding with the message's length in bits (RFC 1321, 3.1 and
// 3.2; FIPS 180-4, 5.1.1). `Rules` has the initial state, compress() and the order of bytes.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace dipper {

template <class Rules>
class BlockHash {
 public:
  static constexpr size_t digest_size = Rules::words * 4;
  using Digest = std::array<uint8_t, digest_size>;

  void add(const void* data, size_t size) noexcept {
    const auto* bytes = static_cast<const uint8_t*>(data);
    total_ += size;
    if (held_) {
      const size_t n = size < sizeof block_ - held_ ? size : sizeof block_ - held_;
      if (n) memcpy(block_ + held_, bytes, n);
      held_ += n;
      bytes += n;
      size -= n;
      if (held_ < sizeof block_) return;
      Rules::compress(state_, block_);
      held_ = 0;
    }
    for (; size >= sizeof block_; bytes += sizeof block_, size -= sizeof block_) Rules::compress(state_, bytes);
    if (size) memcpy(block_, bytes, size);
    held_ = size;
  }
  void add(std::string_view text) noexcept { add(text.data(), text.size()); }

  Digest digest() const noexcept {
    BlockHash rest = *this;
    const uint64_t bits = total_ * 8;
    const uint8_t end[64] = {0x80};
    rest.add(end, held_ < 56 ? 56 - held_ : 120 - held_);
    uint8_t length[8];
    for (int i = 0; i < 8; ++i)
      length[Rules::big_endian ? 7 - i : i] = static_cast<uint8_t>(bits >> 8 * i);
    rest.add(length, sizeof length);
    Digest digest;
    for (size_t i = 0; i < digest_size; ++i)
      digest[i] = static_cast<uint8_t>(rest.state_[i / 4] >> 8 * (Rules::big_endian ? 3 - i % 4 : i % 4));
    return digest;
  }

 private:
  std::array<uint32_t, Rules::words> state_ = Rules::initial;
  uint8_t block_[64];
  size_t held_ = 0;
  uint64_t total_ = 0;
};

}  // namespace dipper
