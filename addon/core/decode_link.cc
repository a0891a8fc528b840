// Link layers down to an ethertype, and what an ethertype leads to: tags, MPLS, PPPoE, LLC, IP.
// Thread: the decoder's.
#include "core/decode_layers.h"
#include "core/link_type.h"

namespace dipper::layer {

namespace {

constexpr size_t ethernet_header = 14, sll_header = 16, sll2_header = 20;

// BSD loopback's address families: 2 everywhere, IPv6 as NetBSD and OpenBSD, FreeBSD, macOS, Linux
// have it.
Discard family(const Frame& frame, uint32_t value, Cursor c) noexcept {
  switch (value) {
    case 2:
    case 10:
    case 24:
    case 28:
    case 30:
      return ip(frame, {}, c);
    default:
      return Discard::not_ip;
  }
}

Discard null_loopback(const Frame& frame, Cursor c) noexcept {
  if (!c.has(4)) return Discard::truncated_link;
  // In the byte order of the machine that captured; families are small, so the order shows.
  const uint32_t little = c.le32(0);
  return family(frame, little <= 0xffff ? little : c.be32(0), c.skip(4));
}

// A PPP protocol number onward (RFC 1661 section 2); one byte when the peers agreed to compress it.
Discard ppp(const Frame& frame, Layers layers, Cursor c) noexcept {
  if (!c.has(1)) return Discard::truncated_link;
  uint16_t number = c.u8(0);
  size_t size = 1;
  if ((number & 1) == 0) {
    if (!c.has(2)) return Discard::truncated_link;
    number = c.be16(0);
    size = 2;
  }
  switch (number) {
    case 0x0021:  // IPv4
    case 0x0057:  // IPv6
      return ip(frame, layers, c.skip(size));
    case 0x0281:  // MPLS unicast (RFC 3032 section 4.3)
      return after_ethertype(frame, layers, ethertype::mpls, c.skip(size));
    default:
      return Discard::not_ip;
  }
}

// Both PPP link types are seen with and without HDLC framing, and with Cisco's.
Discard ppp_or_hdlc(const Frame& frame, Cursor c) noexcept {
  if (!c.has(2)) return Discard::truncated_link;
  const uint8_t address = c.u8(0);
  if (address == 0xff && c.u8(1) == 0x03) return ppp(frame, {}, c.skip(2));
  if ((address == 0x0f || address == 0x8f) && c.u8(1) == 0) {
    if (!c.has(4)) return Discard::truncated_link;
    return after_ethertype(frame, {}, c.be16(2), c.skip(4));
  }
  return ppp(frame, {}, c);
}

Discard mpls(const Frame& frame, Layers layers, Cursor c) noexcept {
  for (;;) {
    if (!c.has(4)) return Discard::truncated_mpls;
    const bool bottom = c.u8(2) & 1;
    c = c.skip(4);
    if (bottom) break;
  }
  if (c.size == 0) return Discard::truncated_mpls;
  if (c.u8(0) >> 4 != 0) return ip(frame, layers, c);
  // A pseudowire control word begins with four zero bits (RFC 4385 section 3); what it carries is
  // Ethernet.
  if (!c.has(4)) return Discard::truncated_mpls;
  if (layers.depth == max_depth) return Discard::too_many_tunnels;
  ++layers.depth;
  return ethernet(frame, layers, c.skip(4));
}

Discard pppoe_session(const Frame& frame, Layers layers, Cursor c) noexcept {
  constexpr size_t header = 6;
  if (!c.has(header + 1)) return Discard::truncated_pppoe;
  if (c.u8(0) != 0x11 || c.u8(1) != 0) return Discard::not_ip;  // version 1, type 1, session data
  const Discard result = ppp(frame, layers, c.skip(header));
  return result == Discard::truncated_link ? Discard::truncated_pppoe : result;
}

}  // namespace

Discard after_ethertype(const Frame& frame, Layers layers, uint16_t type, Cursor c) noexcept {
  for (;;) {
    switch (type) {
      case ethertype::ipv4:
        return c.size ? ip(frame, layers, c) : Discard::truncated_ipv4;
      case ethertype::ipv6:
        return c.size ? ip(frame, layers, c) : Discard::truncated_ipv6;
      case ethertype::vlan:
      case ethertype::service_vlan:
      case ethertype::old_service_vlan:
        if (!c.has(4)) return Discard::truncated_vlan;
        layers.vlan_id = c.be16(0) & 0xfff;
        type = c.be16(2);
        c = c.skip(4);
        continue;
      case ethertype::mpls:
      case ethertype::mpls_multicast:
        ++frame.counts.mpls;
        return mpls(frame, layers, c);
      case ethertype::pppoe_session:
        ++frame.counts.pppoe;
        return pppoe_session(frame, layers, c);
      default:
        return type < ethertype::first ? llc(frame, layers, c) : Discard::not_ip;
    }
  }
}

// IEEE 802.2: SNAP carries an ethertype; DSAP 6 is IP itself.
Discard llc(const Frame& frame, Layers layers, Cursor c) noexcept {
  if (!c.has(3)) return Discard::truncated_link;
  if (c.u8(0) == 0x06 && c.u8(1) == 0x06 && c.u8(2) == 0x03) return ip(frame, layers, c.skip(3));
  if (c.u8(0) != 0xaa || c.u8(1) != 0xaa || c.u8(2) != 0x03) return Discard::llc;
  if (!c.has(8)) return Discard::truncated_link;
  const uint32_t organisation = c.be32(2) & 0xffffff;
  if (organisation != 0x000000 && organisation != 0x0000f8)
    return Discard::llc;  // RFC 1042; IEEE 802.1H
  const uint16_t type = c.be16(6);
  return type < ethertype::first ? Discard::llc : after_ethertype(frame, layers, type, c.skip(8));
}

Discard ethernet(const Frame& frame, Layers layers, Cursor c) noexcept {
  if (!c.has(ethernet_header)) return Discard::truncated_link;
  return after_ethertype(frame, layers, c.be16(12), c.skip(ethernet_header));
}

Discard link(const Frame& frame, uint32_t link_type, Cursor c) noexcept {
  switch (static_cast<LinkType>(link_type)) {
    case LinkType::ethernet:
      frame.packet.ethernet = c.data;
      return ethernet(frame, {}, c);
    case LinkType::null_loopback:
      return null_loopback(frame, c);
    case LinkType::loop:
      return c.has(4) ? family(frame, c.be32(0), c.skip(4)) : Discard::truncated_link;
    case LinkType::ppp:
    case LinkType::ppp_hdlc:
      return ppp_or_hdlc(frame, c);
    case LinkType::c_hdlc:
      return c.has(4) ? after_ethertype(frame, {}, c.be16(2), c.skip(4)) : Discard::truncated_link;
    case LinkType::raw:
    case LinkType::dlt_raw:
    case LinkType::ipv4:
    case LinkType::ipv6:
      return ip(frame, {}, c);
    case LinkType::linux_sll:
      return c.has(sll_header) ? after_ethertype(frame, {}, c.be16(14), c.skip(sll_header))
                               : Discard::truncated_link;
    case LinkType::linux_sll2:
      return c.has(sll2_header) ? after_ethertype(frame, {}, c.be16(0), c.skip(sll2_header))
                                : Discard::truncated_link;
    case LinkType::ieee802_11:
      return wlan(frame, {}, c, WlanFrame::plain);
    case LinkType::ieee802_11_radio:
      return radiotap(frame, {}, c);
    case LinkType::ppi:
      return ppi(frame, {}, c);
  }
  return Discard::unsupported_link_type;
}

}  // namespace dipper::layer
