// Another nDPI module while packets flow. Flows in detection stay with the one that they began in; it goes with the last of
// them. There are two at most: who wants a third ends the detection of those that are left in the first.
// Thread: the worker's.
#include "worker.h"

namespace dipper {

uint64_t Worker::dpi_states() const {
  return dpi_->states_in_use() + (retired_dpi_ ? retired_dpi_->states_in_use() : 0);
}

void Worker::apply_one(AdoptDpi&& command) {
  next_dpi_ = std::move(command.dpi);
  if (!retired_dpi_) return adopt_dpi();
  retire_at_ = 0;
  pending_ = true;
}

void Worker::adopt_dpi() {
  retired_dpi_ = std::move(dpi_);
  dpi_ = std::move(next_dpi_);
  if (options_.max_packets_tcp && options_.max_packets_udp)
    dpi_->set_limits(options_.max_packets_tcp, options_.max_packets_udp);
  writer_.learn_names(*dpi_);
  for (const unsigned place : {0u, 1u}) find_library_rules(place);
  counters_.ndpi_generation.add(1);
  drop_retired_dpi();
}

void Worker::drop_retired_dpi() {
  if (retired_dpi_->states_in_use() != 0) return;
  retired_dpi_.reset();
  if (next_dpi_) adopt_dpi();
}

}  // namespace dipper
