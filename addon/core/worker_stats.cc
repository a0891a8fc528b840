// flow_stats: for each interval and each flow with traffic in it one line, written in slices after its end, or earlier when
// the flow has its next packet or ends. So what a flow's lines say is the same however late the slices come, and their sum
// is its flow_purge. Thread: the worker's.
#include "worker.h"

namespace dipper {
namespace {

constexpr uint32_t slice_flows = 128;  // 0.5 us each

}  // namespace

void Worker::set_stats_interval() {
  const bool on = options_.stats_interval_ns && (options_.events & event_stats);
  interval_end_ns_ = ~uint64_t{0};
  stats_epoch_ = 0;
  if (on) begin_interval();
  pending_ = true;  // what is in the list belongs to the past
}

// Intervals begin at multiples of their length since 1970, by the packets' clock.
void Worker::begin_interval() {
  if (++last_epoch_ == 0) ++last_epoch_;
  stats_epoch_ = last_epoch_;
  interval_end_ns_ = (now_ns_ / options_.stats_interval_ns + 1) * options_.stats_interval_ns;
  pending_ = true;
}

// The flow's first packet since its last flow_stats, or since the interval of the traffic before.
void Worker::enter_interval(Flow& flow) {
  if (flow.stats_epoch) {
    stats_list_.remove(flow);
    write_stats(flow);
  }
  if (stats_epoch_) stats_list_.add(flow, stats_epoch_);
}

void Worker::write_stats(Flow& flow, const Sha1Digest* community_hash) {
  // Until its `flow` went out, or detection has given up: what it carried is in its first flow_stats after that.
  if (quiet(flow) || (undecided(flow) && (options_.events & event_detected))) return;
  if (flow.connection_wanted) complete_connection(flow);
  if (flow.total_packets() != flow.stats_packets[0] + flow.stats_packets[1] && (options_.events & event_stats)) {
    if (community_hash)
      writer_.stats(flow, *community_hash, lines_);
    else
      writer_.stats(flow, lines_);
    wrote_event();
  }
  for (int i = 0; i < 2; ++i) {
    flow.stats_packets[i] = flow.packets[i];
    flow.stats_bytes[i] = flow.bytes[i];
  }
  if (flow.extra) flow.extra->tell();
}

void Worker::slice_stats() {
  uint32_t done = 0;
  while (done < slice_flows && stats_list_.behind(stats_epoch_)) {
    Flow* some[sha1_lanes];
    unsigned n = 0;
    for (; n < sha1_lanes && stats_list_.behind(stats_epoch_); ++n) {
      some[n] = &stats_list_.first();
      stats_list_.remove(*some[n]);
    }
    Sha1Digest hashes[sha1_lanes];
    MessageWriter::community_hashes(some, n, hashes);
    for (unsigned i = 0; i < n; ++i) write_stats(*some[i], &hashes[i]);
    done += n;
  }
  if (!stats_list_.behind(stats_epoch_)) flush();
}

}  // namespace dipper
