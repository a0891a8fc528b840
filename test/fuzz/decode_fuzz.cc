// Fuzz target: frames -> decoder. The first byte chooses the link type, the second the options;
// then each frame is two bytes of length (the last takes what is left) and its bytes. Fragments
// meet in one decoder.
#include <cstdlib>
#include <cstring>
#include <memory>

#include "core/cursor.h"
#include "core/decode.h"
#include "core/decode_gtp.h"
#include "core/link_type.h"

using namespace dipper;

namespace {

constexpr LinkType links[] = {
    LinkType::ethernet,  LinkType::null_loopback,    LinkType::ppp,        LinkType::ppp_hdlc,
    LinkType::raw,       LinkType::c_hdlc,           LinkType::ieee802_11, LinkType::loop,
    LinkType::linux_sll, LinkType::ieee802_11_radio, LinkType::ppi,        LinkType::ipv4,
    LinkType::ipv6,      LinkType::linux_sll2,       LinkType::dlt_raw,    LinkType{0xffff},
};

void require(bool holds) {
  if (!holds) abort();
}

bool all_zero(const uint8_t* bytes, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    if (bytes[i]) return false;
  }
  return true;
}

void check(const PacketView& view, const Packet& packet, const DecodeOptions& options,
           uint64_t previous_ns) {
  const uint8_t* end = view.data + view.captured_length;
  require(packet.l3 >= view.data && packet.l3 < end);
  require(packet.l3_length > 0 && packet.l3_length <= end - packet.l3);
  require(packet.l4_offset <= packet.l3_length);
  require(!packet.ethernet || (packet.ethernet >= view.data && end - packet.ethernet >= 14));
  require(packet.captured_length == view.captured_length && packet.wire_length == view.wire_length);
  require(packet.frame() == view.data && (packet.dscp & 3) == 0);
  require(packet.timestamp_ns >= previous_ns && packet.timestamp_ns >= view.timestamp_ns);
  const FlowKey& key = packet.key;
  require(key.ip_version == 4 || key.ip_version == 6);
  require(packet.later_fragment || packet.l3[0] >> 4 == key.ip_version);
  require(key.vlan_id < 4096 && all_zero(key.zero, sizeof key.zero));
  if (key.ip_version == 4)
    require(all_zero(key.lower_address + 4, 12) && all_zero(key.upper_address + 4, 12));
  const int order = memcmp(key.lower_address, key.upper_address, 16);
  require(order < 0 || (order == 0 && key.lower_port <= key.upper_port));
  if (order == 0 && key.lower_port == key.upper_port) require(packet.from_lower);
  if (key.ip_protocol != 6) require(packet.tcp_flags == 0);
  if (key.ip_protocol != 6 && key.ip_protocol != 17 && key.ip_protocol != 132) {
    require(key.lower_port == 0 && key.upper_port == 0);
  }
  // Where the decoder went through GTP the header can be read again; the rules of the reference may be mistaken.
  GtpHeader gtp;
  const bool has_gtp = read_gtp(packet, gtp);
  require(has_gtp == (packet.gtp_offset != 0) || options.reference);
  if (has_gtp) require(gtp.source > view.data && gtp.source + (gtp.ip_version == 4 ? 8 : 32) <= end);
  if (options.reference) {
    require(key.tunnel == Tunnel::none && key.tunnel_id == 0 && !packet.later_fragment);
  } else {
    require(static_cast<int>(key.tunnel) < tunnel_count);
    require(key.tunnel == Tunnel::none || options.tunnels >> static_cast<int>(key.tunnel) & 1);
    require(key.tunnel_id == 0 || key.tunnel == Tunnel::gre || key.tunnel == Tunnel::vxlan);
  }
}

// The same Ethernet frame behind a PPI header takes the way through the layers, never the short
// one.
void check_short_way(Decoder& layers, const PacketView& view, Discard discard,
                     const Packet& packet) {
  constexpr uint8_t ppi[] = {0, 0, 8, 0, 1, 0, 0, 0};
  const std::unique_ptr<uint8_t[]> bytes(new uint8_t[sizeof ppi + view.captured_length]);
  memcpy(bytes.get(), ppi, sizeof ppi);
  if (view.captured_length) memcpy(bytes.get() + sizeof ppi, view.data, view.captured_length);
  const auto captured = static_cast<uint32_t>(sizeof ppi + view.captured_length);
  const PacketView wrapped{bytes.get(), view.timestamp_ns, captured, captured,
                           static_cast<uint16_t>(LinkType::ppi)};
  Packet other;
  memset(static_cast<void*>(&other), 0x5a, sizeof other);
  require(layers.decode(wrapped, other) == discard);
  if (discard != Discard::none) return;
  require(other.key == packet.key && other.timestamp_ns == packet.timestamp_ns &&
          other.tunnel == packet.tunnel);
  require(other.gtp_offset == (packet.gtp_offset ? packet.gtp_offset + sizeof ppi : 0));
  require(other.l3 - bytes.get() - sizeof ppi == static_cast<size_t>(packet.l3 - view.data));
  require(other.ethernet == bytes.get() + sizeof ppi && packet.ethernet == view.data);
  require(other.l3_length == packet.l3_length && other.l4_offset == packet.l4_offset);
  require(other.payload_length == packet.payload_length && other.tcp_flags == packet.tcp_flags);
  require(other.dscp == packet.dscp && other.ttl == packet.ttl);
  if (packet.tcp_flags)
    require(other.tcp_sequence == packet.tcp_sequence && other.tcp_window == packet.tcp_window);
  require(other.from_lower == packet.from_lower && other.later_fragment == packet.later_fragment);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const LinkType link = links[data[0] % (sizeof links / sizeof *links)];
  DecodeOptions options;
  options.reference = data[1] & 1;
  options.tunnels = static_cast<uint8_t>(data[1] & 2 ? 0xff : data[1]);
  const bool cut = data[1] & 4;  // captured less than was on the wire
  Decoder decoder(options), layers(options);
  Cursor rest{data + 2, size - 2};
  uint64_t previous_ns = 0;
  for (uint64_t n = 0; rest.has(3); ++n) {
    const Cursor frame = rest.skip(2).first(rest.be16(0));
    rest = rest.skip(2 + frame.size);
    // A block of exactly its size: AddressSanitizer sees a read beyond it.
    const std::unique_ptr<uint8_t[]> bytes(new uint8_t[frame.size]);
    if (frame.size) memcpy(bytes.get(), frame.data, frame.size);
    const auto captured = static_cast<uint32_t>(frame.size);
    const PacketView view{bytes.get(), (n ^ 1) * 1000000000, captured,
                          cut ? captured + 3 : captured, static_cast<uint16_t>(link)};
    Packet packet;
    memset(static_cast<void*>(&packet), 0xa5, sizeof packet);
    const Discard discard = decoder.decode(view, packet);
    require(discard < Discard::count_);
    if (link == LinkType::ethernet && !options.reference)
      check_short_way(layers, view, discard, packet);
    if (discard != Discard::none) continue;
    check(view, packet, options, previous_ns);
    previous_ns = packet.timestamp_ns;
  }
  return 0;
}
