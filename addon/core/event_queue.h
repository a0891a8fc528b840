// Lines from one worker to TypeScript: a bounded queue of chunks of whole lines. Lossless sources block when it is full;
// live ones drop the chunk and count its lines. At most one wake-up is pending whatever the load.
// Threads: push by the worker, drain by the consumer, close by anyone.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "lines.h"

namespace dipper {

// Shared by the queues of one engine: calls `wake` unless a wake-up is already on its way.
class WakeUp {
 public:
  explicit WakeUp(std::function<void()> wake) : wake_(std::move(wake)) {}
  void signal();
  void taken();  // the consumer looks now: the next signal calls again

 private:
  std::function<void()> wake_;
  std::mutex mutex_;
  bool pending_ = false;
};

class EventQueue {
 public:
  static constexpr size_t chunk_bytes = 64 * 1024;    // a chunk is passed on from this size
  static constexpr size_t chunk_room = 96 * 1024;     // what a chunk reserves: hardly a line is longer than the rest
  static constexpr size_t capacity_bytes = 4 << 20;   // 64 full chunks
  static constexpr size_t spare_bytes = capacity_bytes / 2;  // what can wait is pushed below this: the rest is for events

  EventQueue(WakeUp& wake_up, bool lossless) : wake_up_(wake_up), lossless_(lossless) {}

  // Moves `lines` in and leaves it empty. Returns false when it was dropped (queue full and not lossless, or closed).
  bool push(Lines& lines);

  // Copies whole lines that fit into `size` bytes at `out`; returns the bytes written.
  size_t drain(uint8_t* out, size_t size);

  // For what can wait (snapshots, sweeps): whether there is room. If not, the consumer makes sure that `room_wanted` tells
  // it once there is.
  bool has_room();
  bool room_wanted();  // true once after has_room() said no and there is room again

  void wake_consumer() { wake_up_.signal(); }  // for something else than lines
  uint64_t pushed() const;   // bytes since the start
  uint64_t drained() const;
  // From now on push waits instead of dropping: nothing more is captured that would wait behind it.
  void wait_when_full();

  bool empty() const;
  void close();  // push returns false from now on, waiting ones included

 private:
  WakeUp& wake_up_;
  bool lossless_;
  mutable std::mutex mutex_;
  std::condition_variable space_;
  static constexpr size_t most_spares = 4;
  std::deque<Lines> chunks_;
  std::vector<Lines> spares_;  // drained ones, for push() to leave behind
  size_t bytes_ = 0, taken_ = 0;  // taken_: bytes of the first chunk already handed out
  uint64_t drained_ = 0;
  bool closed_ = false, wants_room_ = false;
};

}  // namespace dipper
