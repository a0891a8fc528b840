// Refcounted memory for streamed captures. A block goes back to its pool when the last burst or
// batch that views it is gone, on whatever thread that happens, even after the pool's source.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace dipper {

struct Block {
  explicit Block(size_t size) : capacity(size), data(new uint8_t[size]) {}
  size_t capacity;
  std::unique_ptr<uint8_t[]> data;
};

class BlockPool {
 public:
  // 256 KiB holds hundreds of packets, so the reference count and the lock cost nothing a packet,
  // and stays in the second-level cache between the read, the decode and nDPI.
  static constexpr size_t block_size = 256 * 1024;

  std::shared_ptr<Block> take(size_t at_least);

 private:
  static constexpr size_t kept = 8;  // idle blocks held for reuse; more are freed
  struct Shelf {
    std::mutex mutex;
    std::vector<std::unique_ptr<Block>> blocks;
  };
  std::shared_ptr<Shelf> shelf_ = std::make_shared<Shelf>();
};

}  // namespace dipper
