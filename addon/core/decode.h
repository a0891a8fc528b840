// Frame bytes -> Packet. Every read goes through Cursor; malformed input is counted by name, never an error.
// Thread: a Decoder belongs to the thread that reads its source (it keeps fragment state).
#pragma once
#include <array>
#include <cstdint>
#include <memory>

#include "packet.h"

namespace dipper {

// Why a frame is in no flow. `none` means that it is in one. The names are part of the account that
// `dipper spy` prints and of `interface_stats`; append, never reorder.
#define DIPPER_DISCARDS(X)                                                                              \
  X(none) X(unsupported_link_type) X(truncated_link) X(not_ip) X(truncated_vlan) X(truncated_mpls)      \
  X(truncated_pppoe) X(truncated_ipv4) X(bad_ipv4_header) X(truncated_ipv6) X(bad_ipv6_extension)       \
  X(truncated_l4) X(fragment) X(fragment_without_first) X(too_many_tunnels) X(truncated_tunnel) X(llc)        \
  X(wlan_not_data) X(wlan_encrypted) X(too_short) X(wlan_bad_fcs) X(wlan_aggregate)

enum class Discard : uint8_t {
#define X(name) name,
  DIPPER_DISCARDS(X)
#undef X
  count_
};
constexpr int discard_count = static_cast<int>(Discard::count_);
const char* discard_name(Discard reason);

struct DecodeOptions {
  uint8_t tunnels = 0xff;   // bit 1 << Tunnel: decoded when set
  bool reference = false;   // exactly what nDPI 4.2's ndpiReader -t accepts and how it reads it; ignores `tunnels`
};

class Decoder {
 public:
  explicit Decoder(const DecodeOptions& options);
  ~Decoder();
  // Decodes one frame. On Discard::none `packet` is whole; otherwise its content is unspecified.
  // `packet.timestamp_ns` is the view's, clamped to be non-decreasing over this decoder's life.
  Discard decode(const PacketView& view, Packet& packet) noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dipper
