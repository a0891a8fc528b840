// IPv4, IPv6 with its extension headers, and the ports above: the layer that fills the packet.
// Thread: the decoder's.
#include "core/decode_key.h"
#include "core/decode_layers.h"

namespace dipper::layer {

namespace {

constexpr size_t ipv4_header = 20, ipv6_header = 40, udp_header = 8, tcp_header = 20,
                 sctp_header = 12;
constexpr size_t max_l3 = 65535;
constexpr int max_extensions =
    16;  // hosts send three at most; RFC 8504 section 5.3 lets a receiver set a limit
constexpr uint16_t more_fragments = 0x2000, fragment_offset = 0x1fff;

size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

// An IP header that was read: where its payload begins and ends by its own word, and how much of it
// is there.
struct Datagram {
  Cursor captured;   // from the IP header to the end of the frame
  size_t l4_offset;  // <= captured.size and <= length
  size_t length;     // of header and payload by the IP length
  uint8_t ip_protocol;
};

void fill_extent(Packet& packet, const Datagram& d, size_t l4_header) {
  packet.l3 = d.captured.data;
  packet.l3_length = static_cast<uint16_t>(smaller(d.captured.size, max_l3));
  packet.l4_offset = static_cast<uint16_t>(d.l4_offset);
  const size_t l4_length = d.length - d.l4_offset;
  packet.payload_length = static_cast<uint16_t>(l4_length > l4_header ? l4_length - l4_header : 0);
}

// `carrier`: from the IP header around it. On the way out of the layers, so that the innermost comes first.
void keep_gtp(const Frame& frame, Cursor carrier) {
  if (frame.packet.gtp_offset) return;
  const auto offset = static_cast<size_t>(carrier.data - frame.view.data);
  frame.packet.gtp_offset = static_cast<uint16_t>(offset + 1);  // the flow's own IP header is further on: decode() bounds both
}

template <int version>
Discard transport(const Frame& frame, Layers layers, const Datagram& d) noexcept {
  // Ports must be captured and inside the IP length: padding is not a header.
  const Cursor l4 = d.captured.first(d.length).skip(d.l4_offset);
  uint16_t source_port = 0, destination_port = 0;
  size_t l4_header = 0;
  uint8_t tcp_flags = 0;
  if (d.ip_protocol == protocol::tcp) {
    if (!l4.has(4)) return Discard::truncated_l4;
    source_port = l4.be16(0);
    destination_port = l4.be16(2);
    l4_header = tcp_header;
    if (l4.has(16)) {
      const size_t stated = static_cast<size_t>(l4.u8(12) >> 4) * 4;
      if (stated > l4_header) l4_header = stated;
      tcp_flags = l4.u8(13);
    }
  } else if (d.ip_protocol == protocol::udp) {
    if (!l4.has(4)) return Discard::truncated_l4;
    source_port = l4.be16(0);
    destination_port = l4.be16(2);
    l4_header = udp_header;
    const Tunnel tunnel = udp_tunnel(source_port, destination_port);
    if (tunnel != Tunnel::none && frame.decodes(tunnel)) {
      const Discard inner =
          inside_udp(frame, layers, tunnel, d.captured.skip(d.l4_offset + udp_header));
      if (tunnel == Tunnel::gtp_u && inner == Discard::none) keep_gtp(frame, d.captured);
      if (stands(inner)) return inner;
    }
  } else if (d.ip_protocol == protocol::sctp) {
    if (!l4.has(4)) return Discard::truncated_l4;
    source_port = l4.be16(0);
    destination_port = l4.be16(2);
    l4_header = sctp_header;
  } else if (d.ip_protocol == protocol::ipv4 || d.ip_protocol == protocol::ipv6 ||
             d.ip_protocol == protocol::gre) {
    const Discard inner = inside_ip(frame, layers, d.ip_protocol, d.captured.skip(d.l4_offset));
    if (stands(inner)) return inner;
  }
  Packet& packet = frame.packet;
  const uint8_t* source = d.captured.data + (version == 4 ? 12 : 8);
  packet.from_lower = fill_endpoints<version>(packet.key, source, source_port, destination_port);
  packet.key.tunnel_id = layers.tunnel_id;
  packet.key.vlan_id = layers.vlan_id;
  packet.key.ip_protocol = d.ip_protocol;
  packet.key.tunnel = layers.tunnel;
  fill_extent(packet, d, l4_header);
  packet.tcp_flags = tcp_flags;
  packet.later_fragment = false;
  return Discard::none;
}

// A fragment of a datagram: the first is decoded and remembered with the flow that it turned out to
// be in, be it the flow inside a tunnel; a later one is looked up.
template <int version>
Discard fragment(const Frame& frame, Layers layers, const Datagram& d, const FragmentId& id,
                 bool first) noexcept {
  Packet& packet = frame.packet;
  ++frame.counts.fragmented;
  if (first) {
    const Discard result = transport<version>(frame, layers, d);
    if (result == Discard::none) {
      frame.fragments.remember(id, packet.timestamp_ns, packet.key, packet.from_lower);
    }
    return result;
  }
  bool from_lower;
  if (!frame.fragments.find(id, packet.timestamp_ns, packet.key, from_lower))
    return Discard::fragment_without_first;
  fill_extent(packet, d, 0);
  packet.from_lower = from_lower;
  packet.tcp_flags = 0;
  packet.later_fragment = true;
  return Discard::none;
}

FragmentId fragment_id(const Layers& layers) {
  FragmentId id;
  memset(&id, 0, sizeof id);
  id.tunnel_id = layers.tunnel_id;
  id.vlan_id = layers.vlan_id;
  return id;
}

Discard ipv4(const Frame& frame, Layers layers, Cursor c) noexcept {
  if (!c.has(ipv4_header)) return Discard::truncated_ipv4;
  const size_t header = static_cast<size_t>(c.u8(0) & 15) * 4;
  if (header < ipv4_header) return Discard::bad_ipv4_header;
  if (!c.has(header)) return Discard::truncated_ipv4;
  size_t length = c.be16(2);
  if (length < header) {
    // Zero is what segmentation offload leaves in packets captured on their way out.
    if (length != 0) return Discard::bad_ipv4_header;
    length = smaller(c.size, max_l3);
  }
  const Datagram d{c, header, length, c.u8(9)};
  const uint16_t fragment_word = c.be16(6);
  if ((fragment_word & (more_fragments | fragment_offset)) == 0)
    return transport<4>(frame, layers, d);
  FragmentId id = fragment_id(layers);
  memcpy(id.source, c.data + 12, 4);
  memcpy(id.destination, c.data + 16, 4);
  id.identification = c.be16(4);
  id.ip_version = 4;
  id.ip_protocol = d.ip_protocol;
  return fragment<4>(frame, layers, d, id, (fragment_word & fragment_offset) == 0);
}

Discard ipv6(const Frame& frame, Layers layers, Cursor c) noexcept {
  if (!c.has(ipv6_header)) return Discard::truncated_ipv6;
  const size_t payload = c.be16(4);
  // Zero: a jumbogram (RFC 2675) or segmentation offload.
  const size_t length = payload ? ipv6_header + payload : smaller(c.size, max_l3);
  const Cursor datagram = c.first(length);
  const Discard cut = c.size < length ? Discard::truncated_ipv6 : Discard::bad_ipv6_extension;
  size_t at = ipv6_header;
  uint8_t next = c.u8(6);
  bool is_fragment = false, is_first = true;
  uint32_t identification = 0;
  for (int extensions = 0;; ++extensions) {
    if (!is_ipv6_extension(next)) break;
    if (!datagram.has(at + 8)) return cut;
    const size_t size = ipv6_extension_size(next, datagram.u8(at + 1));
    if (next == protocol::fragment) {
      const uint16_t word = datagram.be16(at + 2);
      is_fragment = (word & ~6u) != 0;  // neither offset nor more: an atomic fragment (RFC 6946)
      is_first = word >> 3 == 0;
      identification = datagram.be32(at + 4);
    }
    if (extensions == max_extensions) return Discard::bad_ipv6_extension;
    if (!datagram.has(at + size)) return cut;
    next = datagram.u8(at);
    at += size;
    if (!is_first) break;
  }
  const Datagram d{c, at, length, next};
  if (!is_fragment) return transport<6>(frame, layers, d);
  FragmentId id = fragment_id(layers);
  memcpy(id.source, c.data + 8, 16);
  memcpy(id.destination, c.data + 24, 16);
  id.identification = identification;
  id.ip_version = 6;
  return fragment<6>(frame, layers, d, id, is_first);
}

}  // namespace

// The version nibble decides, whatever the layer below announced: MPLS and BSD loopback announce
// nothing reliable.
Discard ip(const Frame& frame, Layers layers, Cursor c) noexcept {
  if (c.size == 0) return Discard::truncated_link;
  switch (c.u8(0) >> 4) {
    case 4:
      return ipv4(frame, layers, c);
    case 6:
      return ipv6(frame, layers, c);
    default:
      return Discard::not_ip;
  }
}

}  // namespace dipper::layer
