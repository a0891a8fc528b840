// One packet's payload as our dissectors see it. Borrowed: it dies with the packet.
#pragma once
#include "../cursor.h"
#include "../packet.h"

namespace dipper {

constexpr uint8_t ip_protocol_tcp = 6, ip_protocol_udp = 17;

struct Segment {
  Cursor payload;      // what the capture has of it; never empty
  const Packet& packet;
  bool from_client;    // as far as the flow knows
  uint16_t source_port, destination_port;
  uint8_t ip_protocol;

  bool of_port(uint16_t port) const { return source_port == port || destination_port == port; }

  // Of the first payload byte (RFC 9293, 3.1); TCP only.
  uint32_t sequence() const { return load_be32(packet.l3 + packet.l4_offset + 4) + (packet.tcp_flags & tcp_syn ? 1 : 0); }
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

inline Segment segment_of(const Packet& packet, Cursor payload, bool from_client) noexcept {
  const FlowKey& key = packet.key;
  return {payload, packet, from_client, packet.from_lower ? key.lower_port : key.upper_port,
          packet.from_lower ? key.upper_port : key.lower_port, key.ip_protocol};
}

}  // namespace dipper
