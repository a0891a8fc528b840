#include "live_clock.h"

namespace dipper {

void LiveClock::read(const ClockReading& now) noexcept {
  const auto difference = static_cast<int64_t>(now.wall_ns - now.steady_ns);
  const int64_t change = difference - difference_ns_;
  if (started_ && (change >= step_ns || change <= -step_ns)) {
    offset_before_ns_ = offset_ns_;
    offset_ns_ += change;
    transition_until_ns_ = now.steady_ns + transition_ns;
  }
  started_ = true;
  difference_ns_ = difference;
  wall_ns_ = now.wall_ns;
  steady_ns_ = now.steady_ns;
}

void LiveClock::adjust(Burst& burst) const noexcept {
  const uint64_t now = now_ns();
  const bool transition = steady_ns_ < transition_until_ns_;
  const auto distance = [now](uint64_t t) { return t > now ? t - now : now - t; };
  for (uint32_t i = 0; i < burst.size; ++i) {
    uint64_t& stamp = burst.packets[i].timestamp_ns;
    const uint64_t after = stamp - static_cast<uint64_t>(offset_ns_);
    const uint64_t before = stamp - static_cast<uint64_t>(offset_before_ns_);
    stamp = transition && distance(before) < distance(after) ? before : after;
  }
}

}  // namespace dipper
