// The time of a live source: the wall clock without its steps. Flows, idle times and intervals count in it, so that a wall
// clock that is set by hours neither ends every flow nor stops expiry; messages tell the wall clock, by the offset.
// Steps below a second, and what NTP slews, pass through: they shift an idle time by as much. Thread: the reader's.
#pragma once
#include <cstdint>

#include "source.h"

namespace dipper {

class LiveClock {
 public:
  // Both clocks as of now. A step is a change of their difference by a second or more since the last reading.
  void read(const ClockReading& now) noexcept;
  // The packets of a burst were stamped by the wall clock: takes the steps out. For some seconds after a step those that
  // were stamped before it, and waited in a buffer, are recognised by being nearer to now that way.
  void adjust(Burst& burst) const noexcept;
  bool adjusts() const noexcept { return offset_ns_ != 0 || steady_ns_ < transition_until_ns_; }

  uint64_t now_ns() const noexcept { return wall_ns_ - static_cast<uint64_t>(offset_ns_); }
  int64_t offset_ns() const noexcept { return offset_ns_; }  // to be added for the wall clock

 private:
  static constexpr int64_t step_ns = 1000000000;
  static constexpr uint64_t transition_ns = 10000000000;

  bool started_ = false;
  uint64_t wall_ns_ = 0, steady_ns_ = 0, transition_until_ns_ = 0;
  int64_t difference_ns_ = 0, offset_ns_ = 0, offset_before_ns_ = 0;
};

}  // namespace dipper
