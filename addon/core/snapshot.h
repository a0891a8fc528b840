// One request for every live flow, worked off by all workers of an engine in slices. Each worker marks how far its queue
// has to be drained; then the engine's consumer gets the one line that ends the snapshot.
#pragma once
#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "sha1.h"

namespace dipper {

struct Explanation {
  bool wanted = false;               // flows say why they are their application
  std::optional<Sha1Digest> digest;  // of the one flow that is told
};

class Snapshot {
 public:
  Snapshot(uint64_t id, unsigned workers, const Explanation& explanation = {})
      : id_(id), explanation_(explanation), remaining_(workers), marks_(workers, 0) {}

  uint64_t id() const { return id_; }
  const Explanation& explanation() const { return explanation_; }

  // Consumer: nobody wants the rest. Lines that are in a queue already still come.
  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

  // Worker `worker` is through; its lines end at `pushed` bytes of its queue. Returns true to the last one.
  bool complete(unsigned worker, uint64_t pushed) {
    marks_[worker] = pushed;
    return remaining_.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }
  bool completed() const { return remaining_.load(std::memory_order_acquire) == 0; }
  uint64_t mark(unsigned worker) const { return marks_[worker]; }  // once completed()

 private:
  const uint64_t id_;
  const Explanation explanation_;
  std::atomic<unsigned> remaining_;
  std::atomic<bool> cancelled_{false};
  std::vector<uint64_t> marks_;
};

}  // namespace dipper
