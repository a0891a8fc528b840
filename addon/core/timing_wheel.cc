#include "timing_wheel.h"

#include <algorithm>

namespace dipper {

void TimingWheel::add(Flow& flow, uint64_t deadline_ns) {
  // At the earliest the tick being filled, at the latest the one before it comes round again.
  const uint64_t tick = std::clamp(deadline_ns / tick_ns, current_, current_ + slots - 1);
  const auto slot = static_cast<uint32_t>(tick % slots);
  flow.wheel_slot = slot + 1;
  flow.wheel_previous = 0;
  flow.wheel_next = heads_[slot];
  if (flow.wheel_next) table_.at(flow.wheel_next - 1).wheel_previous = flow.position + 1;
  heads_[slot] = flow.position + 1;
}

void TimingWheel::remove(Flow& flow) {
  if (!flow.wheel_slot) return;
  if (flow.wheel_previous)
    table_.at(flow.wheel_previous - 1).wheel_next = flow.wheel_next;
  else
    heads_[flow.wheel_slot - 1] = flow.wheel_next;
  if (flow.wheel_next) table_.at(flow.wheel_next - 1).wheel_previous = flow.wheel_previous;
  flow.wheel_slot = 0;
}

}  // namespace dipper
