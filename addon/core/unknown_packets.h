// Copies of the first packets of flows in detection, for those that end without a protocol. Bounded for each flow, and for
// all of a worker's together: then new packets are not kept, and counted. Thread: its worker's.
#pragma once
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "counters.h"
#include "packet.h"

namespace dipper {

class UnknownPackets {
 public:
  // A line holds all of a flow's, in base64, and must fit into what a consumer drains at once (Engine::minimum_drain_bytes).
  static constexpr uint32_t most_packets = 1024, most_bytes = 256 * 1024;
  static constexpr size_t most_total_bytes = 32 << 20;

  struct Kept {
    uint64_t timestamp_ns;
    uint32_t wire_length, offset, size;
  };
  struct FlowPackets {
    uint16_t link_type = 0;  // 1: Ethernet, from its outermost header; 101: raw IP, the innermost packet
    std::vector<Kept> packets;
    std::vector<uint8_t> bytes;
  };

  UnknownPackets(uint32_t packets, uint32_t bytes, WorkerCounters& counters);

  void keep(uint32_t position, const Packet& packet);
  // Moves what is kept of the flow to taken(). False: there is nothing.
  bool take(uint32_t position);
  const FlowPackets& taken() const { return taken_; }
  void drop(uint32_t position);

 private:
  const uint32_t packets_, bytes_;
  WorkerCounters& counters_;
  std::unordered_map<uint32_t, FlowPackets> flows_;  // by position in the flow table's pool
  FlowPackets taken_;
  size_t total_ = 0;
};

// Base64 (RFC 4648, section 4) of `size` bytes at `out`, (size + 2) / 3 * 4 characters; returns past the last.
char* write_base64(const uint8_t* bytes, size_t size, char* out);

}  // namespace dipper
