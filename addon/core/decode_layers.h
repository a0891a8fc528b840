// Inside decode only: what one layer hands to the next. Each decode_*.cc holds the layers of one
// family; every function takes the rest of the frame and either fills the packet (Discard::none) or
// says why not. Thread: the decoder's. Nothing here is kept beyond one frame but the fragment
// table.
#pragma once
#include "core/layer_counts.h"
#include "core/cursor.h"
#include "core/decode_fragments.h"
#include "core/discard.h"
#include "core/packet.h"

namespace dipper::layer {

// What the headers so far said about the flow. Eight bytes passed by value: a tunnel that turns out
// not to be one leaves no trace in its outer packet.
struct Layers {
  uint32_t tunnel_id = 0;
  uint16_t vlan_id = 0;
  Tunnel tunnel = Tunnel::none;
  uint8_t depth = 0;
};
static_assert(sizeof(Layers) == 8, "Layers travels in one register");

// Levels of encapsulation before a frame is given up: more than any network needs, few enough that
// a crafted frame costs no more than a long one.
constexpr uint8_t max_depth = 8;

struct Frame {
  const PacketView& view;
  Packet& packet;
  FragmentTable& fragments;
  uint8_t tunnels;  // DecodeOptions::tunnels
  LayerCounts& counts;

  bool decodes(Tunnel tunnel) const noexcept { return tunnels >> static_cast<int>(tunnel) & 1; }
};

namespace ethertype {
constexpr uint16_t ipv4 = 0x0800, ipv6 = 0x86dd;
constexpr uint16_t vlan = 0x8100, service_vlan = 0x88a8, old_service_vlan = 0x9100;
constexpr uint16_t mpls = 0x8847, mpls_multicast = 0x8848;
constexpr uint16_t pppoe_session = 0x8864;
constexpr uint16_t transparent_ethernet = 0x6558;
constexpr uint16_t erspan = 0x88be, erspan3 = 0x22eb;
constexpr uint16_t first = 0x0600;  // below: a length field (IEEE 802.3 clause 3.2.6)
}  // namespace ethertype

namespace protocol {
constexpr uint8_t hop_by_hop = 0, ipv4 = 4, tcp = 6, udp = 17, ipv6 = 41, routing = 43,
                  fragment = 44, gre = 47, ah = 51, destination_options = 60, sctp = 132,
                  mobility = 135, hip = 139, shim6 = 140;
}  // namespace protocol

// IPv6 extension headers (RFC 8200 section 4, RFC 4302 section 2.2): `length` is their second byte.
inline bool is_ipv6_extension(uint8_t type) noexcept {
  switch (type) {
    case protocol::hop_by_hop:
    case protocol::routing:
    case protocol::fragment:
    case protocol::ah:
    case protocol::destination_options:
    case protocol::mobility:
    case protocol::hip:
    case protocol::shim6:
      return true;
  }
  return false;
}
inline size_t ipv6_extension_size(uint8_t type, uint8_t length) noexcept {
  if (type == protocol::fragment) return 8;
  if (type == protocol::ah) return (size_t{length} + 2) * 4;
  return (size_t{length} + 1) * 8;
}

// decode_link.cc
Discard link(const Frame& frame, uint32_t link_type, Cursor cursor) noexcept;
Discard ethernet(const Frame& frame, Layers layers, Cursor cursor) noexcept;
Discard after_ethertype(const Frame& frame, Layers layers, uint16_t type, Cursor cursor) noexcept;
Discard llc(const Frame& frame, Layers layers, Cursor cursor) noexcept;

// decode_wlan.cc
enum class WlanFrame : uint8_t {
  plain,
  padded,   // radiotap says that the header is filled up to four bytes
  swapped,  // CAPWAP: some access points send 16-bit fields in the other byte order
};
Discard wlan(const Frame& frame, Layers layers, Cursor cursor, WlanFrame form) noexcept;
Discard radiotap(const Frame& frame, Layers layers, Cursor cursor) noexcept;
Discard ppi(const Frame& frame, Layers layers, Cursor cursor) noexcept;

// decode_ip.cc
Discard ip(const Frame& frame, Layers layers, Cursor cursor) noexcept;

// decode_tunnels.cc
// What the ports of a UDP packet allow it to be; none for almost every packet, so this much is
// inline.
inline Tunnel udp_tunnel(uint16_t source, uint16_t destination) noexcept {
  switch (destination) {
    case 2152:
      return Tunnel::gtp_u;
    case 3544:
      return Tunnel::teredo;
    case 4789:
      return Tunnel::vxlan;
    case 5247:
      return Tunnel::capwap;
    case 37008:
      return Tunnel::tzsp;
  }
  switch (source) {  // VXLAN's source port is a hash of the inner flow (RFC 7348 section 5), never
                     // 4789 by meaning
    case 2152:
      return Tunnel::gtp_u;
    case 3544:
      return Tunnel::teredo;
    case 5247:
      return Tunnel::capwap;
    case 37008:
      return Tunnel::tzsp;
  }
  return Tunnel::none;
}

// Discard::none: the packet is the inner one. too_many_tunnels stands for the whole frame. Anything
// else means that the outer packet is the flow: what merely uses a tunnel's port or protocol must
// not vanish.
Discard inside_udp(const Frame& frame, Layers layers, Tunnel tunnel, Cursor payload) noexcept;
Discard inside_ip(const Frame& frame, Layers layers, uint8_t ip_protocol, Cursor payload) noexcept;

inline bool stands(Discard inner) noexcept {
  return inner == Discard::none || inner == Discard::too_many_tunnels;
}

}  // namespace dipper::layer
