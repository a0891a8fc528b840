#include "gtp_tunnels.h"

#include <cstring>
#include <new>

#include "decode_gtp.h"

namespace dipper {

bool GtpTunnels::learn(Flow& flow, const Packet& packet, int direction) {
  const int other = 1 - direction;
  if (flow.has_gtp && of(flow).sent >> direction & 1) return true;
  GtpHeader header;
  if (!read_gtp(packet, header)) return true;
  const bool first = !flow.has_gtp;
  GtpTunnel* const made = first ? make(flow) : &by_position_.find(flow.position)->second;
  if (!made) return false;
  GtpTunnel& tunnel = *made;
  tunnel.sent |= static_cast<uint8_t>(1 << direction);
  tunnel.teid[other] = header.teid;
  const size_t size = header.ip_version == 4 ? 4 : 16;
  if (first) {
    tunnel.ip_version = header.ip_version;
    tunnel.version = header.version;
    tunnel.dscp = header.dscp;
    memcpy(tunnel.address[other], header.source + size, size);
    tunnel.port[other] = header.destination_port;
  }
  // An end's own packets know best what it is; if the ways back differ in the version of IP, the first stands.
  if (header.ip_version == tunnel.ip_version) {
    memcpy(tunnel.address[direction], header.source, size);
    tunnel.port[direction] = header.source_port;
  }
  return true;
}

GtpTunnel* GtpTunnels::make(Flow& flow) {
  try {
    GtpTunnel& tunnel = by_position_[flow.position];
    flow.has_gtp = true;
    return &tunnel;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

size_t GtpTunnels::bytes() const {
  // A node has its link, and the bucket that points to it, besides.
  constexpr size_t node = sizeof(std::pair<const uint32_t, GtpTunnel>) + 2 * sizeof(void*);
  return by_position_.size() * node;
}

}  // namespace dipper
