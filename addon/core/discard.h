// Why frames are in no flow, by name.
#pragma once
#include <cstdint>

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

}  // namespace dipper
