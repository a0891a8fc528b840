// What our own dissectors keep of a flow while its detection runs: their findings and small states. Pooled; a flow that none
// of them wants has none. Thread: the worker's; no locks.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "assembly.h"
#include "conversation.h"
#include "dns.h"
#include "dtls.h"
#include "findings.h"
#include "handshake.h"
#include "quic.h"
#include "tls.h"

namespace dipper {

struct Inspection {
  explicit Inspection(ReassemblyBuffers& b) : buffers(b) {}

  Findings findings;
  ReassemblyBuffers& buffers;
  // States of dissectors: plain values, which clear() puts back to where they began.
  Handshake handshake;
  TlsStreams tls;
  DtlsMessages dtls;
  std::unique_ptr<QuicKeys> quic;  // a third of everything here would be theirs, and most flows are not QUIC
  Assembly early[2];          // by Segment::direction(), offsets from the stream's first byte: what came before it
  Conversation conversation;  // of the one that reads both sides of a TCP connection
  DnsState dns;

  void clear();  // for the next flow; blocks go back
};

// Inspections in slabs, and the blocks that they put pieces together in.
class InspectionPool {
 public:
  InspectionPool(uint32_t most_inspections, uint32_t most_blocks) : buffers_(most_blocks), most_(most_inspections) {}
  InspectionPool(const InspectionPool&) = delete;
  InspectionPool& operator=(const InspectionPool&) = delete;
  ~InspectionPool();

  Inspection* acquire();  // cleared; null, and counted, when there is none left
  void release(Inspection* inspection);

  uint64_t refused() const { return refused_; }
  uint64_t pieces_refused() const { return buffers_.refused(); }
  uint64_t findings_dropped() const { return findings_dropped_; }  // flows with more findings than one may have
  size_t in_use() const { return all_.size() - free_.size(); }
  size_t bytes_in_use() const {
    return in_use() * sizeof(Inspection) + buffers_.bytes_in_use();
  }

 private:
  ReassemblyBuffers buffers_;
  std::vector<Inspection*> all_, free_;
  uint32_t most_;
  uint64_t refused_ = 0, findings_dropped_ = 0;
};

}  // namespace dipper
