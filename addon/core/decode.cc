// The decoder's entry: packet time, the choice of rules, and the names of what is not decoded.
// Thread: a Decoder belongs to the thread that reads its source.
#include "core/decode.h"

#include "core/decode_key.h"
#include "core/decode_layers.h"
#include "core/decode_reference.h"
#include "core/decode_regular.h"

namespace dipper {

Decoder::Decoder(const DecodeOptions& options, const HashSecret& secret)
    : options_(options), secret_(secret), fragments_(std::make_unique<FragmentTable>()) {}

Decoder::~Decoder() = default;

uint32_t Decoder::decode_regular(const PacketView* views, uint32_t count, Packet* packets, uint64_t& bytes) noexcept {
  if (options_.reference) return 0;
  uint64_t latest_ns = latest_ns_, sum = 0;
  uint32_t i = 0;
  for (; i < count; ++i) {
    const PacketView& view = views[i];
    Packet& packet = packets[i];
    // First what needs no register later. The time of a frame that is not regular is looked at once more by decode().
    latest_ns = view.timestamp_ns > latest_ns ? view.timestamp_ns : latest_ns;
    packet.timestamp_ns = latest_ns;
    const uint32_t captured_length = view.captured_length;
    packet.captured_length = captured_length;
    packet.wire_length = view.wire_length;
    if (view.link_type != 1 || !layer::regular(view.data, captured_length, packet, secret_)) break;
    sum += captured_length;
  }
  latest_ns_ = latest_ns;
  bytes += sum;
  return i;
}

Discard Decoder::decode(const PacketView& view, Packet& packet) noexcept {
  uint64_t bytes = 0;
  if (decode_regular(&view, 1, &packet, bytes)) return Discard::none;
  if (view.timestamp_ns > latest_ns_) latest_ns_ = view.timestamp_ns;
  packet.timestamp_ns = latest_ns_;
  packet.captured_length = view.captured_length;
  packet.wire_length = view.wire_length;
  packet.tunnel = Tunnel::none;
  packet.ethernet = nullptr;
  packet.link_type = view.link_type;
  packet.gtp_offset = 0;
  const layer::Frame frame{view, packet, *fragments_, options_.tunnels, counts_};
  const Discard discard = options_.reference
                              ? decode_reference(view, packet)
                              : layer::link(frame, view.link_type, {view.data, view.captured_length});
  if (discard != Discard::none) return discard;
  if (!options_.reference) packet.tunnel = packet.key.tunnel;
  const auto l3_offset = static_cast<size_t>(packet.l3 - view.data);
  if (l3_offset > UINT16_MAX) return Discard::too_many_tunnels;  // 64 KiB of headers: made by hand
  packet.l3_offset = static_cast<uint16_t>(l3_offset);
  // Of a later fragment this is the header of the fragment, which may be another version than that of its flow in a tunnel.
  if (packet.l3[0] >> 4 == 6)
    fill_ip_fields<6>(packet, packet.l3);
  else
    fill_ip_fields<4>(packet, packet.l3);
  if (packet.tcp_flags) {
    packet.tcp_sequence = load_be32(packet.l3 + packet.l4_offset + 4);
    packet.tcp_window = load_be16(packet.l3 + packet.l4_offset + 14);
  }
  packet.hash = hash_flow_key(packet.key, secret_);
  return Discard::none;
}

const char* discard_name(Discard reason) {
  static constexpr const char* names[] = {
#define X(name) #name,
      DIPPER_DISCARDS(X)
#undef X
  };
  return reason < Discard::count_ ? names[static_cast<int>(reason)] : "unknown";
}

}  // namespace dipper
