// One worker: flow table, nDPI module, expiry, events. Everything in it belongs to its thread; the engine feeds it
// batches and takes lines out of its queue.
#pragma once
#include <atomic>
#include <memory>
#include <string>

#include "closing.h"
#include "conntrack.h"
#include "counters.h"
#include "dpi.h"
#include "event_queue.h"
#include "flow_table.h"
#include "message.h"
#include "packet_ring.h"
#include "soft_dissectors.h"
#include "timing_wheel.h"

namespace dipper {

enum EventMask : uint8_t { event_detected = 1, event_updated = 2, event_expired = 4, event_stats = 8 };

struct WorkerOptions {
  uint32_t max_flows = 1u << 20;       // of all workers together; the engine divides
  uint32_t max_dpi_states = 1u << 17;  // flows in detection at a time: 92 MB at libndpi 4.2, and what it hangs on them
  bool expiry = true;                  // false: flows end with the capture (nDPI's own test run)
  uint64_t udp_idle_ns = 30000000000, tcp_idle_ns = 300000000000, closed_ns = 10000000000;
  uint64_t other_idle_ns = 30000000000, active_ns = 0;  // active 0 = none
  uint64_t stats_interval_ns = 0;                       // flow_stats by packet time; 0 = none
  uint8_t events = event_detected | event_updated | event_expired;
  bool reference = false;
  std::shared_ptr<const ConntrackTable> conntrack;  // null: messages say nothing of translation
};

class Worker {
 public:
  Worker(const WorkerOptions& options, std::unique_ptr<Dpi> dpi, const Envelope& envelope, EventQueue& events,
         WorkerCounters& counters);
  ~Worker();

  void process(const PacketBatch& batch);
  void flush();     // passes on the events collected so far
  // Ends every flow: idle or closed if it is due at `now_ns` (the time of the source's last packet, so that the number
  // of workers makes no difference), else shutdown. Stops early when `abort` is set. With `closing`, another thread
  // writes the records meanwhile in help_shut_down().
  void shut_down(uint64_t now_ns, const std::atomic<bool>& abort, Closing* closing = nullptr);
  void help_shut_down(Closing& closing);
  // Whether that is possible: only records are written at the end, no announcements by the detection half.
  bool shares_shut_down() const { return (options_.events & ~event_expired) == 0; }

 private:
  bool process(const Packet& packet);  // false: no memory for its flow
  Flow* create(const Packet& packet);
  void count(Flow& flow, const Packet& packet);
  void track_tcp(Flow& flow, const Packet& packet);
  void detect(Flow& flow, const Packet& packet);
  void finish_detection(Flow& flow, const Detection& before);
  void announce(Flow& flow, const Detection& before);
  bool due(const Flow& flow, uint64_t now_ns, Expiry& reason) const;
  uint64_t deadline(const Flow& flow) const;
  uint64_t idle_limit(const Flow& flow) const;
  void end_detection(Flow& flow);
  void write_record(Flow& flow, Expiry reason, const Sha1Digest* community_hash = nullptr);
  void expire(Flow& flow, Expiry reason);  // events, then out of table and wheel
  void write_stretch(uint32_t stretch);
  void write_last(Flow* const flows[4], unsigned count);
  void renew(Flow& flow, uint64_t now_ns);  // active timeout: a new record of the same flow
  void write_purge(Flow& flow, Expiry reason, const Sha1Digest* community_hash = nullptr);
  void write_stats(Flow& flow);
  void make_room();
  void make_dpi_room();
  void wrote_event();
  void look_up_connection(Flow& flow);
  void store_metadata(Flow& flow);
  void drop_metadata(Flow& flow);
  void publish();

  static constexpr uint32_t stretch_flows = 1024;

  const WorkerOptions options_;
  std::unique_ptr<Dpi> dpi_;
  const SoftDissectors soft_dissectors_;
  MessageWriter writer_;
  EventQueue& events_;
  WorkerCounters& counters_;
  FlowTable table_;
  TimingWheel wheel_;
  Metadata metadata_;
  Lines lines_;
  uint64_t events_in_lines_ = 0, now_ns_ = 0, metadata_bytes_ = 0;
  uint32_t eviction_hand_ = 0, dpi_hand_ = 0;
  bool emergency_ = false;
};

}  // namespace dipper
