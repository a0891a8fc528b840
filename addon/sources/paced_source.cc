// The clock is read once a burst that is due, not once a packet.
#include "sources/paced_source.h"

namespace dipper {

PacedSource::Clock::time_point PacedSource::due(const PacketView& packet) {
  if (!started_) {
    started_ = true;
    first_ns_ = packet.timestamp_ns;
    start_ = Clock::now();
  }
  if (packet.timestamp_ns <= first_ns_) return start_;
  // Times come from the capture: a century would overflow the clock, and nobody waits for it.
  constexpr uint64_t longest = uint64_t{100} * 365 * 24 * 3600 * 1000000000;
  const uint64_t after = packet.timestamp_ns - first_ns_;
  return start_ + std::chrono::nanoseconds(after < longest ? after : longest);
}

ReadStatus PacedSource::read(Burst& burst) {
  burst.size = 0;
  burst.block.reset();
  if (next_ == pending_.size) {
    if (status_ != ReadStatus::end && status_ != ReadStatus::failed)
      status_ = inner_->read(pending_);
    else
      pending_.size = 0;
    next_ = 0;
    if (pending_.size == 0) return status_;
  }
  {
    std::unique_lock<std::mutex> lock(mutex_);
    if (stopping_.wait_until(lock, due(pending_.packets[next_]), [&] { return stopped_; }))
      return ReadStatus::idle;
  }
  const Clock::time_point now = Clock::now();
  while (next_ < pending_.size && due(pending_.packets[next_]) <= now)
    burst.packets[burst.size++] = pending_.packets[next_++];
  burst.block = pending_.block;
  if (next_ < pending_.size) return ReadStatus::idle;
  pending_.block.reset();
  return status_ == ReadStatus::more ? ReadStatus::idle : status_;
}

void PacedSource::stop() noexcept {
  inner_->stop();
  std::lock_guard<std::mutex> lock(mutex_);
  stopped_ = true;
  stopping_.notify_all();
}

}  // namespace dipper
