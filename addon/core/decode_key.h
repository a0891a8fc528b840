// The canonical order of a flow's two endpoints, shared by both sets of decoding rules.
// Thread: any; pure functions.
#pragma once
#include "core/cursor.h"
#include "core/flow_key.h"
#include "core/packet.h"

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

// DSCP (RFC 2474) and TTL or hop limit, out of the fixed part of an IP header.
template <int version>
[[gnu::always_inline]] inline void fill_ip_fields(Packet& packet, const uint8_t* l3) noexcept {
  packet.dscp = (version == 4 ? l3[1] : static_cast<uint8_t>(l3[0] << 4 | l3[1] >> 4)) & 0xfc;
  packet.ttl = l3[version == 4 ? 8 : 7];
}

// fill_endpoints(), IP protocol and hash, for a packet without VLAN and tunnel; `ports` is where source and destination port
// lie. Where the byte order allows it the key is put together in registers, as the six words that it is hashed as: 55
// instructions instead of 90.
template <int version>
[[gnu::always_inline]] inline void fill_plain_key(FlowKey& key, uint64_t& hash, bool& from_lower,
                                                  const uint8_t* addresses, const uint8_t* ports,
                                                  uint8_t ip_protocol, const HashSecret& secret) noexcept {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  const uint32_t source_first = load_be32(ports);
  const uint32_t destination_first = source_first << 16 | source_first >> 16;
  bool ordered;  // the source is the lower endpoint
  uint64_t w0, w1, w2, w3;
  if constexpr (version == 4) {
    uint64_t both;
    memcpy(&both, addresses, sizeof both);
    const uint64_t readable = __builtin_bswap64(both);
    const auto source = static_cast<uint32_t>(readable >> 32), destination = static_cast<uint32_t>(readable);
    ordered = source < destination;
    if (__builtin_expect(source == destination, 0)) ordered = source_first <= destination_first;
    both = ordered ? both : both << 32 | both >> 32;
    w0 = static_cast<uint32_t>(both);
    w2 = both >> 32;
    w1 = w3 = 0;
  } else {
    const uint64_t source = load_be64(addresses), destination = load_be64(addresses + 16);
    ordered = source < destination;
    if (__builtin_expect(source == destination, 0)) {
      const uint64_t low_source = load_be64(addresses + 8), low_destination = load_be64(addresses + 24);
      ordered = low_source != low_destination ? low_source < low_destination : source_first <= destination_first;
    }
    const uint8_t* lower = ordered ? addresses : addresses + 16;
    const uint8_t* upper = ordered ? addresses + 16 : addresses;
    memcpy(&w0, lower, 8);
    memcpy(&w1, lower + 8, 8);
    memcpy(&w2, upper, 8);
    memcpy(&w3, upper + 8, 8);
  }
  const uint64_t w4 = ordered ? destination_first : source_first;  // the lower port in the low half; tunnel_id 0
  const uint64_t w5 = uint64_t{ip_protocol} << 24 | uint64_t{version} << 16;  // vlan_id 0, no tunnel
  auto* words = reinterpret_cast<uint8_t*>(&key);
  memcpy(words, &w0, 8);
  memcpy(words + 8, &w1, 8);
  memcpy(words + 16, &w2, 8);
  memcpy(words + 24, &w3, 8);
  memcpy(words + 32, &w4, 8);
  memcpy(words + 40, &w5, 8);
  from_lower = ordered;
  hash = hash_key_words(w0, w1, w2, w3, w4, w5, secret);
#else
  from_lower = fill_endpoints<version>(key, addresses, load_be16(ports), load_be16(ports + 2));
  key.ip_protocol = ip_protocol;
  hash = hash_flow_key(key, secret);
#endif
}

}  // namespace dipper
