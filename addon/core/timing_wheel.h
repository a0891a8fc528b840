// When each flow may expire: a timing wheel (Varghese and Lauck, 1987) of 1024 one-second slots on packet time,
// re-armed lazily: a packet touches only the flow's last_ns; when the slot of its old deadline comes round the
// owner says expire or gives a new deadline. So a packet costs nothing here.
// Thread: its worker's. Links are positions in the FlowTable's pool.
#pragma once
#include <cstdint>
#include <vector>

#include "flow_table.h"

namespace dipper {

class TimingWheel {
 public:
  static constexpr uint32_t slots = 1024;
  static constexpr uint64_t tick_ns = 1000000000;

  explicit TimingWheel(FlowTable& table) : table_(table), heads_(slots, 0) {}

  void add(Flow& flow, uint64_t deadline_ns);
  void remove(Flow& flow);
  void clear() { heads_.assign(slots, 0); }  // the table was cleared
  void move(Flow& flow, uint64_t deadline_ns) {
    remove(flow);
    add(flow, deadline_ns);
  }

  // Visits the flows of every slot that has passed by `now_ns`. `visit(flow)` returns the new deadline, or 0 after
  // it erased the flow from the table. Deadlines beyond the wheel are visited early and re-armed.
  template <typename Visit>
  void advance(uint64_t now_ns, Visit&& visit) {
    const uint64_t now_tick = now_ns / tick_ns;
    if (!started_) {  // the first packet; its time may well be 0
      started_ = true;
      current_ = now_tick;
    }
    if (now_tick <= current_) return;
    uint64_t ticks = now_tick - current_;
    if (ticks > slots) ticks = slots;  // a gap in the capture: once round is enough
    const uint64_t first = now_tick - ticks;
    current_ = now_tick;
    for (uint64_t tick = first; tick < now_tick; ++tick) {
      uint32_t link = heads_[tick % slots];
      heads_[tick % slots] = 0;
      while (link) {
        Flow& flow = table_.at(link - 1);
        link = flow.wheel_next;
        flow.wheel_slot = 0;
        if (const uint64_t deadline = visit(flow)) add(flow, deadline);
      }
    }
  }

 private:
  FlowTable& table_;
  std::vector<uint32_t> heads_;  // position + 1
  uint64_t current_ = 0;         // the tick being filled; slots before it are empty
  bool started_ = false;
};

}  // namespace dipper
