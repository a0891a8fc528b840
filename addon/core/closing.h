// The end of a worker's flows, shared by two threads: the worker lets nDPI say its last word on a stretch of flows,
// the reader, which has nothing left to read, writes their records, which on a capture file are all written at the end.
// What crosses is the stretch: its flows belong to the reader from ready() on.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace dipper {

class Closing {
 public:
  // Worker: stretches below `count` are ready.
  void ready(uint32_t count) {
    std::lock_guard<std::mutex> lock(mutex_);
    ready_ = count;
    changed_.notify_all();
  }
  // Worker: there will be no more; waits until all were taken and written, or abort().
  void wait_written() {
    std::unique_lock<std::mutex> lock(mutex_);
    all_ready_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return written_ || aborted_; });
  }
  // Reader: the next stretch. False when all were taken, or abort(): the last call tells the worker.
  bool next(uint32_t& stretch) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return aborted_ || all_ready_ || taken_ < ready_; });
    if (!aborted_ && taken_ < ready_) {
      stretch = taken_++;
      return true;
    }
    written_ = true;
    changed_.notify_all();
    return false;
  }
  void abort() {
    std::lock_guard<std::mutex> lock(mutex_);
    aborted_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  uint32_t ready_ = 0, taken_ = 0;
  bool all_ready_ = false, written_ = false, aborted_ = false;
};

}  // namespace dipper
