// The reference rules down to the IP header: link types, tags, labels. What is odd is marked "sic".
// Thread: the decoder's.
#include "core/decode_reference_walk.h"
#include "core/link_type.h"

namespace dipper::reference_rules {

Next Walk::link() noexcept {
  if (!has(link_offset_ + ipv4_header + udp_header)) return discard(Discard::too_short);
  switch (static_cast<LinkType>(link_type_)) {
    case LinkType::null_loopback:
      // Network order only (sic); else IPv6, which decides no more than that tunnels and fragments
      // go unseen.
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
  constexpr size_t flags_offset = 16, wlan_header = 24,
                   llc_header = 8;  // sic: flags are elsewhere without TSFT
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

}  // namespace dipper::reference_rules
