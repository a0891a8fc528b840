#include "flow_id.h"

#include "sha1.h"

namespace dipper {
namespace {

struct Bytes {
  uint8_t data[48];
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

Sha1Digest community_hash(const FlowKey& key, uint8_t icmp_type, uint8_t icmp_code, bool from_lower, uint16_t seed) {
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
  return sha1(b.data, b.size);
}

char* write_community_id(const Sha1Digest& hash, char* out) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  *out++ = '1';
  *out++ = ':';
  for (size_t i = 0; i < 18; i += 3) {
    const uint32_t v = static_cast<uint32_t>(hash[i]) << 16 | static_cast<uint32_t>(hash[i + 1]) << 8 | hash[i + 2];
    *out++ = alphabet[v >> 18];
    *out++ = alphabet[(v >> 12) & 63];
    *out++ = alphabet[(v >> 6) & 63];
    *out++ = alphabet[v & 63];
  }
  const uint32_t v = static_cast<uint32_t>(hash[18]) << 16 | static_cast<uint32_t>(hash[19]) << 8;
  *out++ = alphabet[v >> 18];
  *out++ = alphabet[(v >> 12) & 63];
  *out++ = alphabet[(v >> 6) & 63];
  *out++ = '=';
  return out;
}

std::string community_id(const Sha1Digest& hash) {
  char text[30];
  return {text, static_cast<size_t>(write_community_id(hash, text) - text)};
}

Sha1Digest flow_digest(const Sha1Digest& hash, const FlowKey& key, uint64_t first_ns) {
  constexpr uint64_t odd = 0x9e3779b97f4a7c15;
  const uint64_t time = first_ns / 1000 * odd;
  const uint64_t carried = (static_cast<uint64_t>(key.vlan_id) << 40 | static_cast<uint64_t>(key.tunnel) << 32 |
                            key.tunnel_id) * odd;
  Sha1Digest digest = hash;
  for (int i = 0; i < 8; ++i) {
    digest[static_cast<size_t>(i)] ^= static_cast<uint8_t>(time >> (56 - 8 * i));
    digest[static_cast<size_t>(8 + i)] ^= static_cast<uint8_t>(carried >> (56 - 8 * i));
  }
  return digest;
}

}  // namespace dipper
