// The rules of nDPI 4.2's test run, oddities included: what it accepts, where it believes IP begins, when it
// reads ports. Its published results can only be met by sharing its mistakes; each is marked "sic".
// Thread: the decoder's.
#include "core/decode_reference.h"

#include "core/cursor.h"
#include "core/decode_key.h"
#include "core/link_type.h"

namespace dipper {

namespace {

constexpr uint16_t type_ipv4 = 0x0800, type_ipv6 = 0x86dd, type_vlan = 0x8100, type_mpls = 0x8847,
                   type_mpls_multicast = 0x8848, type_pppoe = 0x8864;
constexpr uint8_t protocol_ipip = 4, protocol_tcp = 6, protocol_udp = 17, protocol_ipv6 = 41;
constexpr size_t ipv4_header = 20, ipv6_header = 40, tcp_header = 20, udp_header = 8, icmp_header = 8;
constexpr uint16_t port_gtp = 2152, port_capwap = 5247, port_tzsp = 37008;
// The reference loops for ever on TZSP in raw IP (sic). No other frame that it decodes comes near this many rounds.
constexpr int max_rounds = 1024;

enum class Next : uint8_t { link, network, deliver, discard };

class Walk {
 public:
  Walk(const PacketView& view, Packet& packet) noexcept
      : frame_(view.data), size_(view.captured_length), link_type_(view.link_type), packet_(packet) {}

  Discard run() noexcept {
    Next next = Next::link;
    for (int round = 0; round < max_rounds; ++round) {
      if (next == Next::link) {
        next = link();
        if (next == Next::network) next = ethertypes();
      } else if (next == Next::network) {
        next = network();
      } else if (next == Next::deliver) {
        return version_ == 4 ? deliver4() : deliver6();
      } else {
        return reason_;
      }
    }
    return Discard::too_many_tunnels;
  }

 private:
  // Reads outside the frame give zero; the reference reads whatever lies there, and discards the frame later.
  uint8_t u8(size_t at) const noexcept { return at < size_ ? frame_[at] : 0; }
  uint16_t be16(size_t at) const noexcept { return static_cast<uint16_t>(u8(at) << 8 | u8(at + 1)); }
  bool has(size_t end) const noexcept { return size_ >= end; }
  void move_to(size_t at) noexcept { ip_offset_ = static_cast<uint16_t>(at); }  // sic: 16 bits
  Next discard(Discard reason) noexcept {
    reason_ = reason;
    return Next::discard;
  }

  Next link() noexcept;
  Next ethernet() noexcept;
  Next radiotap() noexcept;
  Next ethertypes() noexcept;
  Next network() noexcept;
  Next network4() noexcept;
  Next network6() noexcept;
  Next udp() noexcept;
  Next gtp(size_t at) noexcept;
  Next tzsp(size_t at) noexcept;
  Next capwap(size_t at) noexcept;
  bool skip_extensions(size_t& at, uint16_t available, uint16_t& length, uint8_t& next) const noexcept;
  Discard deliver4() noexcept;
  Discard deliver6() noexcept;
  template <int version>
  Discard deliver(size_t l4_offset, uint16_t l4_length, uint8_t protocol, size_t addresses) noexcept;

  const uint8_t* frame_;
  size_t size_;
  uint16_t link_type_;
  Packet& packet_;

  // One set for the whole frame: an inner layer starts with what the outer one left here (sic).
  size_t link_offset_ = 0;
  uint16_t ip_offset_ = 0;
  uint16_t type_ = 0;
  uint16_t length_field_ = 0;
  uint16_t vlan_id_ = 0;
  uint16_t fragment_word_ = 0;
  uint16_t ip_length_ = 0;  // IPv4: of the header; IPv6: of the payload behind the extensions (sic)
  uint16_t wlan_length_ = 0;
  uint8_t protocol_ = 0;
  uint8_t version_ = 0;
  Discard reason_ = Discard::none;
};

Next Walk::link() noexcept {
  if (!has(link_offset_ + ipv4_header + udp_header)) return discard(Discard::too_short);
  switch (static_cast<LinkType>(link_type_)) {
    case LinkType::null_loopback:
      // Network order only (sic); else IPv6, which decides no more than that tunnels and fragments go unseen.
      type_ = load_be32(frame_ + link_offset_) == 2 ? type_ipv4 : type_ipv6;
      move_to(link_offset_ + 4);
      return Next::network;
    case LinkType::ppp_hdlc:
      type_ = be16(link_offset_ + 2);
      move_to(link_offset_ + 4);
      return Next::network;
    case LinkType::c_hdlc:
    case LinkType::ppp: {
      const bool cisco = u8(0) == 0x0f || u8(0) == 0x8f;  // sic: of the outermost frame
      type_ = be16(link_offset_ + (cisco ? 2 : 0));
      move_to(link_offset_ + (cisco ? 4 : 2));
      return Next::network;
    }
    case LinkType::ipv4:
      type_ = type_ipv4;
      move_to(0);
      return Next::network;
    case LinkType::ipv6:
      type_ = type_ipv6;
      move_to(0);
      return Next::network;
    case LinkType::raw:
    case LinkType::dlt_raw:
      link_offset_ = 0;
      move_to(0);
      return Next::network;
    case LinkType::ethernet:
      return ethernet();
    case LinkType::linux_sll:
      type_ = be16(link_offset_ + 14);
      move_to(link_offset_ + 16);
      return Next::network;
    case LinkType::ieee802_11_radio:
      return radiotap();
    default:
      return discard(Discard::unsupported_link_type);
  }
}

Next Walk::ethernet() noexcept {
  constexpr uint8_t snap = 0xaa, spanning_tree = 0x42;
  const uint16_t value = be16(link_offset_ + 12);
  size_t at = link_offset_ + 14;
  if (value <= 1500) {
    length_field_ = value;
  } else if (value >= 1536) {
    type_ = value;
  }
  if (length_field_ != 0) {
    const uint8_t dsap = u8(at), ssap = u8(at + 1);
    if (dsap == snap || ssap == snap) {
      type_ = load_le16(frame_ + at + 6);  // sic; `link` saw to it that 14 bytes follow the header
      at += 8;
    } else if (dsap == spanning_tree || ssap == spanning_tree) {
      return discard(Discard::llc);
    }
  }
  move_to(at);
  return Next::network;
}

Next Walk::radiotap() noexcept {
  constexpr uint8_t bad_fcs = 0x50, snap = 0xaa;
  constexpr size_t flags_offset = 16, wlan_header = 24, llc_header = 8;  // sic: flags are elsewhere without TSFT
  const size_t length = load_le16(frame_ + link_offset_ + 2);
  if ((u8(link_offset_ + flags_offset) & bad_fcs) == bad_fcs) return discard(Discard::wlan_bad_fcs);
  if (!has(link_offset_ + length + wlan_header)) return discard(Discard::truncated_link);
  const uint8_t control = u8(link_offset_ + length), ds = u8(link_offset_ + length + 1) & 3;
  if ((control >> 2 & 3) != 2) return Next::network;  // sic: IP is looked for where it was before
  if (ds == 1 || ds == 2) wlan_length_ = 26;          // sic: else none at all
  const size_t llc = link_offset_ + length + wlan_length_;
  if (!has(llc + llc_header)) return discard(Discard::truncated_link);
  if (u8(llc) == snap) type_ = be16(llc + 6);
  move_to(llc + llc_header);
  return Next::network;
}

Next Walk::ethertypes() noexcept {
  for (;;) {
    switch (type_) {
      case type_vlan:
        do {
          if (static_cast<size_t>(ip_offset_) + 4 >= size_) {
            return discard(Discard::truncated_vlan);
          }
          vlan_id_ = be16(ip_offset_) & 0xfff;
          type_ = be16(ip_offset_ + 2);
          move_to(ip_offset_ + 4);
        } while (type_ == type_vlan);
        continue;
      case type_mpls:
      case type_mpls_multicast: {
        bool bottom = u8(ip_offset_ + 2) & 1;
        move_to(ip_offset_ + 4);
        while (!bottom && static_cast<size_t>(ip_offset_) + 4 < size_) {
          bottom = u8(ip_offset_ + 2) & 1;
          move_to(ip_offset_ + 4);
        }
        type_ = type_ipv4;
        return Next::network;
      }
      case type_pppoe:
        move_to(ip_offset_ + 8);
        type_ = type_ipv4;
        return Next::network;
      default:
        return Next::network;
    }
  }
}

Next Walk::network() noexcept {
  if (!has(ip_offset_ + ipv4_header)) return discard(Discard::truncated_ipv4);
  if (type_ == type_ipv4) {  // sic: unknown for raw IP and others, which have no fragments and no tunnels then
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
  const auto available = static_cast<uint16_t>(static_cast<uint16_t>(size_ - ip_offset_) - ipv6_header);
  if (!skip_extensions(at, available, ip_length_, protocol_)) return discard(Discard::bad_ipv6_extension);
  if (protocol_ == protocol_ipv6 || protocol_ == protocol_ipip) {
    move_to(at);
    return Next::network;
  }
  return protocol_ == protocol_udp ? udp() : Next::deliver;
}

// Library rules. `available` and `length` are counted down side by side, and not alike (sic: a fragment header
// takes 5 from one, 8 from the other).
bool Walk::skip_extensions(size_t& at, uint16_t available, uint16_t& length, uint8_t& next) const noexcept {
  constexpr uint8_t hop_by_hop = 0, routing = 43, fragment = 44, no_next = 59, destination = 60, mobility = 135;
  while (available > 1 && (next == hop_by_hop || next == routing || next == fragment || next == no_next ||
                           next == destination || next == mobility)) {
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
Discard Walk::deliver(size_t l4_offset, uint16_t l4_length, uint8_t protocol, size_t addresses) noexcept {
  constexpr uint8_t protocol_icmp = 1, protocol_icmpv6 = 58;
  const auto available = static_cast<uint16_t>(size_ - ip_offset_);
  if (available < l4_offset + l4_length) return version == 4 ? Discard::bad_ipv4_header : Discard::truncated_ipv6;
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
  packet_.from_lower =
      fill_endpoints<version>(packet_.key, frame_ + ip_offset_ + addresses, source_port, destination_port);
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

}  // namespace

Discard decode_reference(const PacketView& view, Packet& packet) noexcept {
  if (view.link_type == static_cast<uint16_t>(LinkType::ethernet)) packet.ethernet = view.data;
  return Walk(view, packet).run();
}

}  // namespace dipper
