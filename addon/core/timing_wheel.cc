#include "timing_wheel.h"

#include <utility>

namespace dipper {

void TimingWheel::move_to(uint64_t tick) {
  if (current_ == ~uint64_t{0}) current_ = drained_ = tick;
  if (tick <= current_) return;  // no time runs backwards
  current_ = tick;
  if (tick - drained_ < slots) return;
  // A gap in the capture: once round is enough. The slot to be filled next is part of it, unless what it held before the
  // gap before is still there: then it is a round later.
  drained_ = tick - slots + 1;
  if (!heads_[overdue]) std::swap(heads_[overdue], heads_[tick % slots]);
}

void TimingWheel::add(Flow& flow, uint64_t deadline_ns) {
  if (current_ == ~uint64_t{0}) current_ = drained_ = deadline_ns / tick_ns;
  // At the earliest the tick being filled, at the latest the one before the slot that is worked off comes round again.
  const uint64_t tick = std::clamp(deadline_ns / tick_ns, current_, drained_ + slots - 1);
  const auto slot = static_cast<uint32_t>(tick % slots);
  flow.wheel_slot = static_cast<uint16_t>(slot + 1);
  flow.wheel_previous = 0;
  flow.wheel_next = heads_[slot];
  if (flow.wheel_next) table_.at(flow.wheel_next - 1).wheel_previous = flow.position + 1;
  heads_[slot] = flow.position + 1;
}

void TimingWheel::remove(Flow& flow) {
  if (!flow.wheel_slot) return;
  const uint32_t link = flow.position + 1, slot = flow.wheel_slot - 1u;
  if (flow.wheel_previous)
    table_.at(flow.wheel_previous - 1).wheel_next = flow.wheel_next;
  else
    heads_[heads_[slot] == link ? slot : overdue] = flow.wheel_next;
  if (flow.wheel_next) table_.at(flow.wheel_next - 1).wheel_previous = flow.wheel_previous;
  flow.wheel_slot = 0;
}

}  // namespace dipper
