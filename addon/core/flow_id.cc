#include "flow_id.h"

#include "sha1.h"

namespace dipper {
namespace {

struct Bytes {
  uint8_t data[96];
  size_t size = 0;
  void put(const void* p, size_t n) {
    memcpy(data + size, p, n);
    size += n;
  }
  void put8(uint8_t v) { data[size++] = v; }
  void put16(uint16_t v) {
    put8(static_cast<uint8_t>(v >> 8));
    put8(static_cast<uint8_t>(v));
  }
  void put32(uint32_t v) {
    put16(static_cast<uint16_t>(v >> 16));
    put16(static_cast<uint16_t>(v));
  }
  void put64(uint64_t v) {
    put32(static_cast<uint32_t>(v >> 32));
    put32(static_cast<uint32_t>(v));
  }
};

// The ICMP type that answers `type`, or -1: then the message is one-way (community-id-spec, "ICMP"; the pairs are
// those of RFC 792, 950, 1256 and RFC 4443, 2710, 4861, 4620).
int icmp_counterpart(uint8_t protocol, uint8_t type) {
  static const uint8_t v4[][2] = {{8, 0}, {13, 14}, {15, 16}, {10, 9}, {17, 18}};
  static const uint8_t v6[][2] = {{128, 129}, {133, 134}, {135, 136}, {130, 131}, {139, 140}, {144, 145}};
  if (protocol == 1) {
    for (const auto& pair : v4)
      for (int i = 0; i < 2; ++i)
        if (pair[i] == type) return pair[1 - i];
  } else {
    for (const auto& pair : v6)
      for (int i = 0; i < 2; ++i)
        if (pair[i] == type) return pair[1 - i];
  }
  return -1;
}

}  // namespace

std::array<uint8_t, 20> flow_digest(const FlowKey& key, uint64_t first_ns) {
  Bytes b;
  b.put("dipper1", 7);
  b.put8(key.ip_version);
  b.put8(key.ip_protocol);
  b.put16(key.vlan_id);
  b.put8(static_cast<uint8_t>(key.tunnel));
  b.put32(key.tunnel_id);
  b.put(key.lower_address, 16);
  b.put16(key.lower_port);
  b.put(key.upper_address, 16);
  b.put16(key.upper_port);
  b.put64(first_ns / 1000);
  return sha1(b.data, b.size);
}

std::string community_id(const FlowKey& key, uint8_t icmp_type, uint8_t icmp_code, bool from_lower, uint16_t seed) {
  const size_t length = key.ip_version == 4 ? 4 : 16;
  const uint8_t* source = from_lower ? key.lower_address : key.upper_address;
  const uint8_t* destination = from_lower ? key.upper_address : key.lower_address;
  uint16_t source_port = from_lower ? key.lower_port : key.upper_port;
  uint16_t destination_port = from_lower ? key.upper_port : key.lower_port;
  bool ports = key.ip_protocol == 6 || key.ip_protocol == 17 || key.ip_protocol == 132;
  bool ordered = true;
  if (key.ip_protocol == 1 || key.ip_protocol == 58) {
    ports = true;
    source_port = icmp_type;
    const int answer = icmp_counterpart(key.ip_protocol, icmp_type);
    ordered = answer >= 0;
    destination_port = ordered ? static_cast<uint16_t>(answer) : icmp_code;
  }
  const int order = memcmp(source, destination, length);
  if (ordered && (order > 0 || (order == 0 && ports && source_port > destination_port))) {
    std::swap(source, destination);
    std::swap(source_port, destination_port);
  }
  Bytes b;
  b.put16(seed);
  b.put(source, length);
  b.put(destination, length);
  b.put8(key.ip_protocol);
  b.put8(0);
  if (ports) {
    b.put16(source_port);
    b.put16(destination_port);
  }
  const auto digest = sha1(b.data, b.size);
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text = "1:";
  for (size_t i = 0; i < 18; i += 3) {
    const uint32_t v = static_cast<uint32_t>(digest[i]) << 16 | static_cast<uint32_t>(digest[i + 1]) << 8 | digest[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6) text += alphabet[(v >> shift) & 63];
  }
  const uint32_t v = static_cast<uint32_t>(digest[18]) << 16 | static_cast<uint32_t>(digest[19]) << 8;
  text += alphabet[(v >> 18) & 63];
  text += alphabet[(v >> 12) & 63];
  text += alphabet[(v >> 6) & 63];
  text += '=';
  return text;
}

}  // namespace dipper
