// Another source's packets in their own time: each as long after the first as it was captured after
// the first. Thread: as for any source.
#pragma once
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "core/source.h"

namespace dipper {

class PacedSource final : public Source {
 public:
  explicit PacedSource(std::unique_ptr<Source> inner) : inner_(std::move(inner)) {}

  // Waits until the next packet is due and hands on all that are. A packet whose time lies before
  // that of an earlier one is due at once.
  ReadStatus read(Burst& burst) override;
  void stop() noexcept override;
  SourceError error() const override { return inner_->error(); }
  SourceStats stats() const noexcept override { return inner_->stats(); }
  bool lossless() const noexcept override { return inner_->lossless(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point due(const PacketView& packet);

  const std::unique_ptr<Source> inner_;
  Burst pending_;  // read, but for those before next_ not yet due
  uint32_t next_ = 0;
  ReadStatus status_ = ReadStatus::more;  // what came with pending_
  bool started_ = false;
  uint64_t first_ns_ = 0;
  Clock::time_point start_;
  std::mutex mutex_;
  std::condition_variable stopping_;
  bool stopped_ = false;
};

}  // namespace dipper
