// From the IP header around a GTP-U header to what it carries: the decoder has been here, and kept one offset.
// Thread: any; pure.
#include "core/decode_gtp.h"

#include "core/cursor.h"
#include "core/decode_layers.h"

namespace dipper {

namespace {

constexpr size_t ipv4_header = 20, ipv6_header = 40, udp_header = 8, gtp_header = 8;

// Where UDP begins behind the IP header; 0: it does not.
size_t udp_at(Cursor ip) noexcept {
  if (!ip.has(ipv4_header)) return 0;
  if (ip.u8(0) >> 4 == 4) return ip.u8(9) == layer::protocol::udp ? size_t{ip.u8(0) & 15u} * 4 : 0;
  if (ip.u8(0) >> 4 != 6 || !ip.has(ipv6_header)) return 0;
  size_t at = ipv6_header;
  uint8_t next = ip.u8(6);
  while (layer::is_ipv6_extension(next)) {
    if (!ip.has(at + 8)) return 0;
    const uint8_t type = next;
    next = ip.u8(at);
    at += layer::ipv6_extension_size(type, ip.u8(at + 1));
  }
  return next == layer::protocol::udp ? at : 0;
}

}  // namespace

bool read_gtp(const Packet& packet, GtpHeader& header) noexcept {
  constexpr uint8_t t_pdu = 0xff;
  if (packet.gtp_offset == 0) return false;
  const Cursor ip = Cursor{packet.frame(), packet.captured_length}.skip(packet.gtp_offset - 1u);
  const size_t at = udp_at(ip);
  if (at < ipv4_header || !ip.has(at + udp_header + gtp_header)) return false;
  const Cursor udp = ip.skip(at), gtp = udp.skip(udp_header);
  if (gtp.u8(0) >> 4 != 3 || gtp.u8(1) != t_pdu) return false;  // version 1, protocol type GTP
  header.ip_version = ip.u8(0) >> 4;
  header.source = ip.data + (header.ip_version == 4 ? 12 : 8);
  header.dscp = (header.ip_version == 4 ? ip.u8(1) : static_cast<uint8_t>(ip.be16(0) >> 4)) & 0xfc;
  header.source_port = udp.be16(0);
  header.destination_port = udp.be16(2);
  header.version = 1;
  header.teid = gtp.be32(4);
  return true;
}

}  // namespace dipper
