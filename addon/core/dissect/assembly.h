// Bytes that arrive in pieces, in any order, put together by their offsets: TCP segments, QUIC CRYPTO frames, fragments of
// DTLS messages. Bounded: blocks of 16 KiB out of a pool. Thread: the worker's; no locks.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../cursor.h"

namespace dipper {

// The blocks of one worker. Nothing is allocated for a packet once as many as are in use at a time have been.
class ReassemblyBuffers {
 public:
  static constexpr size_t block_bytes = 16384;

  explicit ReassemblyBuffers(uint32_t most_blocks) : most_(most_blocks) {}
  ReassemblyBuffers(const ReassemblyBuffers&) = delete;
  ReassemblyBuffers& operator=(const ReassemblyBuffers&) = delete;
  ~ReassemblyBuffers();

  uint8_t* acquire();  // null, and counted, when there is none left
  void release(uint8_t* block) { free_.push_back(block); }
  uint64_t refused() const { return refused_; }  // pieces that found no room, and those that an Assembly did not take
  void refuse() { ++refused_; }
  size_t in_use() const { return all_.size() - free_.size(); }

 private:
  std::vector<uint8_t*> all_, free_;
  uint32_t most_;
  uint64_t refused_ = 0;
};

class Assembly {
 public:
  static constexpr size_t capacity = ReassemblyBuffers::block_bytes;

  // Keeps a copy of what is new in `bytes`; bytes that are there stay, so that a later piece cannot change what was read.
  // False when there is no block, no end in sight of its gaps, or the piece reaches beyond `capacity`: refused() counts it.
  bool add(uint64_t offset, Cursor bytes, ReassemblyBuffers& buffers);

  Cursor whole() const { return {bytes_, bytes_ ? whole_ : size_t{0}}; }  // from offset 0 to the first gap
  uint8_t* bytes() { return bytes_; }
  bool started() const { return bytes_ != nullptr; }
  void release(ReassemblyBuffers& buffers);  // empty again; the block goes back

 private:
  // Of bytes behind a gap. A browser cuts a hello into some ten CRYPTO frames and shuffles them.
  static constexpr size_t most_ranges = 24;
  struct Range {
    uint16_t from, to;
  };

  uint8_t* bytes_ = nullptr;
  uint16_t whole_ = 0;
  uint8_t range_count_ = 0;
  Range ranges_[most_ranges];  // sorted, apart from each other and from whole_
};

}  // namespace dipper
