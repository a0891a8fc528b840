// The packet that nearly every packet is: Ethernet, IPv4 without options or IPv6 without
// extensions, whole headers, TCP or UDP on no tunnel's port. Measured at 135 instructions against
// 265 through the layers; what it accepts it must fill exactly as they do (a test and the fuzz
// target compare the two). Thread: the decoder's.
#pragma once
#include "core/decode_key.h"
#include "core/decode_layers.h"

namespace dipper::layer {

template <int version>
inline bool regular_ip(const PacketView& view, Packet& packet) noexcept {
  constexpr size_t link_header = 14, ip_header = version == 4 ? 20 : 40;
  const uint8_t* l3 = view.data + link_header;
  const size_t available = view.captured_length - link_header;
  const uint8_t* l4 = l3 + ip_header;
  size_t l4_length;
  uint8_t ip_protocol;
  if constexpr (version == 4) {
    // Neither "more fragments" nor an offset. A total length of zero makes l4_length huge.
    if (l3[0] != 0x45 || (load_be16(l3 + 6) & 0x3fff) != 0) return false;
    l4_length = static_cast<size_t>(load_be16(l3 + 2)) - ip_header;
    ip_protocol = l3[9];
  } else {
    if (l3[0] >> 4 != 6) return false;
    l4_length = load_be16(l3 + 4);
    ip_protocol = l3[6];
  }
  if (available > 65535 || l4_length > available - ip_header) return false;
  const uint16_t source_port = load_be16(l4), destination_port = load_be16(l4 + 2);
  size_t l4_header;
  uint8_t tcp_flags;
  if (ip_protocol == protocol::tcp) {
    l4_header = static_cast<size_t>(l4[12] >> 4) * 4;
    if (l4_header < 20 || l4_length < l4_header) return false;
    tcp_flags = l4[13];
  } else {
    if (ip_protocol != protocol::udp || l4_length < 8) return false;
    if (udp_tunnel(source_port, destination_port) != Tunnel::none) return false;
    l4_header = 8;
    tcp_flags = 0;
  }
  packet.from_lower = fill_endpoints<version>(packet.key, l3 + (version == 4 ? 12 : 8), source_port,
                                              destination_port);
  packet.key.ip_protocol = ip_protocol;
  packet.l3 = l3;
  packet.ethernet = view.data;
  packet.l3_length = static_cast<uint16_t>(available);
  packet.l4_offset = ip_header;
  packet.payload_length = static_cast<uint16_t>(l4_length - l4_header);
  packet.tcp_flags = tcp_flags;
  packet.later_fragment = false;
  return true;
}

// False: not regular, the layers decide; nothing of the packet counts then.
inline bool regular(const PacketView& view, Packet& packet) noexcept {
  // 14 + 20 + 20 and 14 + 40 + 14 bytes: as far as the fixed loads reach.
  if (view.link_type != 1 || view.captured_length < 54) return false;
  const uint16_t type = load_be16(view.data + 12);
  if (type == ethertype::ipv4) return regular_ip<4>(view, packet);
  return type == ethertype::ipv6 && view.captured_length >= 68 && regular_ip<6>(view, packet);
}

}  // namespace dipper::layer
