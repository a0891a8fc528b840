// What a packet says beyond its flow's counters: connections that open and close, segments out of place, DSCP and TTL that
// change, tunnels. Each is rare; what every packet costs is in worker.cc. Thread: the worker's.
#include "tcp_watch.h"
#include "worker.h"

namespace dipper {

void Worker::watch_unusual(Flow& flow, const Packet& packet) {
  switch (watch_segment(flow, packet, extras_)) {
    case TcpEvent::none:
      break;
    case TcpEvent::retransmission:
      counters_.tcp_retrans.add(1);
      break;
    case TcpEvent::sequence_error:
      counters_.tcp_seq_errors.add(1);
      break;
    case TcpEvent::reset:
      counters_.tcp_resets.add(1);
      break;
    case TcpEvent::no_memory:
      counters_.out_of_memory.add(1);
      break;
  }
  flow.last_ns = packet.timestamp_ns;
  if (packet.tcp_flags & (tcp_syn | tcp_fin | tcp_rst)) track_tcp(flow, packet);
}

void Worker::track_tcp(Flow& flow, const Packet& packet) {
  if ((packet.tcp_flags & tcp_syn) && !flow.role_fixed) {
    // A SYN comes from the client, a SYN+ACK goes to it (RFC 9293, 3.5), whichever the capture saw first.
    flow.client_is_lower = (packet.tcp_flags & tcp_ack) ? !packet.from_lower : packet.from_lower;
    flow.role_fixed = true;
  }
  const bool was_closed = flow.tcp_closed();
  if (packet.tcp_flags & tcp_rst) flow.rst = true;
  if ((packet.tcp_flags & tcp_fin) && packet.from_lower) flow.fin_lower = true;
  if ((packet.tcp_flags & tcp_fin) && !packet.from_lower) flow.fin_upper = true;
  if (was_closed || !flow.tcp_closed()) return;
  if (options_.expiry || (flow.dpi && ends_with_connection(flow))) wheel_.move(flow, deadline(flow));
}

// Also the first packet of its direction: it had no mark.
void Worker::remark(Flow& flow, const Packet& packet, IpMark mark, int direction) {
  if (__builtin_expect(packet.gtp_offset, 0)) return remark_tunnelled(flow, packet, mark, direction);
  if (!watch_ip_mark(flow, mark, direction, extras_)) counters_.out_of_memory.add(1);
}

[[gnu::noinline]] void Worker::remark_tunnelled(Flow& flow, const Packet& packet, IpMark mark, int direction) {
  if (!gtp_tunnels_.learn(flow, packet, direction)) counters_.out_of_memory.add(1);
  if (!watch_ip_mark(flow, mark, direction, extras_)) counters_.out_of_memory.add(1);
}

void Worker::sample(Flow& flow, const Packet& packet) {
  if (!keep_sample(flow, packet, extras_)) counters_.out_of_memory.add(1);
}

}  // namespace dipper
