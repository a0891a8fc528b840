// The first packets of flows in detection, kept until it is known whether they stay unknown: then they are a line for
// whoever writes captures (src/state/unknown-captures.ts), else they are dropped. Beside the flows, by position in the pool.
// Thread: a worker's.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "counters.h"
#include "lines.h"
#include "packet.h"
#include "sha1.h"

namespace dipper {

struct UnknownCaptureOptions {
  // Of one flow; 0 packets = none are kept. The line of so many bytes, two thirds more as base64 and JSON, must fit into
  // what Engine::drain() is given.
  static constexpr uint32_t most_packets = 1024, most_bytes = 256 * 1024;
  uint32_t packets = 0, bytes = 0;
  uint64_t budget = 32u << 20;  // bytes of one worker
};

class UnknownCaptures {
 public:
  // `positions`: of the pool, at most.
  UnknownCaptures(const UnknownCaptureOptions& options, uint32_t positions, const std::string& interface,
                  WorkerCounters& counters);
  ~UnknownCaptures();
  UnknownCaptures(const UnknownCaptures&) = delete;
  UnknownCaptures& operator=(const UnknownCaptures&) = delete;

  // A packet of the flow at `position`, whose packets are only wanted from its `first` on. What doesn't fit the flow's
  // bytes is cut, and nothing follows it. When the budget is used up the flow gets no more: it is counted.
  void add(uint32_t position, bool first, const Packet& packet);
  void drop(uint32_t position);
  // Appends `{"type":"unknown_packets","digest":..,"interface":..,"link_type":N,"packets":[["NS",wire length,"BASE64"],..]}`
  // with its newline, NS being a packet's time and `offset_ns`, and drops the packets. False: there are none, or it is TCP
  // without a byte of payload, which nobody can know.
  bool write(uint32_t position, const Sha1Digest& digest, uint64_t offset_ns, Lines& out);

  uint64_t bytes() const { return bytes_; }

 private:
  struct Held;
  bool reserve(Held*& held, uint32_t bytes);

  const UnknownCaptureOptions options_;
  std::string interface_;  // as JSON
  WorkerCounters& counters_;
  std::vector<Held*> held_;
  uint64_t bytes_ = 0;  // allocated
};

}  // namespace dipper
