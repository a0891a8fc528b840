// Packets inside packets: GTP-U, CAPWAP, TZSP, GRE, VXLAN, IP in IP, Teredo. Thread: the decoder's.
// Each function first checks all that its header promises, because the outer packet may only share
// the port.
#include "core/decode_layers.h"

namespace dipper::layer {

namespace {

constexpr Discard no_tunnel =
    Discard::truncated_tunnel;  // whatever it is, it is not a whole tunnel packet

// 3GPP TS 29.281 section 5.1: version 1, protocol type GTP, message T-PDU.
Discard gtp_u(const Frame& frame, Layers layers, Cursor c) noexcept {
  constexpr size_t fixed = 8, optional = 4;
  constexpr uint8_t any_optional = 0x07, has_extension = 0x04, t_pdu = 0xff;
  if (!c.has(fixed) || c.u8(0) >> 4 != 3 || c.u8(1) != t_pdu) return no_tunnel;
  size_t at = fixed;
  if (c.u8(0) & any_optional) {
    at += optional;
    if (!c.has(at)) return no_tunnel;
    uint8_t next = c.u8(0) & has_extension ? c.u8(at - 1) : 0;
    while (next != 0) {
      if (!c.has(at + 1)) return no_tunnel;
      const size_t size = static_cast<size_t>(c.u8(at)) * 4;
      if (size == 0 || !c.has(at + size)) return no_tunnel;
      at += size;
      next = c.u8(at - 1);
    }
  }
  return ip(frame, layers, c.skip(at));
}

// RFC 5415 section 4.3: the data channel carries 802.3 frames, or with T set 802.11 ones.
Discard capwap(const Frame& frame, Layers layers, Cursor c) noexcept {
  constexpr size_t fixed = 8;
  constexpr uint8_t native = 0x01, is_fragment = 0x80, keep_alive = 0x08;
  constexpr uint8_t ieee_802_11 = 1;
  if (!c.has(fixed) || c.u8(0) != 0) return no_tunnel;  // version 0, not DTLS
  const size_t header = static_cast<size_t>(c.u8(1) >> 3) * 4;
  if (header < fixed || !c.has(header) || c.u8(3) & keep_alive) return no_tunnel;
  if (c.u8(3) & is_fragment && c.be16(6) >> 3 != 0) return no_tunnel;
  const Cursor inner = c.skip(header);
  if (!(c.u8(2) & native)) return ethernet(frame, layers, inner);
  if ((c.u8(2) >> 1 & 31) != ieee_802_11 || !inner.has(2)) return no_tunnel;
  const bool swapped = (inner.u8(0) & 15) != 8 && (inner.u8(1) & 15) == 8;
  return wlan(frame, layers, inner, swapped ? WlanFrame::swapped : WlanFrame::plain);
}

// TaZmen Sniffer Protocol: version 1, a list of tags, then the frame that was heard.
Discard tzsp(const Frame& frame, Layers layers, Cursor c) noexcept {
  constexpr uint8_t padding_tag = 0, end_tag = 1;
  constexpr uint16_t carries_ethernet = 1, carries_802_11 = 18;
  if (!c.has(4) || c.u8(0) != 1 || c.u8(1) > 1) return no_tunnel;  // received, or to be sent
  const uint16_t carries = c.be16(2);
  c = c.skip(4);
  for (;;) {
    if (!c.has(1)) return no_tunnel;
    const uint8_t tag = c.u8(0);
    if (tag == end_tag) break;
    if (tag == padding_tag) {
      c = c.skip(1);
      continue;
    }
    if (!c.has(2)) return no_tunnel;
    c = c.skip(2 + static_cast<size_t>(c.u8(1)));
  }
  c = c.skip(1);
  if (carries == carries_ethernet) return ethernet(frame, layers, c);
  if (carries == carries_802_11) return wlan(frame, layers, c, WlanFrame::plain);
  return no_tunnel;
}

// RFC 7348 section 5.
Discard vxlan(const Frame& frame, Layers layers, Cursor c) noexcept {
  if (!c.has(8) || !(c.u8(0) & 0x08)) return no_tunnel;
  layers.tunnel_id = c.be32(4) >> 8;
  return ethernet(frame, layers, c.skip(8));
}

// RFC 4380 section 5.1.1: authentication and origin indications, then a whole IPv6 packet.
Discard teredo(const Frame& frame, Layers layers, Cursor c) noexcept {
  constexpr size_t nonce_and_confirmation = 9, ipv6_header = 40;
  if (c.has(4) && c.be16(0) == 0x0001) c = c.skip(4 + nonce_and_confirmation + c.u8(2) + c.u8(3));
  if (c.has(8) && c.be16(0) == 0x0000) c = c.skip(8);
  if (!c.has(ipv6_header) || c.u8(0) >> 4 != 6) return no_tunnel;
  return ip(frame, layers, c);
}

// ERSPAN (draft-foschiano-erspan) in GRE: type I without a header has no sequence number either.
Discard erspan(const Frame& frame, Layers layers, uint16_t type, bool has_sequence,
               Cursor c) noexcept {
  if (type == ethertype::erspan) return ethernet(frame, layers, has_sequence ? c.skip(8) : c);
  if (!c.has(12)) return no_tunnel;
  const bool subheader = c.u8(11) & 1;
  return ethernet(frame, layers, c.skip(subheader ? 20 : 12));
}

// RFC 2784 and 2890, version 0 without routing.
Discard gre(const Frame& frame, Layers layers, Cursor c) noexcept {
  constexpr uint16_t checksum = 0x8000, routing = 0x4000, key = 0x2000, sequence = 0x1000,
                     version = 7;
  if (!c.has(4)) return no_tunnel;
  const uint16_t flags = c.be16(0), type = c.be16(2);
  if (flags & (routing | version)) return no_tunnel;
  size_t at = 4;
  if (flags & checksum) at += 4;
  if (flags & key) {
    if (!c.has(at + 4)) return no_tunnel;
    layers.tunnel_id = c.be32(at);
    at += 4;
  }
  if (flags & sequence) at += 4;
  if (!c.has(at)) return no_tunnel;
  c = c.skip(at);
  if (type == ethertype::transparent_ethernet) return ethernet(frame, layers, c);
  if (type == ethertype::erspan || type == ethertype::erspan3) {
    return erspan(frame, layers, type, flags & sequence, c);
  }
  return type < ethertype::first ? no_tunnel : after_ethertype(frame, layers, type, c);
}

}  // namespace

Discard inside_udp(const Frame& frame, Layers layers, Tunnel tunnel, Cursor payload) noexcept {
  if (layers.depth == max_depth) return Discard::too_many_tunnels;
  ++layers.depth;
  layers.tunnel = tunnel;
  layers.tunnel_id = 0;
  switch (tunnel) {
    case Tunnel::gtp_u:
      return gtp_u(frame, layers, payload);
    case Tunnel::capwap:
      return capwap(frame, layers, payload);
    case Tunnel::tzsp:
      return tzsp(frame, layers, payload);
    case Tunnel::vxlan:
      return vxlan(frame, layers, payload);
    case Tunnel::teredo:
      return teredo(frame, layers, payload);
    default:
      return no_tunnel;
  }
}

Discard inside_ip(const Frame& frame, Layers layers, uint8_t ip_protocol, Cursor payload) noexcept {
  const Tunnel tunnel = ip_protocol == protocol::gre ? Tunnel::gre : Tunnel::ip_in_ip;
  if (!frame.decodes(tunnel)) return no_tunnel;
  if (layers.depth == max_depth) return Discard::too_many_tunnels;
  ++layers.depth;
  layers.tunnel = tunnel;
  layers.tunnel_id = 0;
  if (tunnel == Tunnel::gre) return gre(frame, layers, payload);
  const int version = ip_protocol == protocol::ipv4 ? 4 : 6;
  if (!payload.has(1) || payload.u8(0) >> 4 != version) return no_tunnel;
  return ip(frame, layers, payload);
}

}  // namespace dipper::layer
