// The packet that nearly every packet is: Ethernet, IPv4 without options or IPv6 without
// extensions, whole headers, TCP or UDP on no tunnel's port. Measured with its hash at 85
// instructions against 300 through the layers; what it accepts it must fill exactly as they do (a
// test and the fuzz target compare the two). Thread: the decoder's.
#pragma once
#include "core/decode_key.h"
#include "core/decode_layers.h"

namespace dipper::layer {

// Whether one of the ports may be a tunnel's: their low six bits as a set. One port in 13 only looks
// like one, then udp_tunnel() decides.
inline bool maybe_tunnel(uint32_t source, uint32_t destination) noexcept {
  constexpr uint64_t set = uint64_t{1} << (2152 & 63) | uint64_t{1} << (3544 & 63) |
                           uint64_t{1} << (4789 & 63) | uint64_t{1} << (5247 & 63) |
                           uint64_t{1} << (37008 & 63);
  return (set >> (source & 63) & 1) || (set >> (destination & 63) & 1);
}

template <int version>
[[gnu::always_inline]] inline bool regular_ip(const uint8_t* frame, uint32_t captured_length, Packet& packet,
                                              const HashSecret& secret) noexcept {
  constexpr uint32_t link_header = 14, ip_header = version == 4 ? 20 : 40;
  const uint32_t available = captured_length - link_header;
  const uint8_t* l3 = frame + link_header;
  const uint8_t* l4 = l3 + ip_header;
  uint32_t l4_length;
  uint8_t ip_protocol;
  if constexpr (version == 4) {
    // Neither "more fragments" nor an offset. A total length of zero makes l4_length huge.
    if (load_le16(l3 + 6) & 0xff3f) return false;
    l4_length = uint32_t{load_be16(l3 + 2)} - ip_header;
    ip_protocol = l3[9];
  } else {
    l4_length = load_be16(l3 + 4);
    ip_protocol = l3[6];
  }
  if (l4_length > available - ip_header) return false;
  // Each field as soon as it is known: what waits in a register costs others theirs.
  fill_ip_fields<version>(packet, l3);
  packet.l3 = l3;
  packet.l3_length = static_cast<uint16_t>(available);
  packet.l4_offset = ip_header;
  if (ip_protocol == protocol::tcp) {
    const uint32_t l4_header = (l4[12] >> 2) & 0x3cu;
    if (l4_header < 20 || l4_length < l4_header) return false;
    packet.payload_length = static_cast<uint16_t>(l4_length - l4_header);
    packet.tcp_flags = l4[13];
    packet.tcp_sequence = load_be32(l4 + 4);
    packet.tcp_window = load_be16(l4 + 14);
  } else {
    if (ip_protocol != protocol::udp || l4_length < 8) return false;
    packet.payload_length = static_cast<uint16_t>(l4_length - 8);
    packet.tcp_flags = 0;
    const uint32_t ports = load_be32(l4);
    if (maybe_tunnel(ports >> 16, ports) &&
        udp_tunnel(static_cast<uint16_t>(ports >> 16), static_cast<uint16_t>(ports)) != Tunnel::none) {
      return false;
    }
  }
  packet.ethernet = frame;
  packet.tunnel = Tunnel::none;
  packet.later_fragment = false;
  packet.link_type = 1;
  packet.l3_offset = link_header;
  packet.gtp_offset = 0;
  fill_plain_key<version>(packet.key, packet.hash, packet.from_lower, l3 + (version == 4 ? 12 : 8), l4,
                          ip_protocol, secret);
  return true;
}

// A function of its own: both in one loop do not fit the registers.
[[gnu::noinline]] inline bool regular_ipv6(const uint8_t* frame, uint32_t captured_length, Packet& packet,
                                           const HashSecret& secret) noexcept {
  return regular_ip<6>(frame, captured_length, packet, secret);
}

// False: not regular, the layers decide; nothing of the packet counts then. Fills all but time and frame
// lengths.
[[gnu::always_inline]] inline bool regular(const uint8_t* frame, uint32_t captured_length, Packet& packet,
                                           const HashSecret& secret) noexcept {
  // 14 + 20 + 20 and 14 + 40 + 14 bytes: as far as the fixed loads reach. The upper end: what is behind
  // the Ethernet header fits 16 bits.
  constexpr uint32_t least_v4 = 54, least_v6 = 68, most = 14 + 65535;
  if (captured_length - least_v4 > most - least_v4) return false;
  // Ethertype, and the version with the header length of IPv4.
  const uint32_t type = load_le32(frame + 12) & 0xffffff;
  if (__builtin_expect(type == 0x450008, 1)) return regular_ip<4>(frame, captured_length, packet, secret);
  return (type & 0xf0ffff) == 0x60dd86 && captured_length >= least_v6 &&
         regular_ipv6(frame, captured_length, packet, secret);
}

}  // namespace dipper::layer
