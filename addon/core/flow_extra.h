// What only some flows need beyond Flow: the rest of what is watched of a TCP connection, DSCP and TTL where they are not
// the same in every packet, and the first packets where they are asked for. A connection gets it with its SYN+ACK, or with
// the first segment that is out of the ordinary; a SYN flood and a DNS exchange never do. Thread: its worker's; no locks.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "flow.h"
#include "zero.h"

namespace dipper {

constexpr uint8_t no_window_scale = 15;  // a SYN without the option; 14 is the largest shift (RFC 7323, 2.3)

constexpr uint32_t most_packet_samples = 32;

// A packet among the first of its flow.
struct PacketSample {
  int32_t bytes;         // on the wire; negative: upper sent it
  uint32_t interval_us;  // since the packet before it in either direction; saturates
};

enum class HandshakeStage : uint8_t { unseen, syn, syn_ack, done };

// Index of the pairs as in Flow: 0 is the direction lower -> upper.
struct FlowExtra {
  uint64_t handshake_ns;  // of the last SYN; then of the last SYN+ACK
  uint32_t server_rtt_us, client_rtt_us;  // SYN to SYN+ACK, SYN+ACK to ACK
  uint32_t retransmissions[2], sequence_errors[2], resets[2];
  uint32_t told_retransmissions, told_sequence_errors, told_resets;  // both directions, as of the last flow_stats
  uint32_t gap_begin[2], gap_end[2];  // bytes that were skipped and may yet come; equal: none
  uint32_t gap_us[2];                 // when, low half of the microseconds
  uint16_t window_first[2];
  IpMark mark_first[2];
  uint8_t ttl_least[2], ttl_most[2];
  HandshakeStage handshake;
  // Bit n: direction n has sent nothing but its SYN. Its next_sequence is then wrong on purpose, so that the segment after
  // it does not take the short way; the right one is its gap_begin.
  uint8_t held;
  uint8_t dscp_changed;  // bit n: in direction n
  uint8_t samples_kept;

  PacketSample* samples() { return reinterpret_cast<PacketSample*>(this + 1); }
  const PacketSample* samples() const { return reinterpret_cast<const PacketSample*>(this + 1); }

  uint32_t all_retransmissions() const { return retransmissions[0] + retransmissions[1]; }
  uint32_t all_sequence_errors() const { return sequence_errors[0] + sequence_errors[1]; }
  uint32_t all_resets() const { return resets[0] + resets[1]; }
  // Both SYNs were seen, and so what the windows are multiplied by.
  bool windows_known() const { return handshake >= HandshakeStage::syn_ack; }
  void tell() {
    told_retransmissions = all_retransmissions();
    told_sequence_errors = all_sequence_errors();
    told_resets = all_resets();
  }
  // The flow goes on in a new record.
  void begin_record() {
    for (int i = 0; i < 2; ++i) retransmissions[i] = sequence_errors[i] = resets[i] = 0;
    samples_kept = 0;
    tell();
  }
};
static_assert(sizeof(FlowExtra) <= 96, "every connection with an answer has one");

// The memory of them: blocks of one size out of slabs.
class FlowExtras {
 public:
  // `samples`: packets of a flow that keep_sample() keeps.
  explicit FlowExtras(uint32_t samples)
      : most_samples(samples), block_bytes_(sizeof(FlowExtra) + samples * sizeof(PacketSample)) {}
  FlowExtras(const FlowExtras&) = delete;
  FlowExtras& operator=(const FlowExtras&) = delete;
  ~FlowExtras() { clear(); }

  // The flow's, made if there is none; null when there is no memory.
  FlowExtra* of(Flow& flow) { return flow.extra ? flow.extra : make(flow); }
  void drop(Flow& flow) {
    if (!flow.extra) return;
    free_ = new (flow.extra) Free{free_};
    flow.extra = nullptr;
    --in_use_;
  }
  void clear() {  // all flows are gone
    for (void* slab : slabs_) free(slab);
    slabs_.clear();
    free_ = nullptr;
    in_use_ = 0;
  }
  size_t bytes() const { return in_use_ * block_bytes_; }

  const uint32_t most_samples;

 private:
  static constexpr size_t slab_blocks = 256;
  struct Free {
    Free* next;
  };
  FlowExtra* make(Flow& flow);
  bool grow();

  const size_t block_bytes_;
  size_t in_use_ = 0;
  Free* free_ = nullptr;
  std::vector<void*> slabs_;
};

// The packet's DSCP or TTL is not that of the one before it in its direction. False: there is no memory to say so.
bool watch_ip_mark(Flow& flow, IpMark mark, int direction, FlowExtras& extras);

// Keeps the packet among the first of its flow, before flow.last_ns has become its time. False: there is no memory.
bool keep_sample(Flow& flow, const struct Packet& packet, FlowExtras& extras);

}  // namespace dipper
