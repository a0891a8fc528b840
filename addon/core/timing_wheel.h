// When each flow may expire: a timing wheel (Varghese and Lauck, 1987) of 1024 one-second slots on packet time,
// re-armed lazily: a packet touches only the flow's last_ns; when the slot of its old deadline comes round the
// owner says expire or gives a new deadline. So a packet costs nothing here. Slots that have passed are worked off in
// pieces: a million flows that are due in the same second must not stop the packets.
// Thread: its worker's. Links are positions in the FlowTable's pool.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "flow_table.h"

namespace dipper {

class TimingWheel {
 public:
  static constexpr uint32_t slots = 1024;
  static constexpr uint64_t tick_ns = 1000000000;

  explicit TimingWheel(FlowTable& table) : table_(table), heads_(slots + 1, 0) {}

  void add(Flow& flow, uint64_t deadline_ns);
  void remove(Flow& flow);
  void clear() { heads_.assign(slots + 1, 0); }  // the table was cleared
  void move(Flow& flow, uint64_t deadline_ns) {
    remove(flow);
    add(flow, deadline_ns);
  }

  // Visits flows of the slots that have passed by `now_ns`, as far as `budget` goes, which what they cost is taken from;
  // behind() then says whether some are left. `visit(flow)` returns the new deadline, or 0 after it erased the flow from the
  // table. Deadlines beyond the wheel are visited early and re-armed.
  template <typename Visit>
  void advance(uint64_t now_ns, uint32_t& budget, Visit&& visit) {
    const uint64_t now_tick = now_ns / tick_ns;
    if (now_tick != current_) move_to(now_tick);
    if (!drain(heads_[overdue], budget, visit)) return;
    for (; drained_ < current_; ++drained_)
      if (!drain(heads_[drained_ % slots], budget, visit)) return;
  }
  bool behind() const { return drained_ < current_ || heads_[overdue]; }

  // Of a budget: a flow that goes on, and one that ends, whose record is written.
  static constexpr uint32_t visit_cost = 1, end_cost = 32;

 private:
  static constexpr uint32_t overdue = slots;  // what the slot of the present tick held before a gap

  void move_to(uint64_t tick);

  // False: the budget is used up before the list is.
  template <typename Visit>
  bool drain(uint32_t& head, uint32_t& budget, Visit&& visit) {
    while (head) {
      if (budget == 0) return false;
      Flow& flow = table_.at(head - 1);
      remove(flow);
      const uint64_t deadline = visit(flow);
      if (deadline) add(flow, deadline);
      budget -= std::min(budget, deadline ? visit_cost : end_cost);
    }
    return true;
  }

  FlowTable& table_;
  std::vector<uint32_t> heads_;  // position + 1
  uint64_t current_ = ~uint64_t{0};  // the tick being filled; none until the first deadline or advance
  uint64_t drained_ = ~uint64_t{0};  // slots of ticks before it are empty; at most slots - 1 behind
};

}  // namespace dipper
