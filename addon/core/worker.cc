// The path of a packet: bucket and flow prefetched, flow found or made, counted, shown to nDPI while detection
// lasts. Events are written as lines at once; expiry of other flows follows packet time.
#include "worker.h"

#include <algorithm>
#include <cstdlib>

#include "tcp_watch.h"

namespace dipper {
namespace {

constexpr uint8_t protocol_tcp = 6, protocol_icmp = 1, protocol_icmpv6 = 58;

}  // namespace

Worker::Worker(const WorkerOptions& options, std::shared_ptr<Dpi> dpi, const Envelope& envelope, EventQueue& events,
               WorkerCounters& counters)
    : options_(options),
      dpi_(std::move(dpi)),
      soft_dissectors_(*dpi_),
      inspections_(options.max_inspections, options.max_reassembly_blocks),
      writer_(*dpi_, envelope, options.conntrack != nullptr),
      events_(events),
      counters_(counters),
      table_(options.max_flows),
      extras_(options.packet_samples),
      wheel_(table_),
      stats_list_(table_),
      hash_scope_(options.flow_hashes ? options.flow_hashes->scope(envelope.interface) : FlowHashes::Scope()) {
  if (options.unknown.packets)
    unknown_captures_ =
        std::make_unique<UnknownCaptures>(options.unknown, options.max_flows, envelope.interface, counters);
  use_table(std::move(options_.applications), 0);  // options must not keep it when another takes its place
  writer_.set_gtp_tunnels(&gtp_tunnels_);
  set_stats_interval();
  lines_.reserve(EventQueue::chunk_room);
}

Worker::~Worker() {
  for (uint32_t i = 0; i < table_.pool_size(); ++i) {
    Flow& flow = table_.at(i);
    if (!flow.live) continue;
    if (flow.dpi) release_states(flow);
    if (flow.metadata) metadata_store_.drop(flow.metadata);
    free(flow.conntrack);
  }
}

// A segment that begins where the one before it ended and opens, closes or resets nothing: nearly every one.
inline void Worker::watch_tcp(Flow& flow, const Packet& packet, int direction) {
  constexpr uint8_t turns = tcp_syn | tcp_fin | tcp_rst;
  if (__builtin_expect((packet.tcp_flags & turns) || packet.tcp_sequence != flow.next_sequence[direction], 0))
    return watch_unusual(flow, packet);
  flow.next_sequence[direction] = packet.tcp_sequence + packet.payload_length;
  flow.window_last[direction] = packet.tcp_window;
  if (packet.tcp_window < flow.window_least[direction]) flow.window_least[direction] = packet.tcp_window;
}

// In groups, each in two passes: on a large table a flow's bucket and the flow are two cache misses, and those of a group
// wait side by side.
void Worker::process(const PacketBatch& batch) {
  const Packet* packets = batch.packets.data();
  for (uint32_t i = 0; i < batch.size; ++i) table_.prefetch_bucket(packets[i].hash);
  const bool timed = options_.expiry || options_.stats_interval_ns || options_.dns_hints || options_.packet_samples;
  wheel_budget_ = wheel_budget;
  uint64_t bytes = 0;
  uint32_t lost = 0;
  for (uint32_t first = 0; first < batch.size; first += group_packets) {
    const uint32_t count = std::min(group_packets, batch.size - first);
    Flow* likely[group_packets];
    table_.find_likely(packets + first, count, likely);
    lost += timed ? process<true>(packets + first, count, likely, bytes)
                  : process<false>(packets + first, count, likely, bytes);
  }
  counters_.packets_without_memory.add(lost);
  counters_.packets_in_flows.add(batch.size - lost);
  counters_.bytes_in_flows.add(bytes);
  if (options_.packet_counters) count_packets(batch);
  if (!options_.expiry) advance_wheel();
  pending_ |= wheel_.behind();
  publish();
}

void Worker::advance_wheel() {
  wheel_.advance(now_ns_, wheel_budget_, [this](Flow& f) -> uint64_t {
    Expiry reason;
    if (!due(f, now_ns_, reason)) return deadline(f);
    if (options_.expiry)
      expire(f, reason);
    else
      end_detection(f);  // of a connection that is closed: no others are in it
    return 0;
  });
}

void Worker::tick(uint64_t now_ns) {
  if (now_ns > now_ns_) now_ns_ = now_ns;
  if (now_ns_ >= interval_end_ns_) begin_interval();
  wheel_budget_ = wheel_budget;
  if (options_.expiry) advance_wheel();
  pending_ |= wheel_.behind();
  counters_.ticks.add(1);
  if (emergency_) relieve();
  publish();
}

// Nearly every packet belongs to a flow that is there, and without `timed`, as with capture files, nothing else can happen to
// it. Adds to `bytes` what is in flows now; returns how many packets are not, because there is no memory.
template <bool timed>
uint32_t Worker::process(const Packet* packets, uint32_t count, Flow* const* likely, uint64_t& bytes) {
  uint64_t sum = 0;
  uint32_t lost = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const Packet& packet = packets[i];
    Flow* flow = likely[i];
    if (timed) {
      if (packet.timestamp_ns > now_ns_) now_ns_ = packet.timestamp_ns;
      if (now_ns_ >= interval_end_ns_) begin_interval();
    }
    if (__builtin_expect(!FlowTable::is(flow, packet.key), 0)) flow = table_.find(packet.key, packet.hash);
    if (timed) flow = pass_time(flow, packet);
    if (__builtin_expect(!flow, 0) && !(flow = create(packet))) {
      ++lost;
      counters_.bytes_without_memory.add(packet.captured_length);
      continue;
    }
    if (timed && flow->stats_epoch != stats_epoch_) enter_interval(*flow);
    if (timed && options_.dns_hints) learn_names(*flow, packet);
    sum += packet.captured_length;
    const uint64_t before_ns = flow->last_ns;
    const int direction = packet.from_lower ? 0 : 1;
    flow->packets[direction] += 1;
    flow->bytes[direction] += packet.captured_length;
    if (timed && flow->total_packets() <= options_.packet_samples) sample(*flow, packet);
    if (packet.tcp_flags) watch_tcp(*flow, packet, direction);
    flow->last_ns = packet.timestamp_ns;
    if (packet.later_fragment) {
      counters_.later_fragments.add(1);
      forget_sequence(*flow, direction);
      if (unknown_captures_) hold_packet(*flow, packet);
      continue;
    }
    const IpMark mark{packet.dscp, packet.ttl};
    if (__builtin_expect(mark.bits() != flow->ip_mark[direction].bits(), 0)) remark(*flow, packet, mark, direction);
    if (flow->detecting != Detecting::over && !closed_long_before(*flow, packet, before_ns)) detect(*flow, packet);
  }
  if (!timed && packets[count - 1].timestamp_ns > now_ns_) now_ns_ = packets[count - 1].timestamp_ns;
  bytes += sum;
  return lost;
}

// What the time of a packet does to flows, first of all to its own (null: it has none). Returns its own, unless it ended.
Flow* Worker::pass_time(Flow* flow, const Packet& packet) {
  if (options_.expiry) {
    advance_wheel();
    if (!flow || !flow->live) return nullptr;  // it was in one of those slots
    // The flow's own clock decides, not the wheel's grain: any number of workers cuts records at the same packets.
    Expiry reason;
    const bool reused = packet.key.ip_protocol == protocol_tcp && flow->tcp_closed() &&
                        (packet.tcp_flags & (tcp_syn | tcp_ack | tcp_rst)) == tcp_syn;
    if (reused || due(*flow, now_ns_, reason)) {
      expire(*flow, reused ? Expiry::closed : reason);
      return nullptr;
    }
    if (options_.active_ns && now_ns_ - flow->first_ns >= options_.active_ns) renew(*flow, now_ns_);
  }
  return flow;
}

Flow* Worker::create(const Packet& packet) {
  if (table_.full()) make_room();
  Flow* flow = table_.insert(packet.key, packet.hash);
  if (!flow) return nullptr;
  if (dpi_states() >= options_.max_dpi_states) make_dpi_room();
  flow->dpi = dpi_->acquire();
  if (!flow->dpi) {
    counters_.out_of_memory.add(1);
    flow->detecting = Detecting::over;
  } else if (!options_.reference) {
    dpi_->dissection(flow->dpi).candidates = dissectors_.candidates(packet.key);
  }
  flow->first_ns = flow->last_ns = packet.timestamp_ns;
  flow->tunnel = packet.tunnel;
  flow->client_is_lower = packet.from_lower;
  flow->window_least[0] = flow->window_least[1] = 0xffff;
  flow->window_scales = no_window_scale << 4 | no_window_scale;
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

// Where flows do not expire, the detection of a connection that is closed ends when the flow would have: there may be tens of
// thousands of them, each with its nDPI state. Not of one that was never seen to open: what closed may have been there
// before the capture, and what comes on its ports be another.
bool Worker::ends_with_connection(const Flow& flow) const { return flow.role_fixed && !options_.reference; }

// Its own clock decides, as in pass_time().
bool Worker::closed_long_before(Flow& flow, const Packet& packet, uint64_t last_ns) {
  if (!flow.tcp_closed() || !ends_with_connection(flow) || packet.timestamp_ns < last_ns + options_.closed_ns) return false;
  end_detection(flow);
  return true;
}

void Worker::detect(Flow& flow, const Packet& packet) {
  if (flow.detecting == Detecting::reading) return read_on(flow, packet);
  if (unknown_captures_) hold_packet(flow, packet);
  const Detection before = flow.detection;
  const auto seen = static_cast<uint32_t>(flow.total_packets());
  const DpiStep step = dpi_->step(flow.dpi, packet, seen, flow.detection);
  if (!options_.reference) {
    soft_dissectors_.look(packet, flow.dpi_packets == 0, flow.detection);
    dissect(flow, packet);
  }
  ++flow.dpi_packets;
  counters_.dpi_packets.add(1);
  if (step == DpiStep::done)
    finish_detection(flow, before, More::may_come);
  else if (step == DpiStep::partial || (flow.detection.soft && soft_dissectors_.certain(flow.detection)))
    announce(flow, before);
  else if (flow.detecting == Detecting::waiting) {
    flow.detecting = Detecting::inspecting;
    if (applications_[current_table_]) recognise_early(flow);
  }
}

void Worker::store_metadata(Flow& flow) {
  metadata_.clear();
  if (options_.flow_hashes) name_previous(flow);
  dpi_->collect(flow.dpi, flow.detection, dpi_->dissection(flow.dpi).findings(), metadata_);
  if (options_.dns_hints) name_by_hint(flow);
  keep_metadata(flow, flow.application());
}

void Worker::keep_metadata(Flow& flow, const ApplicationChoice& choice) {
  drop_metadata(flow);
  const std::string_view text = metadata_.text();
  if (text.empty() && choice.empty()) return;
  flow.metadata = metadata_store_.keep(choice, text);
  if (!flow.metadata) counters_.out_of_memory.add(1);
}

void Worker::drop_metadata(Flow& flow) {
  if (flow.metadata) metadata_store_.drop(flow.metadata);
  flow.metadata = nullptr;
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

void Worker::publish() {
  counters_.flows_active.set(table_.size());
  counters_.table_bytes.set(table_.memory());
  counters_.dpi_states.set(dpi_states());
  counters_.dpi_state_bytes.set(dpi_states() * Dpi::state_size());
  if (retired_dpi_) drop_retired_dpi();
  counters_.ndpi_modules.set(retired_dpi_ ? 2 : 1);
  counters_.metadata_bytes.set(metadata_store_.bytes());
  counters_.inspection_bytes.set(inspections_.bytes_in_use());
  counters_.inspections_refused.set(inspections_.refused());
  counters_.reassembly_refused.set(inspections_.pieces_refused());
  counters_.findings_dropped.set(inspections_.findings_dropped());
  counters_.extra_bytes.set(extras_.bytes() + gtp_tunnels_.bytes());
  if (emergency_ && table_.size() < table_.capacity() / 2 + 1) emergency_ = false;
}

}  // namespace dipper
