// Decoded packets from the reader to one worker, in batches: a bounded ring whose writer blocks, never drops (files and
// pipes wait; live sources give each worker its own source instead). Empty batches travel back, so nothing is allocated
// once it runs. A batch keeps the blocks alive that its packets point into.
#pragma once
#include <array>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "packet.h"
#include "source.h"

namespace dipper {

struct PacketBatch {
  static constexpr uint32_t capacity = 256;
  // Passed on from this many even if not full: a worker that gets a packet now and then must not hold the whole stream.
  static constexpr size_t most_blocks = 8;
  std::array<Packet, capacity> packets;
  uint32_t size = 0;
  bool flush = false;  // the source has nothing more for now: pass events on at once
  uint64_t clock_ns = 0;        // live sources: the time now, when no packet has told it; else 0
  int64_t clock_offset_ns = 0;  // from the packets' time to the wall clock
  std::vector<BlockRef> blocks;

  PacketBatch() {}  // leaves the packets as they are: zeroing 28 KB takes longer than filling them
  bool full() const { return size == capacity || blocks.size() == most_blocks; }
  void keep(const BlockRef& block) {
    if (block && (blocks.empty() || blocks.back() != block)) blocks.push_back(block);
  }
  void clear() {
    size = 0;
    flush = false;
    clock_ns = 0;
    blocks.clear();
  }
};

class PacketRing {
 public:
  static constexpr size_t capacity = 32;  // batches: 8,192 packets, 0.8 MB

  // An empty batch to fill.
  std::unique_ptr<PacketBatch> take_empty() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (empties_.empty()) return std::make_unique<PacketBatch>();
    auto batch = std::move(empties_.back());
    empties_.pop_back();
    return batch;
  }
  // Blocks while the ring is full. False when the worker is gone (closed): the batch is dropped.
  bool push(std::unique_ptr<PacketBatch> batch) {
    std::unique_lock<std::mutex> lock(mutex_);
    space_.wait(lock, [&] { return closed_ || batches_.size() < capacity; });
    if (closed_) return false;
    batches_.push_back(std::move(batch));
    filled_.notify_one();
    return true;
  }
  enum class Popped : uint8_t { batch, nothing, end };
  // The next batch. `nothing`: there is none and the caller did not want to wait, or was nudged. `end`: finish() and nothing
  // left, or closed.
  Popped pop(std::unique_ptr<PacketBatch>& batch, bool wait = true) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (wait) filled_.wait(lock, [&] { return closed_ || finished_ || nudged_ || !batches_.empty(); });
    nudged_ = false;
    if (closed_ || (finished_ && batches_.empty())) return Popped::end;
    if (batches_.empty()) return Popped::nothing;
    batch = std::move(batches_.front());
    batches_.pop_front();
    // A reader that waits is woken when half the ring is free, not for each batch: a switch costs what a batch does.
    if (batches_.size() == capacity / 2) space_.notify_one();
    return Popped::batch;
  }
  // The worker looks up from its sleep: there is something for it that is no packet.
  void nudge() {
    std::lock_guard<std::mutex> lock(mutex_);
    nudged_ = true;
    filled_.notify_one();
  }
  void give_back(std::unique_ptr<PacketBatch> batch) {
    batch->clear();
    std::lock_guard<std::mutex> lock(mutex_);
    empties_.push_back(std::move(batch));
  }
  void finish() {  // nothing more will be pushed
    std::lock_guard<std::mutex> lock(mutex_);
    finished_ = true;
    filled_.notify_all();
  }
  void close() {  // end at once, whoever waits
    std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    filled_.notify_all();
    space_.notify_all();
  }
  // Packets that nobody will take any more. Once.
  uint64_t abandon() {
    std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    uint64_t packets = 0;
    for (const auto& batch : batches_) packets += batch->size;
    batches_.clear();
    space_.notify_all();
    return packets;
  }

 private:
  std::mutex mutex_;
  std::condition_variable space_, filled_;
  std::deque<std::unique_ptr<PacketBatch>> batches_;
  std::vector<std::unique_ptr<PacketBatch>> empties_;
  bool finished_ = false, closed_ = false, nudged_ = false;
};

}  // namespace dipper
