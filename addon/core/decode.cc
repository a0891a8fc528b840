// The decoder's entry: packet time, the choice of rules, and the names of what is not decoded.
// Thread: a Decoder belongs to the thread that reads its source.
#include "core/decode.h"

#include "core/decode_layers.h"
#include "core/decode_reference.h"
#include "core/decode_regular.h"

namespace dipper {

struct Decoder::State {
  DecodeOptions options;
  uint64_t latest_ns = 0;
  FragmentTable fragments;
};

Decoder::Decoder(const DecodeOptions& options) : state_(std::make_unique<State>()) {
  state_->options = options;
}

Decoder::~Decoder() = default;

Discard Decoder::decode(const PacketView& view, Packet& packet) noexcept {
  State& state = *state_;
  if (view.timestamp_ns > state.latest_ns) state.latest_ns = view.timestamp_ns;
  packet.hash = 0;
  packet.timestamp_ns = state.latest_ns;
  packet.tunnel = Tunnel::none;
  packet.captured_length = view.captured_length;
  packet.wire_length = view.wire_length;
  if (!state.options.reference && layer::regular(view, packet)) return Discard::none;
  packet.ethernet = nullptr;
  if (state.options.reference) return decode_reference(view, packet);
  const layer::Frame frame{view, packet, state.fragments, state.options.tunnels};
  const Discard discard = layer::link(frame, view.link_type, {view.data, view.captured_length});
  if (discard == Discard::none) packet.tunnel = packet.key.tunnel;
  return discard;
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
