// Bytes that arrive in pieces, in any order, put together by their offsets: TCP segments, QUIC CRYPTO frames, fragments of
// DTLS messages. Bounded: blocks of 16 KiB out of a pool. Thread: the worker's; no locks.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../cursor.h"

namespace dipper {

// Room for what one Assembly collects. The pages that are never written cost nothing.
struct ReassemblyBlock {
  static constexpr size_t capacity = 16384;
  // Of bytes behind a gap. A browser cuts a hello into some ten CRYPTO frames and shuffles them.
  static constexpr size_t most_ranges = 24;
  struct Range {
    uint16_t from, to;
  };
  Range ranges[most_ranges];  // sorted, apart from each other and from the bytes before the first gap
  uint8_t bytes[capacity];
};

// The blocks of one worker. Nothing is allocated for a packet once as many as are in use at a time have been.
class ReassemblyBuffers {
 public:

  explicit ReassemblyBuffers(uint32_t most_blocks) : most_(most_blocks) {}
  ReassemblyBuffers(const ReassemblyBuffers&) = delete;
  ReassemblyBuffers& operator=(const ReassemblyBuffers&) = delete;
  ~ReassemblyBuffers();

  ReassemblyBlock* acquire();  // null, and counted, when there is none left
  void release(ReassemblyBlock* block) { free_.push_back(block); }
  uint64_t refused() const { return refused_; }  // pieces that found no room, and those that an Assembly did not take
  void refuse() { ++refused_; }
  size_t bytes_in_use() const { return (all_.size() - free_.size()) * sizeof(ReassemblyBlock); }

 private:
  std::vector<ReassemblyBlock*> all_, free_;
  uint32_t most_;
  uint64_t refused_ = 0;
};

class Assembly {
 public:
  static constexpr size_t capacity = ReassemblyBlock::capacity;

  // Keeps a copy of what is new in `bytes`; bytes that are there stay, so that a later piece cannot change what was read.
  // False when there is no block, no end in sight of its gaps, or the piece reaches beyond `capacity`: refused() counts it.
  bool add(uint64_t offset, Cursor bytes, ReassemblyBuffers& buffers);

  Cursor whole() const { return {block_ ? block_->bytes : nullptr, whole_}; }  // from offset 0 to the first gap
  // What is kept behind gaps, in order: i < ranges().
  size_t ranges() const { return range_count_; }
  ReassemblyBlock::Range range(size_t i) const { return block_->ranges[i]; }
  Cursor range_bytes(size_t i) const { return {block_->bytes + range(i).from, static_cast<size_t>(range(i).to - range(i).from)}; }
  uint8_t* bytes() { return block_->bytes; }
  bool started() const { return block_ != nullptr; }
  // Empty again; the block goes back.
  void release(ReassemblyBuffers& buffers) {
    if (!block_) return;
    buffers.release(block_);
    *this = {};
  }

 private:
  ReassemblyBlock* block_ = nullptr;
  uint16_t whole_ = 0;
  uint8_t range_count_ = 0;
};

}  // namespace dipper
