// The rules of nDPI 4.2's test run, oddities included: what it accepts, where it believes IP
// begins, when it reads ports. Its published results can only be met by sharing its mistakes; each
// is marked "sic". Thread: the decoder's.
#include "core/decode_reference.h"

#include "core/decode_key.h"
#include "core/decode_reference_walk.h"
#include "core/link_type.h"

namespace dipper {

namespace reference_rules {

constexpr uint8_t protocol_ipip = 4, protocol_tcp = 6, protocol_udp = 17, protocol_ipv6 = 41;
constexpr uint16_t port_gtp = 2152, port_capwap = 5247, port_tzsp = 37008;

Next Walk::network() noexcept {
  if (!has(ip_offset_ + ipv4_header)) return discard(Discard::truncated_ipv4);
  if (type_ == type_ipv4) {  // sic: unknown for raw IP and others, which have no fragments and no
                             // tunnels then
    fragment_word_ = be16(ip_offset_ + 6);
    protocol_ = u8(ip_offset_ + 9);
  }
  switch (u8(ip_offset_) >> 4) {
    case 4:
      return network4();
    case 6:
      return network6();
    default:
      return discard(Discard::not_ip);
  }
}

Next Walk::network4() noexcept {
  version_ = 4;
  ip_length_ = static_cast<uint16_t>((u8(ip_offset_) & 15) * 4);
  const uint8_t protocol = u8(ip_offset_ + 9);
  if (protocol == protocol_ipv6 || protocol == protocol_ipip) {
    move_to(ip_offset_ + ip_length_);
    if (ip_length_ > 0) return Next::network;
  }
  if (fragment_word_ & 0x1fff) return discard(Discard::fragment);
  return protocol_ == protocol_udp ? udp() : Next::deliver;
}

Next Walk::network6() noexcept {
  version_ = 6;
  if (!has(ip_offset_ + ipv6_header)) return discard(Discard::truncated_ipv6);
  protocol_ = u8(ip_offset_ + 6);
  ip_length_ = be16(ip_offset_ + 4);
  if (!has(ip_offset_ + ipv6_header + ip_length_)) return discard(Discard::truncated_ipv6);
  size_t at = ip_offset_ + ipv6_header;
  const auto available =
      static_cast<uint16_t>(static_cast<uint16_t>(size_ - ip_offset_) - ipv6_header);
  if (!skip_extensions(at, available, ip_length_, protocol_))
    return discard(Discard::bad_ipv6_extension);
  if (protocol_ == protocol_ipv6 || protocol_ == protocol_ipip) {
    move_to(at);
    return Next::network;
  }
  return protocol_ == protocol_udp ? udp() : Next::deliver;
}

// Library rules. `available` and `length` are counted down side by side, and not alike (sic: a
// fragment header takes 5 from one, 8 from the other).
bool Walk::skip_extensions(size_t& at, uint16_t available, uint16_t& length,
                           uint8_t& next) const noexcept {
  constexpr uint8_t hop_by_hop = 0, routing = 43, fragment = 44, no_next = 59, destination = 60,
                    mobility = 135;
  while (available > 1 && (next == hop_by_hop || next == routing || next == fragment ||
                           next == no_next || next == destination || next == mobility)) {
    if (next == no_next) return false;
    if (next == fragment) {
      if (length < 8 || available < 5) return false;
      next = u8(at);
      if (be16(at + 2) >> 3 != 0) return false;
      available = static_cast<uint16_t>(available - 5);
      length = static_cast<uint16_t>(length - 8);
      at += 8;
      continue;
    }
    const auto size = static_cast<uint16_t>(u8(at + 1) * 8 + 8);
    if (length < 2 || size > available || size > length) return false;
    next = u8(at);
    available = static_cast<uint16_t>(available - size);
    length = static_cast<uint16_t>(length - size);
    at += size;
  }
  return true;
}

Next Walk::udp() noexcept {
  const size_t header = static_cast<size_t>(ip_offset_) + ip_length_;
  if (!has(header + udp_header)) return discard(Discard::truncated_l4);
  const uint16_t source = be16(header), destination = be16(header + 2);
  const size_t payload = header + udp_header;
  if ((source == port_gtp || destination == port_gtp) && payload + 8 < size_) return gtp(payload);
  if (source == port_tzsp || destination == port_tzsp) return tzsp(payload);
  if (source == port_capwap || destination == port_capwap) return capwap(payload);
  return Next::deliver;
}

Next Walk::gtp(size_t at) noexcept {
  const uint8_t flags = u8(at);
  if (flags >> 5 != 1 || u8(at + 1) != 0xff) return Next::deliver;
  at += 8;
  if (flags & 7) at += 4;
  if (flags & 4) {
    // sic: an extension is read even when the header announces none
    while (at < size_) {
      const size_t size = static_cast<size_t>(u8(at)) * 4;
      at += size;
      if (at >= size_ || size == 0) return Next::deliver;
      if (u8(at - 1) == 0) break;
    }
  }
  if (at >= size_) return Next::deliver;
  packet_.tunnel = Tunnel::gtp_u;
  packet_.gtp_offset = static_cast<uint16_t>(ip_offset_ + 1);
  move_to(at);
  version_ = u8(ip_offset_) >> 4;
  if (version_ != 4 && version_ != 6) return discard(Discard::not_ip);
  if (!has(ip_offset_ + (version_ == 6 ? ipv6_header : ipv4_header))) {
    return discard(version_ == 6 ? Discard::truncated_ipv6 : Discard::truncated_ipv4);
  }
  return Next::deliver;  // sic: a fragment or tunnel inside is not looked at
}

Next Walk::tzsp(size_t at) noexcept {
  if (!has(at + 4)) return discard(Discard::truncated_tunnel);
  packet_.tunnel = Tunnel::tzsp;  // sic: whatever follows
  if (u8(at) != 1 || u8(at + 1) != 0 || be16(at + 2) != 1) return Next::deliver;
  at += 4;
  if (at >= size_) return Next::deliver;
  // sic: one tag only, and the length of a tag does not cover its own two bytes
  at += u8(at) <= 1 ? 1 : u8(at + 1);
  if (at >= size_) return discard(Discard::truncated_tunnel);
  link_offset_ = at;
  return Next::link;
}

Next Walk::capwap(size_t at) noexcept {
  constexpr size_t wlan_header = 24, llc_header = 8;
  if (at + 1 >= size_ || (u8(at) & 15) != 0) return Next::deliver;
  at += (u8(at + 1) & 0xf8) >> 1;
  if (at + wlan_header + llc_header >= size_) return Next::deliver;
  packet_.tunnel = Tunnel::capwap;
  type_ = be16(at + wlan_header + 6);
  move_to(at + wlan_header + llc_header);
  return Next::network;
}

Discard Walk::deliver4() noexcept {
  const auto available = static_cast<uint16_t>(size_ - ip_offset_);  // sic: 16 bits
  if (available < ipv4_header) return Discard::truncated_ipv4;
  const auto header = static_cast<uint16_t>((u8(ip_offset_) & 15) * 4);
  const uint16_t length = be16(ip_offset_ + 2);
  if (header > available || available < length) return Discard::truncated_ipv4;
  return deliver<4>(header, static_cast<uint16_t>(length - header), u8(ip_offset_ + 9), 12);
}

Discard Walk::deliver6() noexcept {
  const auto available = static_cast<uint16_t>(size_ - ip_offset_);
  if (available < ipv6_header) return Discard::truncated_ipv6;
  size_t at = ip_offset_ + ipv6_header;
  uint16_t length = be16(ip_offset_ + 4);
  uint8_t protocol = u8(ip_offset_ + 6);
  if (!skip_extensions(at, static_cast<uint16_t>(available - ipv6_header), length, protocol)) {
    return Discard::bad_ipv6_extension;
  }
  return deliver<6>(at - ip_offset_, length, protocol, 8);
}

template <int version>
Discard Walk::deliver(size_t l4_offset, uint16_t l4_length, uint8_t protocol,
                      size_t addresses) noexcept {
  constexpr uint8_t protocol_icmp = 1, protocol_icmpv6 = 58;
  const auto available = static_cast<uint16_t>(size_ - ip_offset_);
  if (available < l4_offset + l4_length)
    return version == 4 ? Discard::bad_ipv4_header : Discard::truncated_ipv6;
  const uint8_t* l4 = frame_ + ip_offset_ + l4_offset;
  uint16_t source_port = 0, destination_port = 0;
  size_t l4_header = 0;
  uint8_t tcp_flags = 0;
  if (protocol == protocol_tcp && l4_length >= tcp_header) {
    source_port = load_be16(l4);
    destination_port = load_be16(l4 + 2);
    l4_header = static_cast<size_t>(l4[12] >> 4) * 4;
    tcp_flags = l4[13];
  } else if (protocol == protocol_udp && l4_length >= udp_header) {
    source_port = load_be16(l4);
    destination_port = load_be16(l4 + 2);
    l4_header = udp_header;
  } else if (protocol == protocol_icmp || protocol == protocol_icmpv6) {
    l4_header = icmp_header;
  }
  packet_.from_lower = fill_endpoints<version>(packet_.key, frame_ + ip_offset_ + addresses,
                                               source_port, destination_port);
  packet_.key.vlan_id = vlan_id_;
  packet_.key.ip_protocol = protocol;
  packet_.l3 = frame_ + ip_offset_;
  packet_.l3_length = available;
  packet_.l4_offset = static_cast<uint16_t>(l4_offset);
  packet_.payload_length = static_cast<uint16_t>(l4_length > l4_header ? l4_length - l4_header : 0);
  packet_.tcp_flags = tcp_flags;
  packet_.later_fragment = false;
  return Discard::none;
}

}  // namespace reference_rules

Discard decode_reference(const PacketView& view, Packet& packet) noexcept {
  if (view.link_type == static_cast<uint16_t>(LinkType::ethernet)) packet.ethernet = view.data;
  return reference_rules::Walk(view, packet).run();
}

}  // namespace dipper
