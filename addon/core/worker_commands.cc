// What a worker does that no packet asked for: commands out of its mailbox, and their work in slices between bursts.
// Thread: the worker's.
#include "worker.h"

namespace dipper {
namespace {

// A slice ends after so many flows: of a snapshot, whose line costs 1 us (64 KiB of lines), of those that end (2 us), and of
// the pool walked over (10 ns).
constexpr uint32_t snapshot_flows = 64, expired_flows = 64, walked_positions = 8192;

}  // namespace

void Worker::apply(WorkerCommand&& command) {
  std::visit([this](auto&& c) { apply_one(std::move(c)); }, std::move(command));
}

void Worker::apply_one(Roles&& networks) { writer_.set_networks(std::move(networks)); }

void Worker::apply_one(const LiveOptions& options) {
  static_cast<LiveOptions&>(options_) = options;
  if (options.max_packets_tcp && options.max_packets_udp)
    dpi_->set_limits(options.max_packets_tcp, options.max_packets_udp);
  set_stats_interval();
  if (!options_.expiry) return;
  // Flows wait in the wheel for the deadlines that they had: shorter ones take effect as the walk comes to them.
  rearm_at_ = 0;
  pending_ = true;
}

void Worker::apply_one(ExpireAll) {
  expire_at_ = 0;
  expire_until_ns_ = now_ns_;
  pending_ = true;
}

void Worker::apply_one(std::shared_ptr<Snapshot>&& snapshot) {
  if (snapshots_.empty()) snapshot_at_ = 0;
  snapshots_.push_back(std::move(snapshot));
  pending_ = true;
}

void Worker::end_commands(std::vector<WorkerCommand>&& unseen) {
  flush();
  for (auto& snapshot : snapshots_) complete(*snapshot);
  snapshots_.clear();
  for (WorkerCommand& command : unseen)
    if (auto* snapshot = std::get_if<std::shared_ptr<Snapshot>>(&command)) complete(**snapshot);
  pending_ = false;
}

void Worker::complete(Snapshot& snapshot) {
  if (snapshot.complete(options_.index, events_.pushed())) events_.wake_consumer();
}

// Calls visit(flow) for live flows from `position` on until it returned true `most_visits` times or the stretch is over.
template <typename Visit>
void Worker::walk(uint32_t& position, uint32_t most_visits, Visit&& visit) {
  uint32_t visits = 0;
  for (uint32_t i = 0; i < walked_positions && visits < most_visits; ++i) {
    if (position >= table_.pool_size()) {
      position = walk_over;
      return;
    }
    Flow& flow = table_.at(position++);
    if (flow.live && visit(flow)) ++visits;
  }
}

void Worker::slice_rematch() {
  walk(rematch_at_, rematched_flows, [this](Flow& flow) {
    rematch(flow);
    return true;
  });
  if (rematch_at_ == walk_over) end_rematch();
}

// Emergency limits for flows whose place in the wheel is that of better days: a round through the pool, and another at the
// next tick while it lasts. After a flood nothing else would look at them until their usual limits.
void Worker::relieve() {
  if (!options_.expiry || relief_at_ != walk_over) return;
  relief_at_ = 0;
  pending_ = true;
}

bool Worker::do_slice() {
  if (rearm_at_ != walk_over) {
    walk(rearm_at_, walked_positions, [this](Flow& flow) {
      wheel_.move(flow, deadline(flow));
      return true;
    });
    return true;
  }
  if (!events_.has_room()) return false;
  if (retire_at_ != walk_over) {
    walk(retire_at_, expired_flows, [this](Flow& flow) {
      if (!flow.dpi || &Dpi::of(flow.dpi) != retired_dpi_.get()) return false;
      end_detection(flow);
      return true;
    });
    publish();
    return true;
  }
  if (wheel_.behind()) {
    wheel_budget_ = wheel_budget;
    advance_wheel();
    if (!wheel_.behind()) flush();
    publish();
    return true;
  }
  if (expire_at_ != walk_over) {
    walk(expire_at_, expired_flows, [this](Flow& flow) {
      if (flow.first_ns > expire_until_ns_) return false;
      expire(flow, Expiry::shutdown);
      return true;
    });
    if (expire_at_ == walk_over) flush();
    publish();
    return true;
  }
  if (relief_at_ != walk_over) {
    walk(relief_at_, expired_flows, [this](Flow& flow) {
      Expiry reason;
      if (!due(flow, now_ns_, reason)) return false;
      expire(flow, reason);
      return true;
    });
    publish();
    return true;
  }
  if (rematch_at_ != walk_over) {
    slice_rematch();
    return true;
  }
  if (stats_list_.behind(stats_epoch_)) {
    slice_stats();
    return true;
  }
  if (!snapshots_.empty()) {
    slice_snapshot();
    return true;
  }
  pending_ = false;
  return false;
}

// Every announced flow of the stretch, and with dump_unknown those that detection gave up on. What happened before is
// flushed before and what happens later comes later, so a flow that ends meanwhile has its flow_purge after its line here.
// Traffic that no flow_stats has told yet is told before the line, which has it in its counters: who adds the later ones to
// the line counts nothing twice.
void Worker::slice_snapshot() {
  Snapshot& snapshot = *snapshots_.front();
  if (snapshot.cancelled()) {
    snapshot_at_ = walk_over;
  } else {
    flush();
    const Flow* some[sha1_lanes];
    unsigned n = 0;
    uint64_t written = 0;
    const std::string head = writer_.established_head(snapshot.id());
    const auto write = [&] {
      Sha1Digest hashes[sha1_lanes];
      MessageWriter::community_hashes(some, n, hashes);
      const Explanation& explanation = snapshot.explanation();
      for (unsigned i = 0; i < n; ++i) {
        const Flow& flow = *some[i];
        if (explanation.digest && flow_digest(hashes[i], flow.key, flow.first_ns) != *explanation.digest) continue;
        const std::string why = explanation.wanted ? explain(flow, flow.metadata_text()) : std::string();
        writer_.established(head, flow, hashes[i], snapshot_lines_, why);
        ++written;
      }
      n = 0;
    };
    walk(snapshot_at_, snapshot_flows, [&](Flow& flow) {
      if (undecided(flow) || quiet(flow)) return false;
      if (!snapshot.explanation().digest) write_stats(flow);
      some[n++] = &flow;
      if (n == sha1_lanes) write();
      return true;
    });
    if (n) write();
    flush();
    counters_.snapshot_flows.add(written);
    if (events_.push(snapshot_lines_))
      counters_.events.add(written);
    else
      counters_.events_lost.add(written);  // closed: the engine goes
  }
  if (snapshot_at_ != walk_over) return;
  complete(snapshot);
  snapshots_.pop_front();
  snapshot_at_ = 0;
}

}  // namespace dipper
