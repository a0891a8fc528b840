// The path of a packet: bucket and flow prefetched, flow found or made, counted, shown to nDPI while detection
// lasts. Events are written as lines at once; expiry of other flows follows packet time.
#include "worker.h"

#include <algorithm>
#include <cstdlib>

namespace dipper {
namespace {

constexpr uint8_t protocol_tcp = 6, protocol_udp = 17, protocol_icmp = 1, protocol_icmpv6 = 58;

// In emergency (table full) idle limits are this much shorter, as Suricata's emergency mode does it.
constexpr uint64_t emergency_divisor = 10;
// Pool entries looked at to make room: the least valuable of so many is evicted when none is past its limit. While
// all of them were answered the search goes on, up to the longer bound: established flows lie side by side in the pool, and
// at most one in so many may fall to a flood (each stretch of 64 lost one of 1,000: 1.6 %). Longer costs every new flow
// more once the table is full of talkers alone.
constexpr uint32_t eviction_window = 64, longest_search = 1024;

}  // namespace

Worker::Worker(const WorkerOptions& options, std::unique_ptr<Dpi> dpi, const Envelope& envelope, EventQueue& events,
               WorkerCounters& counters)
    : options_(options),
      dpi_(std::move(dpi)),
      soft_dissectors_(*dpi_),
      writer_(*dpi_, envelope),
      events_(events),
      counters_(counters),
      table_(options.max_flows),
      wheel_(table_) {
  lines_.reserve(EventQueue::chunk_bytes + 8192);
}

Worker::~Worker() {
  for (uint32_t i = 0; i < table_.pool_size(); ++i) {
    Flow& flow = table_.at(i);
    if (!flow.live) continue;
    if (flow.dpi) dpi_->release(flow.dpi);
    free(flow.metadata);
  }
}

void Worker::process(const PacketBatch& batch) {
  const Packet* packets = batch.packets.data();
  const uint32_t n = batch.size;
  for (uint32_t i = 0; i < n; ++i) table_.prefetch_bucket(packets[i].hash);
  constexpr uint32_t ahead = 8;
  for (uint32_t i = 0; i < n && i < ahead; ++i) table_.prefetch_flow(packets[i].hash);
  uint64_t bytes = 0, in_flows = 0;
  for (uint32_t i = 0; i < n; ++i) {
    if (i + ahead < n) table_.prefetch_flow(packets[i + ahead].hash);
    if (!process(packets[i])) continue;
    ++in_flows;
    bytes += packets[i].captured_length;
  }
  counters_.packets_in_flows.add(in_flows);
  counters_.bytes_in_flows.add(bytes);
  publish();
}

bool Worker::process(const Packet& packet) {
  if (packet.timestamp_ns > now_ns_) now_ns_ = packet.timestamp_ns;
  Flow* flow = table_.find(packet.key, packet.hash);
  if (options_.expiry) {
    wheel_.advance(now_ns_, [this](Flow& f) -> uint64_t {
      Expiry reason;
      if (!due(f, now_ns_, reason)) return deadline(f);
      expire(f, reason);
      return 0;
    });
    if (flow && !flow->live) flow = nullptr;  // it was in one of those slots
    if (flow) {
      // The flow's own clock decides, not the wheel's grain: any number of workers cuts records at the same packets.
      Expiry reason;
      const bool reused = packet.key.ip_protocol == protocol_tcp && flow->tcp_closed() &&
                          (packet.tcp_flags & (tcp_syn | tcp_ack | tcp_rst)) == tcp_syn;
      if (reused || due(*flow, now_ns_, reason)) {
        expire(*flow, reused ? Expiry::closed : reason);
        flow = nullptr;
      } else if (options_.active_ns && now_ns_ - flow->first_ns >= options_.active_ns) {
        renew(*flow, now_ns_);
      }
    }
  }
  if (!flow && !(flow = create(packet))) {
    counters_.packets_without_memory.add(1);
    counters_.bytes_without_memory.add(packet.captured_length);
    return false;
  }
  if (options_.stats_interval_ns && now_ns_ - flow->stats_ns >= options_.stats_interval_ns) write_stats(*flow);
  count(*flow, packet);
  if (flow->detecting != Detecting::over && !packet.later_fragment) detect(*flow, packet);
  return true;
}

Flow* Worker::create(const Packet& packet) {
  if (table_.full()) make_room();
  Flow* flow = table_.insert(packet.key, packet.hash);
  if (!flow) return nullptr;
  if (dpi_->states_in_use() >= options_.max_dpi_states) make_dpi_room();
  flow->dpi = dpi_->acquire();
  if (!flow->dpi) {
    counters_.out_of_memory.add(1);
    flow->detecting = Detecting::over;
  }
  flow->first_ns = flow->last_ns = flow->stats_ns = packet.timestamp_ns;
  flow->tunnel = packet.tunnel;
  flow->client_is_lower = packet.from_lower;
  if (packet.key.ip_protocol == protocol_icmp || packet.key.ip_protocol == protocol_icmpv6) {
    if (!packet.later_fragment && packet.l4_offset + 2u <= packet.l3_length) {
      flow->icmp_type = packet.l3[packet.l4_offset];
      flow->icmp_code = packet.l3[packet.l4_offset + 1];
    }
  }
  if (packet.ethernet) {
    const int sender = packet.from_lower ? 0 : 1;
    memcpy(flow->mac[sender], packet.ethernet + 6, 6);
    memcpy(flow->mac[1 - sender], packet.ethernet, 6);
  }
  counters_.flows_created.add(1);
  if (options_.expiry) wheel_.add(*flow, deadline(*flow));
  return flow;
}

void Worker::count(Flow& flow, const Packet& packet) {
  const int direction = packet.from_lower ? 0 : 1;
  flow.packets[direction] += 1;
  flow.bytes[direction] += packet.captured_length;
  flow.last_ns = packet.timestamp_ns;
  if (packet.later_fragment) {
    counters_.later_fragments.add(1);
    return;
  }
  if (packet.tcp_flags & (tcp_syn | tcp_fin | tcp_rst)) track_tcp(flow, packet);
}

void Worker::track_tcp(Flow& flow, const Packet& packet) {
  if ((packet.tcp_flags & tcp_syn) && !flow.role_fixed) {
    // A SYN comes from the client, a SYN+ACK goes to it (RFC 9293, 3.5), whichever the capture saw first.
    flow.client_is_lower = (packet.tcp_flags & tcp_ack) ? !packet.from_lower : packet.from_lower;
    flow.role_fixed = true;
  }
  const bool was_closed = flow.tcp_closed();
  if (packet.tcp_flags & tcp_rst) flow.rst = true;
  if ((packet.tcp_flags & tcp_fin) && packet.from_lower) flow.fin_lower = true;
  if ((packet.tcp_flags & tcp_fin) && !packet.from_lower) flow.fin_upper = true;
  if (options_.expiry && !was_closed && flow.tcp_closed()) wheel_.move(flow, deadline(flow));
}

void Worker::detect(Flow& flow, const Packet& packet) {
  const Detection before = flow.detection;
  const auto seen = static_cast<uint32_t>(flow.total_packets());
  const DpiStep step = dpi_->step(flow.dpi, packet, seen, flow.detection);
  if (!options_.reference) soft_dissectors_.look(packet, flow.dpi_packets == 0, flow.detection);
  ++flow.dpi_packets;
  counters_.dpi_packets.add(1);
  if (step == DpiStep::done)
    finish_detection(flow, before);
  else if (step == DpiStep::partial || (flow.detection.soft && soft_dissectors_.certain(flow.detection)))
    announce(flow, before);
  else if (flow.detecting == Detecting::waiting)
    flow.detecting = Detecting::inspecting;
}

// A protocol is known for the first time, or differs from what was said.
void Worker::announce(Flow& flow, const Detection& before) {
  const bool first = flow.detecting != Detecting::announced;
  flow.detecting = Detecting::announced;
  if (!(options_.events & (event_detected | event_updated))) return;
  if (!first && (flow.detection == before || !(options_.events & event_updated))) return;
  if (first && !(options_.events & event_detected)) return;
  store_metadata(flow);
  if (first)
    writer_.flow(flow, metadata_, lines_);
  else
    writer_.dpi_update(flow, metadata_, lines_);
  wrote_event();
}

// The library has said its last word (flow.detection holds it): keep the metadata, give the state back. `before` is
// the detection as it was announced, if it was.
void Worker::finish_detection(Flow& flow, const Detection& before) {
  const bool announced = flow.detecting == Detecting::announced;
  flow.detecting = Detecting::over;
  soft_dissectors_.settle(flow.detection);
  std::string metadata_before;
  if (announced && flow.metadata) {
    uint32_t size;
    memcpy(&size, flow.metadata, sizeof size);
    metadata_before.assign(reinterpret_cast<char*>(flow.metadata) + sizeof size, size);
  }
  store_metadata(flow);
  dpi_->release(flow.dpi);
  flow.dpi = nullptr;
  if (!flow.detection.identified()) return;
  counters_.flows_detected.add(1);
  if (flow.detection.guessed && !flow.detection.soft) counters_.flows_guessed.add(1);
  if (!announced) {
    if (!(options_.events & event_detected)) return;
    writer_.flow(flow, metadata_, lines_);
  } else {
    if (!(options_.events & event_updated)) return;
    const auto& now = metadata_.bytes();
    const bool same_metadata =
        metadata_before.size() == now.size() &&
        (now.empty() || memcmp(metadata_before.data(), now.data(), now.size()) == 0);
    if (same_metadata && flow.detection == before) return;
    writer_.dpi_update(flow, metadata_, lines_);
  }
  wrote_event();
}

void Worker::store_metadata(Flow& flow) {
  metadata_.clear();
  dpi_->collect(flow.dpi, flow.detection, metadata_);
  if (flow.metadata) {
    uint32_t old;
    memcpy(&old, flow.metadata, sizeof old);
    metadata_bytes_ -= old + sizeof old;
    free(flow.metadata);
    flow.metadata = nullptr;
  }
  const auto size = static_cast<uint32_t>(metadata_.bytes().size());
  if (!size) return;
  flow.metadata = static_cast<uint8_t*>(malloc(sizeof size + size));
  if (!flow.metadata) {
    counters_.out_of_memory.add(1);
    return;
  }
  memcpy(flow.metadata, &size, sizeof size);
  memcpy(flow.metadata + sizeof size, metadata_.bytes().data(), size);
  metadata_bytes_ += size + sizeof size;
}

uint64_t Worker::idle_limit(const Flow& flow) const {
  uint64_t limit = options_.other_idle_ns;
  if (flow.key.ip_protocol == protocol_tcp)
    limit = flow.tcp_closed() ? options_.closed_ns : options_.tcp_idle_ns;
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
  const Detection before = flow.detection;
  dpi_->give_up(flow.dpi, flow.detection);
  finish_detection(flow, before);
}

void Worker::write_record(Flow& flow, Expiry reason) {
  if (options_.stats_interval_ns) write_stats(flow);
  write_purge(flow, reason);
}

void Worker::expire(Flow& flow, Expiry reason) {
  end_detection(flow);
  write_record(flow, reason);
  if (flow.metadata) {
    uint32_t size;
    memcpy(&size, flow.metadata, sizeof size);
    metadata_bytes_ -= size + sizeof size;
    free(flow.metadata);
    flow.metadata = nullptr;
  }
  wheel_.remove(flow);
  table_.erase(&flow);
}

void Worker::renew(Flow& flow, uint64_t now_ns) {
  if (options_.stats_interval_ns) write_stats(flow);
  write_purge(flow, Expiry::active);
  for (int i = 0; i < 2; ++i) flow.packets[i] = flow.bytes[i] = flow.stats_packets[i] = flow.stats_bytes[i] = 0;
  flow.first_ns = flow.stats_ns = now_ns;
  flow.continued = true;
  counters_.flows_continued.add(1);
}

void Worker::write_purge(Flow& flow, Expiry reason) {
  switch (reason) {
    case Expiry::idle: counters_.flows_expired_idle.add(1); break;
    case Expiry::active: counters_.flows_expired_active.add(1); break;
    case Expiry::closed: counters_.flows_expired_closed.add(1); break;
    case Expiry::evicted: counters_.flows_evicted.add(1); break;
    case Expiry::shutdown: counters_.flows_shutdown.add(1); break;
  }
  if (!(options_.events & event_expired)) return;
  writer_.purge(flow, reason, lines_);
  wrote_event();
}

void Worker::write_stats(Flow& flow) {
  if (flow.total_packets() != flow.stats_packets[0] + flow.stats_packets[1] && (options_.events & event_stats)) {
    writer_.stats(flow, lines_);
    wrote_event();
  }
  for (int i = 0; i < 2; ++i) {
    flow.stats_packets[i] = flow.packets[i];
    flow.stats_bytes[i] = flow.bytes[i];
  }
  flow.stats_ns = now_ns_;
}

// The table is full. Emergency limits apply until it is below nine tenths; what is past them in the next stretch of the
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
  const Detection before = victim->detection;
  dpi_->give_up(victim->dpi, victim->detection);
  finish_detection(*victim, before);
  counters_.dpi_states_evicted.add(1);
}

void Worker::wrote_event() {
  ++events_in_lines_;
  if (lines_.size() >= EventQueue::chunk_bytes) flush();
}

void Worker::flush() {
  if (events_in_lines_ == 0) return;
  if (events_.push(lines_))
    counters_.events.add(events_in_lines_);
  else
    counters_.events_lost.add(events_in_lines_);
  events_in_lines_ = 0;
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
  metadata_bytes_ = 0;
  flush();
  publish();
}

void Worker::help_shut_down(Closing& closing) {
  uint32_t stretch;
  while (closing.next(stretch)) write_stretch(stretch);
}

// Nothing here touches the table's buckets, the wheel or the nDPI module: another thread may be at later stretches.
void Worker::write_stretch(uint32_t stretch) {
  for (uint32_t i = 0; i < stretch_flows && stretch * stretch_flows + i < table_.pool_size(); ++i) {
    Flow& flow = table_.at(stretch * stretch_flows + i);
    if (!flow.live) continue;
    Expiry reason = Expiry::shutdown;
    if (options_.expiry) due(flow, now_ns_, reason);
    write_record(flow, reason);
    free(flow.metadata);
    flow.metadata = nullptr;
  }
}

void Worker::publish() {
  counters_.flows_active.set(table_.size());
  counters_.table_bytes.set(table_.memory());
  counters_.dpi_states.set(dpi_->states_in_use());
  counters_.dpi_state_bytes.set(dpi_->states_in_use() * Dpi::state_size());
  counters_.metadata_bytes.set(metadata_bytes_);
  if (emergency_ && table_.size() < table_.capacity() - table_.capacity() / 10) emergency_ = false;
}

}  // namespace dipper
