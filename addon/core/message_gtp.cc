// The member of a line that says which GTP-U tunnel a flow came through. Local and other are the ends of the tunnel at the
// flow's local and other side, so that both can be read side by side. Thread: a worker's.
#include "gtp_tunnels.h"
#include "message_text.h"

namespace dipper {

MessageWriter::Text MessageWriter::gtp(Text t, const Flow& flow, bool lower_is_local) const {
  const GtpTunnel& tunnel = gtp_tunnels_->of(flow);
  const int local = lower_is_local ? 0 : 1, other = 1 - local;
  FlowKey ends{};
  memcpy(ends.lower_address, tunnel.address[local], sizeof ends.lower_address);
  memcpy(ends.upper_address, tunnel.address[other], sizeof ends.upper_address);
  ends.ip_version = tunnel.ip_version;
  t.put(",\"gtp\":{\"version\":");
  t.number(tunnel.version);
  t.put(",\"ip_version\":");
  t.number(tunnel.ip_version);
  t.put(",\"ip_dscp\":");
  t.number(tunnel.dscp >> 2);
  t.put(",\"local_ip\":\"");
  t.address(tunnel.ip_version, tunnel.address[local]);
  t.put("\",\"local_port\":");
  t.number(tunnel.port[local]);
  if (tunnel.sent >> other & 1) {
    t.put(",\"local_teid\":");
    t.number(tunnel.teid[local]);
  }
  t.put(",\"other_ip\":\"");
  t.address(tunnel.ip_version, tunnel.address[other]);
  t.put("\",\"other_port\":");
  t.number(tunnel.port[other]);
  if (tunnel.sent >> local & 1) {
    t.put(",\"other_teid\":");
    t.number(tunnel.teid[other]);
  }
  t.put(",\"other_type\":\"");
  t.put(other_type_name(roles_.sides(ends, true).other_type));
  t.put("\"}");
  return t;
}

}  // namespace dipper
