// One worker: flow table, nDPI module, expiry, events. Everything in it belongs to its thread; the engine feeds it
// batches and takes lines out of its queue.
#pragma once
#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "applications.h"
#include "closing.h"
#include "conntrack.h"
#include "core/dissect/dissectors.h"
#include "counters.h"
#include "dns_hints.h"
#include "dpi.h"
#include "event_queue.h"
#include "flow_extra.h"
#include "flow_hashes.h"
#include "flow_names.h"
#include "flow_table.h"
#include "gtp_tunnels.h"
#include "mailbox.h"
#include "message.h"
#include "metadata_store.h"
#include "packet_ring.h"
#include "soft_dissectors.h"
#include "stats_list.h"
#include "timing_wheel.h"
#include "unknown_captures.h"

namespace dipper {

// event_unknown: a `flow` also where detection ended without a protocol, if such flows are dumped.
enum EventMask : uint8_t {
  event_detected = 1, event_updated = 2, event_expired = 4, event_stats = 8, event_unknown = 16
};

struct WorkerOptions : LiveOptions {
  uint32_t max_flows = 1u << 20;       // of all workers together; the engine divides
  uint32_t max_dpi_states = 1u << 17;  // flows in detection at a time: 92 MB at libndpi 4.2, and what it hangs on them
  uint32_t max_inspections = 1u << 14;  // of them, flows that one of our own dissectors reads: 6 MB, at most 70
  uint32_t max_reassembly_blocks = 1u << 12;  // directions of flows with pieces to put together: 64 MB
  bool expiry = true;                  // false: flows end with the capture (nDPI's own test run)
  bool reference = false;
  bool packet_counters = false;        // by protocol and layer; 12 instructions a packet
  uint32_t packet_samples = 0;         // sizes and times of so many first packets of a flow, most_packet_samples at most
  unsigned index = 0;                  // among the workers of its engine
  std::shared_ptr<DnsHints> dns_hints;              // null: neither learned nor used
  std::shared_ptr<const ConntrackTable> conntrack;  // null: messages say nothing of translation
  std::shared_ptr<FlowHashes> flow_hashes;          // null: nor of the record before
  std::shared_ptr<const ApplicationTable> applications;  // null: no flow has one
  UnknownCaptureOptions unknown;
};

class Worker {
 public:
  Worker(const WorkerOptions& options, std::shared_ptr<Dpi> dpi, const Envelope& envelope, EventQueue& events,
         WorkerCounters& counters);
  ~Worker();

  void process(const PacketBatch& batch);
  // The time of a live source where no packet tells it: flows end and intervals begin by it, too.
  void tick(uint64_t now_ns);
  void set_clock_offset(int64_t ns) { writer_.set_clock_offset(ns); }
  void flush();     // passes on the events collected so far
  void drop_packets(uint64_t packets) { counters_.queue_abandoned.add(packets); }  // read, and never to be processed
  // Ends every flow: idle or closed if it is due at `now_ns` (the time of the source's last packet, so that the number
  // of workers makes no difference), else shutdown. Stops early when `abort` is set. With `closing`, another thread
  // writes the records meanwhile in help_shut_down().
  void shut_down(uint64_t now_ns, const std::atomic<bool>& abort, Closing* closing = nullptr);
  void help_shut_down(Closing& closing);
  // Whether that is possible: only records are written at the end, no announcements by the detection half.
  bool shares_shut_down() const { return (options_.events & ~event_expired) == 0 && !unknown_captures_; }

  // Commands, between batches. What takes long is done by slice().
  void apply(WorkerCommand&& command);
  // The worker ends: what was asked for and is not done will not be.
  void end_commands(std::vector<WorkerCommand>&& unseen);
  // One bounded piece of what is not about a packet: some 200 us, so that packets never wait long. Returns whether
  // there is more to do now; false as well when the queue of events has no room for it (its consumer then nudges).
  bool slice() { return pending_ && do_slice(); }

 private:
  static constexpr uint32_t group_packets = 64;
  template <bool timed>
  uint32_t process(const Packet* packets, uint32_t count, Flow* const* likely, uint64_t& bytes);
  Flow* pass_time(Flow* flow, const Packet& packet);
  Flow* create(const Packet& packet);
  void watch_tcp(Flow& flow, const Packet& packet, int direction);
  void watch_unusual(Flow& flow, const Packet& packet);
  void track_tcp(Flow& flow, const Packet& packet);
  void remark(Flow& flow, const Packet& packet, IpMark mark, int direction);
  void remark_tunnelled(Flow& flow, const Packet& packet, IpMark mark, int direction);
  void sample(Flow& flow, const Packet& packet);
  void detect(Flow& flow, const Packet& packet);
  bool ends_with_connection(const Flow& flow) const;
  bool closed_long_before(Flow& flow, const Packet& packet, uint64_t last_ns);
  enum class More : uint8_t { may_come, none };  // packets for our own dissectors
  void finish_detection(Flow& flow, const Detection& before, More more);
  void read_on(Flow& flow, const Packet& packet);
  void finish_reading(Flow& flow);
  void end_dissection(Flow& flow);
  void dissect(Flow& flow, const Packet& packet);
  bool reads_on(const Flow& flow) const;
  void release_states(Flow& flow);
  void announce(Flow& flow, const Detection& before);
  bool due(const Flow& flow, uint64_t now_ns, Expiry& reason) const;
  uint64_t deadline(const Flow& flow) const;
  uint64_t idle_limit(const Flow& flow) const;
  void end_detection(Flow& flow);
  void write_record(Flow& flow, Expiry reason, const Sha1Digest* community_hash = nullptr);
  void expire(Flow& flow, Expiry reason);  // events, then out of table and wheel
  void write_stretch(uint32_t stretch);
  void write_last(Flow* const* flows, unsigned count);
  void renew(Flow& flow, uint64_t now_ns);  // active timeout: a new record of the same flow
  void write_purge(Flow& flow, Expiry reason, const Sha1Digest* community_hash = nullptr);
  void write_stats(Flow& flow, const Sha1Digest* community_hash = nullptr);
  void advance_wheel();
  void set_stats_interval();
  void begin_interval();
  void enter_interval(Flow& flow);
  void slice_stats();
  void relieve();
  void make_room();
  void make_dpi_room();
  void wrote_event();
  void look_up_connection(Flow& flow);
  void complete_connection(Flow& flow);
  void learn_names(const Flow& flow, const Packet& packet);
  void name_by_hint(const Flow& flow);
  void store_metadata(Flow& flow);
  void keep_metadata(Flow& flow, const ApplicationChoice& choice);
  void name_previous(const Flow& flow);
  void rename_previous(Flow& flow);
  const Sha1Digest* remember(const Flow& flow, const Sha1Digest* community_hash, Sha1Digest& room);
  void hold_packet(const Flow& flow, const Packet& packet);
  void settle_packets(const Flow& flow);
  void drop_metadata(Flow& flow);
  void publish();
  void count_packets(const PacketBatch& batch);
  static bool known(const Flow& flow) { return flow.detection.identified() || flow.application().rule; }
  bool quiet(const Flow& flow) const { return !options_.dump_unknown && !known(flow); }
  class Recognition;
  bool recognise(const Flow& flow, const FlowNames& names, ApplicationChoice& choice);
  bool recognise_now(Flow& flow);
  void recognise_early(Flow& flow);
  bool told(const Flow& flow) const;
  void keep_choice(Flow& flow, const ApplicationChoice& choice);
  void use_table(std::shared_ptr<const ApplicationTable> table, unsigned place);
  void rematch(Flow& flow);
  struct Fits;
  std::string explain(const Flow& flow, std::string_view metadata) const;
  void write_told(Flow& flow, std::string_view metadata, const Announced* before);
  void find_library_rules(unsigned place);
  // Neither told, nor given up on: nobody knows its name yet.
  static bool undecided(const Flow& flow) { return flow.detecting < Detecting::announced && !flow.application().told; }
  void slice_rematch();
  void end_rematch();
  void apply_one(Roles&& networks);
  void apply_one(const LiveOptions& options);
  void apply_one(ExpireAll);
  void apply_one(std::shared_ptr<Snapshot>&& snapshot);
  void apply_one(std::shared_ptr<const ApplicationTable>&& table);
  void apply_one(AdoptDpi&& command);
  void adopt_dpi();
  void drop_retired_dpi();
  uint64_t dpi_states() const;
  bool do_slice();
  void slice_snapshot();
  template <typename Visit>
  void walk(uint32_t& position, uint32_t most_visits, Visit&& visit);
  void complete(Snapshot& snapshot);

  static constexpr uint32_t stretch_flows = 1024, walk_over = ~0u;
  static constexpr uint32_t rematched_flows = 64;  // in a slice: 0.5 us each, and a line's 1 us where the answer changes
  // For one batch and for one slice: 64 records, or 2,048 looks at flows that go on; 0.1 to 0.2 ms.
  static constexpr uint32_t wheel_budget = 64 * TimingWheel::end_cost;

  WorkerOptions options_;
  std::shared_ptr<Dpi> dpi_;
  // The module before, while flows are in detection in it; and the one after, while there are two already.
  std::shared_ptr<Dpi> retired_dpi_, next_dpi_;
  const SoftDissectors soft_dissectors_;
  const Dissectors dissectors_;
  InspectionPool inspections_;
  MessageWriter writer_;
  EventQueue& events_;
  WorkerCounters& counters_;
  FlowTable table_;
  FlowExtras extras_;
  GtpTunnels gtp_tunnels_;
  TimingWheel wheel_;
  uint32_t wheel_budget_ = 0;  // what is left of it in this batch
  StatsList stats_list_;
  const FlowHashes::Scope hash_scope_;
  std::unique_ptr<UnknownCaptures> unknown_captures_;  // null: not asked for
  Metadata metadata_;
  std::string metadata_before_;
  MetadataStore metadata_store_;
  // The definitions in force, and those before for as long as flows are of them; for each, the rules of the library's words.
  std::shared_ptr<const ApplicationTable> applications_[2], next_table_;
  std::vector<uint32_t> library_rules_[2];
  unsigned current_table_ = 0;
  bool has_next_table_ = false;
  Lines lines_;
  uint64_t events_in_lines_ = 0, now_ns_ = 0;
  uint32_t eviction_hand_ = 0, dpi_hand_ = 0;
  // The interval of flow_stats; both at rest when there is none.
  uint64_t interval_end_ns_ = ~uint64_t{0};
  uint32_t stats_epoch_ = 0, last_epoch_ = 0;
  bool emergency_ = false;
  // Work in slices; positions in the pool, walk_over when there is none.
  bool pending_ = false;
  uint32_t rearm_at_ = walk_over, expire_at_ = walk_over, relief_at_ = walk_over, snapshot_at_ = 0;
  uint32_t rematch_at_ = walk_over;
  uint32_t retire_at_ = walk_over;
  uint64_t expire_until_ns_ = 0;  // flows that began by then
  std::deque<std::shared_ptr<Snapshot>> snapshots_;  // the first is being written
  Lines snapshot_lines_;
};

}  // namespace dipper
