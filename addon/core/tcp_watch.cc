#include "tcp_watch.h"

#include "cursor.h"

namespace dipper {
namespace {

constexpr size_t tcp_header = 20;
// Segments that overtake each other are this close where the round-trip time is not known: three segments' time at
// 10 Mbit/s.
constexpr uint32_t overtaking_us = 3000;
// A SYN this far or nearer behind the next byte is the one before once more, not the first of another connection: what it
// carried (RFC 7413), and no more than a first window.
constexpr uint32_t repeated_syn_bytes = 65536;

uint32_t microseconds(uint64_t ns) { return static_cast<uint32_t>(ns / 1000); }
int32_t distance(uint32_t from, uint32_t to) { return static_cast<int32_t>(to - from); }  // modulo 2^32 (RFC 9293, 3.4)

// The shift of the window scale option (RFC 7323, 2.2), or no_window_scale.
uint8_t window_scale(const Packet& packet) {
  const Cursor l4{packet.l3 + packet.l4_offset, static_cast<size_t>(packet.l3_length - packet.l4_offset)};
  const Cursor options = l4.first((l4.u8(12) >> 4) * 4u).skip(tcp_header);
  for (size_t at = 0; options.has(at + 2);) {
    const uint8_t kind = options.u8(at), size = options.u8(at + 1);
    if (kind == 0) break;
    if (kind == 1) {
      ++at;
      continue;
    }
    if (kind == 3 && size == 3 && options.has(at + 3)) return options.u8(at + 2) < 14 ? options.u8(at + 2) : 14;
    if (size < 2) break;
    at += size;
  }
  return no_window_scale;
}

struct Direction {
  Flow& flow;
  const int index;

  bool known() const { return index == 0 ? flow.sequence_lower : flow.sequence_upper; }
  bool held() const { return flow.extra && flow.extra->held >> index & 1; }
  uint32_t next() const { return held() ? flow.extra->gap_begin[index] : flow.next_sequence[index]; }

  void expect(uint32_t sequence) {
    flow.next_sequence[index] = sequence;
    if (index == 0)
      flow.sequence_lower = true;
    else
      flow.sequence_upper = true;
  }
  // The segment after the SYN does not take the short way.
  void hold(FlowExtra& extra) {
    extra.gap_begin[index] = extra.gap_end[index] = flow.next_sequence[index];
    flow.next_sequence[index] = ~flow.next_sequence[index];
    extra.held |= static_cast<uint8_t>(1 << index);
  }
  void release() {
    if (!held()) return;
    flow.next_sequence[index] = flow.extra->gap_begin[index];
    flow.extra->held &= static_cast<uint8_t>(~(1 << index));
  }
};

void see_syn(const Packet& packet, FlowExtra& extra) {
  if (extra.handshake == HandshakeStage::done) return;
  extra.handshake = HandshakeStage::syn;
  extra.handshake_ns = packet.timestamp_ns;
}

// `alone`: the only packet before was the SYN.
void see_syn_ack(const Flow& flow, const Packet& packet, FlowExtra& extra, bool alone) {
  if (extra.handshake == HandshakeStage::done) return;
  if (extra.handshake != HandshakeStage::syn_ack) {
    if (extra.handshake == HandshakeStage::unseen && !alone) return;
    const uint64_t syn_ns = extra.handshake == HandshakeStage::syn ? extra.handshake_ns : flow.last_ns;
    extra.server_rtt_us = microseconds(packet.timestamp_ns - syn_ns);
    extra.handshake = HandshakeStage::syn_ack;
  }
  extra.handshake_ns = packet.timestamp_ns;
}

TcpEvent watch_syn(Direction d, const Packet& packet, FlowExtras& extras) {
  Flow& flow = d.flow;
  const bool answer = packet.tcp_flags & tcp_ack;
  const uint32_t behind = d.next() - packet.tcp_sequence;
  const bool repeated = d.known() && !flow.rst && behind > 0 && behind <= repeated_syn_bytes;
  const bool alone = flow.role_fixed && flow.packets[1 - d.index] == 1 && flow.packets[d.index] == 1;
  FlowExtra* extra = answer || repeated ? extras.of(flow) : flow.extra;
  if ((answer || repeated) && !extra) return TcpEvent::no_memory;
  if (!repeated) {
    d.release();
    d.expect(packet.tcp_sequence + packet.payload_length + 1);
    flow.window_last[d.index] = packet.tcp_window;
    const unsigned shift = d.index == 0 ? 0 : 4;
    flow.window_scales = static_cast<uint8_t>((flow.window_scales & ~(15u << shift)) | window_scale(packet) << shift);
    if (extra) {
      extra->window_first[d.index] = packet.tcp_window;
      extra->gap_begin[d.index] = extra->gap_end[d.index];
    }
  }
  if (answer)
    see_syn_ack(flow, packet, *extra, alone);
  else if (extra)
    see_syn(packet, *extra);
  if (answer && !repeated && extra->handshake == HandshakeStage::syn_ack) {
    d.hold(*extra);
    Direction client{flow, 1 - d.index};
    if (client.known() && !client.held()) client.hold(*extra);
  }
  if (!repeated) return TcpEvent::none;
  ++extra->retransmissions[d.index];
  return TcpEvent::retransmission;
}

bool in_gap(const FlowExtra& extra, int direction, uint32_t sequence) {
  return distance(extra.gap_begin[direction], sequence) >= 0 && distance(sequence, extra.gap_end[direction]) > 0;
}

// What is left of the gap after a segment in it; of two pieces the first.
void narrow_gap(FlowExtra& extra, int direction, uint32_t sequence, uint32_t end) {
  if (sequence != extra.gap_begin[direction])
    extra.gap_end[direction] = sequence;
  else
    extra.gap_begin[direction] = distance(end, extra.gap_end[direction]) > 0 ? end : extra.gap_end[direction];
}

// A segment with bytes, behind what is expected.
TcpEvent watch_late(Direction d, const Packet& packet, uint32_t end, FlowExtras& extras) {
  Flow& flow = d.flow;
  if (distance(d.next(), end) > 0) d.expect(end);
  FlowExtra* extra = extras.of(flow);
  if (!extra) return TcpEvent::no_memory;
  const uint32_t rtt_us = extra->handshake == HandshakeStage::done ? extra->server_rtt_us + extra->client_rtt_us : 0;
  if (in_gap(*extra, d.index, packet.tcp_sequence)) {
    narrow_gap(*extra, d.index, packet.tcp_sequence, end);
    if (microseconds(packet.timestamp_ns) - extra->gap_us[d.index] < (rtt_us ? rtt_us : overtaking_us)) {
      ++extra->sequence_errors[d.index];
      return TcpEvent::sequence_error;
    }
  }
  ++extra->retransmissions[d.index];
  return TcpEvent::retransmission;
}

}  // namespace

TcpEvent watch_segment(Flow& flow, const Packet& packet, FlowExtras& extras) {
  Direction d{flow, packet.from_lower ? 0 : 1};
  if (packet.tcp_flags & tcp_rst) {  // its window is no window, and its sequence need not be one (RFC 9293, 3.5.2)
    FlowExtra* extra = extras.of(flow);
    if (!extra) return TcpEvent::no_memory;
    ++extra->resets[d.index];
    return TcpEvent::reset;
  }
  if (packet.tcp_flags & tcp_syn) return watch_syn(d, packet, extras);

  if (d.held()) {
    d.release();
    FlowExtra& extra = *flow.extra;
    const bool from_client = packet.from_lower == flow.client_is_lower;
    if (from_client && extra.handshake == HandshakeStage::syn_ack && packet.tcp_flags & tcp_ack) {
      extra.client_rtt_us = microseconds(packet.timestamp_ns - extra.handshake_ns);
      extra.handshake = HandshakeStage::done;
    }
  }
  flow.window_last[d.index] = packet.tcp_window;
  if (packet.tcp_window < flow.window_least[d.index]) flow.window_least[d.index] = packet.tcp_window;

  const bool fin = packet.tcp_flags & tcp_fin;
  const uint32_t length = packet.payload_length + (fin ? 1u : 0u), end = packet.tcp_sequence + length;
  const int32_t ahead = distance(flow.next_sequence[d.index], packet.tcp_sequence);
  if (ahead == 0 || !d.known()) {
    d.expect(end);
    return TcpEvent::none;
  }
  if (ahead < 0) {
    const bool keep_alive = ahead == -1 && length == 1 && !fin;
    return length == 0 || keep_alive ? TcpEvent::none : watch_late(d, packet, end, extras);
  }
  const uint32_t begin = flow.next_sequence[d.index];
  d.expect(end);
  FlowExtra* extra = extras.of(flow);
  if (!extra) return TcpEvent::no_memory;
  extra->gap_begin[d.index] = begin;
  extra->gap_end[d.index] = packet.tcp_sequence;
  extra->gap_us[d.index] = microseconds(packet.timestamp_ns);
  ++extra->sequence_errors[d.index];
  return TcpEvent::sequence_error;
}

}  // namespace dipper
