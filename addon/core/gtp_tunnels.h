// The GTP-U tunnels that flows came through: a record beside each flow that came through one, found by its position in the
// pool. The first packet of each direction fills it; where a tunnel moves later (a handover) the record stays as it is.
// Thread: its worker's; of() also the reader's while a worker shuts down, when nothing is learned any more.
#pragma once
#include <cstdint>
#include <unordered_map>

#include "flow.h"
#include "packet.h"

namespace dipper {

// Index of the pairs as in Flow: the end of the tunnel at the flow's lower (0) and upper endpoint.
struct GtpTunnel {
  uint32_t teid[2];  // of packets to that end, which has assigned it
  uint8_t address[2][16];
  uint16_t port[2];
  uint8_t ip_version, version;
  uint8_t dscp;      // of the first packet, in its place
  uint8_t sent;      // bit n: the first packet of direction n was learned, and so teid[1 - n]
};

class GtpTunnels {
 public:
  // From a packet that came through GTP-U. False: there is no memory.
  bool learn(Flow& flow, const Packet& packet, int direction);
  // Of a flow with has_gtp.
  const GtpTunnel& of(const Flow& flow) const { return by_position_.find(flow.position)->second; }
  void drop(Flow& flow) {
    if (!flow.has_gtp) return;
    by_position_.erase(flow.position);
    flow.has_gtp = false;
  }
  void clear() { by_position_.clear(); }  // all flows are gone
  size_t bytes() const;

 private:
  GtpTunnel* make(Flow& flow);

  std::unordered_map<uint32_t, GtpTunnel> by_position_;
};

}  // namespace dipper
