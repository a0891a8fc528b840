// One packet's payload as our dissectors see it, or what was put together of several. Borrowed: it dies with the packet.
#pragma once
#include "../cursor.h"
#include "../packet.h"

namespace dipper {

constexpr uint8_t ip_protocol_tcp = 6, ip_protocol_udp = 17;

struct Segment {
  Cursor payload;      // what the capture has of it; never empty
  bool from_lower;
  bool from_client;    // as far as the flow knows
  uint16_t source_port, destination_port;
  uint8_t ip_protocol;
  // TCP only (RFC 9293, 3.1): of the first payload byte; what is acknowledged, if anything is.
  bool acknowledges = false;
  uint32_t sequence = 0, acknowledged = 0;

  unsigned direction() const { return from_lower ? 0 : 1; }
  bool of_port(uint16_t port) const { return source_port == port || destination_port == port; }
};

// The payload of a TCP or UDP packet, as far as it was captured; empty when there is none or no whole header before it.
inline Cursor payload_of(const Packet& packet) noexcept {
  const Cursor l4 = Cursor{packet.l3, packet.l3_length}.skip(packet.l4_offset);
  size_t header = 8;
  if (packet.key.ip_protocol == ip_protocol_tcp) {
    if (!l4.has(20)) return {nullptr, 0};
    header = static_cast<size_t>(l4.u8(12) >> 4) * 4;
    if (header < 20) return {nullptr, 0};
  } else if (packet.key.ip_protocol != ip_protocol_udp) {
    return {nullptr, 0};
  }
  return l4.skip(header).first(packet.payload_length);
}

// One of a flow, without its bytes.
inline Segment segment_of(const FlowKey& key, bool from_lower, bool from_client) noexcept {
  return {{nullptr, 0}, from_lower, from_client, from_lower ? key.lower_port : key.upper_port,
          from_lower ? key.upper_port : key.lower_port, key.ip_protocol};
}

// `payload`: not empty.
inline Segment segment_of(const Packet& packet, Cursor payload, bool from_client) noexcept {
  Segment segment = segment_of(packet.key, packet.from_lower, from_client);
  segment.payload = payload;
  if (segment.ip_protocol != ip_protocol_tcp) return segment;
  const uint8_t* const l4 = packet.l3 + packet.l4_offset;
  segment.sequence = load_be32(l4 + 4) + (packet.tcp_flags & tcp_syn ? 1 : 0);
  segment.acknowledges = packet.tcp_flags & tcp_ack;
  segment.acknowledged = load_be32(l4 + 8);
  return segment;
}

}  // namespace dipper
