// The canonical order of a flow's two endpoints, shared by both sets of decoding rules.
// Thread: any; pure functions.
#pragma once
#include "core/cursor.h"
#include "core/flow_key.h"

namespace dipper {

// Zeroes the key and writes version, addresses and ports; the smaller (address, port) is the lower.
// `addresses` is the source address with the destination right behind it, as in both IP headers.
// True when the source is the lower endpoint, or both are the same.
template <int version>
inline bool fill_endpoints(FlowKey& key, const uint8_t* addresses, uint16_t source_port,
                           uint16_t destination_port) noexcept {
  static_assert(version == 4 || version == 6);
  constexpr size_t size = version == 4 ? 4 : 16;
  const uint8_t* source = addresses;
  const uint8_t* destination = addresses + size;
  bool from_lower;
  if constexpr (version == 4) {
    from_lower = (static_cast<uint64_t>(load_be32(source)) << 16 | source_port) <=
                 (static_cast<uint64_t>(load_be32(destination)) << 16 | destination_port);
  } else {
    const uint64_t source_high = load_be64(source), destination_high = load_be64(destination);
    const uint64_t source_low = load_be64(source + 8), destination_low = load_be64(destination + 8);
    from_lower = source_high != destination_high ? source_high < destination_high
                 : source_low != destination_low ? source_low < destination_low
                                                 : source_port <= destination_port;
  }
  memset(&key, 0, sizeof key);
  memcpy(key.lower_address, from_lower ? source : destination, size);
  memcpy(key.upper_address, from_lower ? destination : source, size);
  key.lower_port = from_lower ? source_port : destination_port;
  key.upper_port = from_lower ? destination_port : source_port;
  key.ip_version = version;
  return from_lower;
}

}  // namespace dipper
