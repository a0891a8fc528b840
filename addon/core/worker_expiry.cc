// How a worker's flows end: idle and active timeouts, eviction when the table or the nDPI states are full, and the end of
// the source. Thread: the worker's; help_shut_down() and write_stretch() run on the reader's, after the last packet.
#include <algorithm>
#include <cstdlib>

#include "worker.h"

namespace dipper {
namespace {

constexpr uint8_t protocol_tcp = 6, protocol_udp = 17;

// In emergency (table full) idle limits are this much shorter, as Suricata's emergency mode does it.
constexpr uint64_t emergency_divisor = 10;
// A connection that was asked for and never answered, not even refused. SYNs are sent again after 1, 3, 7, 15, 31 and 63 s
// (RFC 6298, 2 and 5.5), so 60 s of silence are not one of these gaps but the last. More packets than these one way are
// a capture that sees one direction.
constexpr uint64_t half_open_ns = 60000000000, half_open_packets = 7;
bool half_open(const Flow& flow) { return !flow.answered() && flow.total_packets() <= half_open_packets; }
// Pool entries looked at to make room: the least valuable of so many is evicted when none is past its limit. While
// all of them were answered the search goes on, up to the longer bound: established flows lie side by side in the pool, and
// at most one in so many may fall to a flood (each stretch of 64 lost one of 1,000: 1.6 %). Longer costs every new flow
// more once the table is full of talkers alone.
constexpr uint32_t eviction_window = 64, longest_search = 1024;

}  // namespace

uint64_t Worker::idle_limit(const Flow& flow) const {
  uint64_t limit = options_.other_idle_ns;
  if (flow.key.ip_protocol == protocol_tcp)
    limit = flow.tcp_closed()                ? options_.closed_ns
            : half_open(flow) ? std::min(options_.tcp_idle_ns, half_open_ns)
                              : options_.tcp_idle_ns;
  else if (flow.key.ip_protocol == protocol_udp)
    limit = options_.udp_idle_ns;
  return emergency_ ? limit / emergency_divisor : limit;
}

uint64_t Worker::deadline(const Flow& flow) const { return flow.last_ns + idle_limit(flow); }

bool Worker::due(const Flow& flow, uint64_t now_ns, Expiry& reason) const {
  if (now_ns < flow.last_ns || now_ns - flow.last_ns < idle_limit(flow)) return false;
  reason = flow.key.ip_protocol == protocol_tcp && flow.tcp_closed() ? Expiry::closed : Expiry::idle;
  return true;
}

void Worker::end_detection(Flow& flow) {
  if (!flow.dpi) return;
  if (flow.detecting == Detecting::reading) return finish_reading(flow);
  const Detection before = flow.detection;
  dpi_->give_up(flow.dpi, flow.detection);
  finish_detection(flow, before, More::none);
}

void Worker::write_record(Flow& flow, Expiry reason, const Sha1Digest* community_hash) {
  if (stats_epoch_) write_stats(flow, community_hash);
  write_purge(flow, reason, community_hash);
}

void Worker::expire(Flow& flow, Expiry reason) {
  // Not unknown, only not known yet; and a flood must not become as many captures.
  if (unknown_captures_ && reason == Expiry::evicted) unknown_captures_->drop(flow.position);
  end_detection(flow);
  write_record(flow, reason);
  drop_metadata(flow);
  free(flow.conntrack);
  extras_.drop(flow);
  gtp_tunnels_.drop(flow);
  wheel_.remove(flow);
  if (flow.stats_epoch) stats_list_.remove(flow);
  table_.erase(&flow);
}

void Worker::renew(Flow& flow, uint64_t now_ns) {
  if (stats_epoch_) write_stats(flow);
  write_purge(flow, Expiry::active);
  for (int i = 0; i < 2; ++i) flow.packets[i] = flow.bytes[i] = flow.stats_packets[i] = flow.stats_bytes[i] = 0;
  flow.first_ns = now_ns;
  if (flow.extra) flow.extra->begin_record();
  if (options_.flow_hashes) rename_previous(flow);
  counters_.flows_continued.add(1);
}

void Worker::write_purge(Flow& flow, Expiry reason, const Sha1Digest* community_hash) {
  switch (reason) {
    case Expiry::idle: counters_.flows_expired_idle.add(1); break;
    case Expiry::active: counters_.flows_expired_active.add(1); break;
    case Expiry::closed: counters_.flows_expired_closed.add(1); break;
    case Expiry::evicted: counters_.flows_evicted.add(1); break;
    case Expiry::shutdown: counters_.flows_shutdown.add(1); break;
  }
  if (quiet(flow)) counters_.flows_unknown_quiet.add(1);
  Sha1Digest room;
  if (options_.flow_hashes && !quiet(flow)) community_hash = remember(flow, community_hash, room);
  if (!(options_.events & event_expired) || quiet(flow)) return;
  look_up_connection(flow);
  if (community_hash)
    writer_.purge(flow, reason, *community_hash, lines_);
  else
    writer_.purge(flow, reason, lines_);
  wrote_event();
}

// The table is full. Emergency limits apply until half of it is free, which relieve() sees to; what is past them in the next stretch of the
// pool goes, and if nothing is, the least valuable of the stretch: never answered before answered, then longest silent.
void Worker::make_room() {
  if (!emergency_) {
    emergency_ = true;
    counters_.emergency_entered.add(1);
  }
  Flow* victim = nullptr;
  bool room = false;
  for (uint32_t i = 0; i < eviction_window || (i < longest_search && !room && victim && victim->answered()); ++i) {
    if (eviction_hand_ >= table_.pool_size()) eviction_hand_ = 0;
    Flow& flow = table_.at(eviction_hand_++);
    if (!flow.live) continue;
    Expiry reason;
    if (options_.expiry && due(flow, now_ns_, reason)) {
      expire(flow, reason);
      room = true;
    } else if (!victim || flow.answered() < victim->answered() ||
               (flow.answered() == victim->answered() && flow.last_ns < victim->last_ns)) {
      victim = &flow;
    }
  }
  if (!room && victim) expire(*victim, Expiry::evicted);
}

// Too many flows in detection (a flood of one-packet flows): the longest silent of the next stretch gives up early.
void Worker::make_dpi_room() {
  Flow* victim = nullptr;
  for (uint32_t i = 0, seen = 0; i < table_.pool_size() && seen < eviction_window; ++i) {
    if (dpi_hand_ >= table_.pool_size()) dpi_hand_ = 0;
    Flow& flow = table_.at(dpi_hand_++);
    if (!flow.live || !flow.dpi) continue;
    ++seen;
    if (!victim || flow.last_ns < victim->last_ns) victim = &flow;
  }
  if (!victim) return;
  if (unknown_captures_) unknown_captures_->drop(victim->position);
  end_detection(*victim);
  counters_.dpi_states_evicted.add(1);
}

void Worker::shut_down(uint64_t now_ns, const std::atomic<bool>& abort, Closing* closing) {
  if (now_ns > now_ns_) now_ns_ = now_ns;
  const uint32_t stretches = (table_.pool_size() + stretch_flows - 1) / stretch_flows;
  for (uint32_t stretch = 0; stretch < stretches; ++stretch) {
    if (abort.load(std::memory_order_relaxed)) return;
    for (uint32_t i = 0; i < stretch_flows && stretch * stretch_flows + i < table_.pool_size(); ++i) {
      Flow& flow = table_.at(stretch * stretch_flows + i);
      if (flow.live) end_detection(flow);
    }
    if (closing)
      closing->ready(stretch + 1);
    else
      write_stretch(stretch);
  }
  if (closing) closing->wait_written();
  if (abort.load(std::memory_order_relaxed)) return;
  table_.clear();
  wheel_.clear();
  stats_list_.clear();
  metadata_store_.clear();
  extras_.clear();
  gtp_tunnels_.clear();
  flush();
  publish();
}

void Worker::help_shut_down(Closing& closing) {
  uint32_t stretch;
  while (closing.next(stretch)) write_stretch(stretch);
}

// Nothing here touches the table's buckets, the wheel or the nDPI module: another thread may be at later stretches.
void Worker::write_stretch(uint32_t stretch) {
  Flow* some[sha1_lanes];
  unsigned n = 0;
  for (uint32_t i = 0; i < stretch_flows && stretch * stretch_flows + i < table_.pool_size(); ++i) {
    Flow& flow = table_.at(stretch * stretch_flows + i);
    if (!flow.live) continue;
    some[n++] = &flow;
    if (n == sha1_lanes) {
      write_last(some, n);
      n = 0;
    }
  }
  write_last(some, n);
}

// At most sha1_lanes flows: their hashes are made together.
void Worker::write_last(Flow* const* flows, unsigned count) {
  if (count == 0) return;
  Sha1Digest hashes[sha1_lanes];
  MessageWriter::community_hashes(flows, count, hashes);
  for (unsigned i = 0; i < count; ++i) {
    Flow& flow = *flows[i];
    Expiry reason = Expiry::shutdown;
    if (options_.expiry) due(flow, now_ns_, reason);
    write_record(flow, reason, &hashes[i]);
    // The store itself is the worker's, who may be at work in it; shut_down() clears it.
    if (flow.metadata && MetadataStore::is_large(flow.metadata)) free(flow.metadata);
    flow.metadata = nullptr;
    free(flow.conntrack);
    flow.conntrack = nullptr;
  }
}

}  // namespace dipper
