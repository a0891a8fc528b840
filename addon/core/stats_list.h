// The flows with traffic that no flow_stats has told yet, oldest interval first: linked through the flows themselves, so
// a flow is in it once at most, leaves it at no cost, and a million silent flows cost nothing. Thread: its worker's.
#pragma once
#include <cstdint>

#include "flow_table.h"

namespace dipper {

class StatsList {
 public:
  explicit StatsList(FlowTable& table) : table_(table) {}

  // `epoch` is that of the present interval, not 0; the flow is not in the list.
  void add(Flow& flow, uint32_t epoch) {
    flow.stats_epoch = epoch;
    flow.stats_next = 0;
    flow.stats_previous = tail_;
    (tail_ ? table_.at(tail_ - 1).stats_next : head_) = flow.position + 1;
    tail_ = flow.position + 1;
  }
  void remove(Flow& flow) {
    (flow.stats_previous ? table_.at(flow.stats_previous - 1).stats_next : head_) = flow.stats_next;
    (flow.stats_next ? table_.at(flow.stats_next - 1).stats_previous : tail_) = flow.stats_previous;
    flow.stats_epoch = 0;
  }
  void clear() { head_ = tail_ = 0; }  // the table was cleared

  // Whether its first flow is of another interval than `epoch`.
  bool behind(uint32_t epoch) { return head_ && table_.at(head_ - 1).stats_epoch != epoch; }
  Flow& first() { return table_.at(head_ - 1); }

 private:
  FlowTable& table_;
  uint32_t head_ = 0, tail_ = 0;  // positions + 1
};

}  // namespace dipper
