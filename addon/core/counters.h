// Named counters: one writer each, read by anyone at any time (relaxed). The block is plain memory of 64-bit cells, which
// TypeScript reads through a BigUint64Array: names and order come from these lists, nowhere else.
#pragma once
#include <atomic>
#include <cstdint>

#include "decode.h"

namespace dipper {

// Written by the reader.
#define DIPPER_READER_COUNTERS(X)                                                                   \
  X(packets_read) X(bytes_read) X(kernel_dropped) X(capture_bytes_read) X(capture_bytes_total)      \
  X(first_packet_ns) X(last_packet_ns) X(kernel_received) X(kernel_freezes) X(truncated) X(filtered) \
  X(source_state) X(source_reopened) X(mpls) X(pppoe) X(fragmented) X(queue_dropped)

// Written by each worker.
#define DIPPER_WORKER_COUNTERS(X)                                                                   \
  X(packets_in_flows) X(bytes_in_flows) X(packets_without_memory) X(bytes_without_memory) X(later_fragments) X(flows_created) X(flows_active)         \
  X(flows_expired_idle) X(flows_expired_active) X(flows_expired_closed) X(flows_evicted)            \
  X(flows_shutdown) X(flows_continued) X(emergency_entered) X(flows_detected) X(flows_guessed)      \
  X(dpi_packets) X(dpi_states) X(dpi_states_evicted) X(out_of_memory) X(events) X(events_lost)      \
  X(table_bytes) X(metadata_bytes) X(dpi_state_bytes) X(flows_unknown_quiet) X(snapshot_flows)      \
  X(inspection_bytes) X(inspections_refused) X(reassembly_refused) X(findings_dropped)                 \
  X(ticks) X(unknown_captures) X(unknown_capture_drops) X(dns_hints_used) X(applications_early) X(flows_rematched) \
  X(tcp_resets) X(tcp_retrans) X(tcp_seq_errors) X(extra_bytes) X(queue_abandoned)                    \
  X(ndpi_generation) X(ndpi_modules)                                                                  \
  /* of packets in flows, where options ask for them; largest_bytes is a maximum */                 \
  X(ethernet) X(vlan) X(ip) X(tcp) X(udp) X(icmp) X(igmp) X(ip_bytes) X(wire_bytes) X(largest_bytes)

class Counter {
 public:
  void add(uint64_t n) { cell_.store(get() + n, std::memory_order_relaxed); }  // single writer: no locked add
  void set(uint64_t n) { cell_.store(n, std::memory_order_relaxed); }
  uint64_t get() const { return cell_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> cell_{0};
};
static_assert(sizeof(Counter) == 8, "a counter is one cell of the shared block");

struct ReaderCounters {
#define X(name) Counter name;
  DIPPER_READER_COUNTERS(X)
#undef X
  Counter discarded_packets[discard_count];
  Counter discarded_bytes[discard_count];
};

struct alignas(64) WorkerCounters {
#define X(name) Counter name;
  DIPPER_WORKER_COUNTERS(X)
#undef X
};

}  // namespace dipper
