#include "flow_id.h"

namespace dipper {
namespace {

struct Bytes {
  uint8_t* end;
  void put(const void* p, size_t n) {
    memcpy(end, p, n);
    end += n;
  }
  void put8(uint8_t v) { *end++ = v; }
  void put16(uint16_t v) {
    put8(static_cast<uint8_t>(v >> 8));
    put8(static_cast<uint8_t>(v));
  }
};

uint64_t big_endian(uint64_t v) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  return __builtin_bswap64(v);
#else
  return v;
#endif
}

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
  Sha1Block block;
  community_block(key, icmp_type, icmp_code, from_lower, seed, block);
  return sha1(block);
}

void community_block(const FlowKey& key, uint8_t icmp_type, uint8_t icmp_code, bool from_lower, uint16_t seed,
                     Sha1Block& block) {
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
  Bytes b{block.bytes};
  b.put16(seed);
  if (length == 4) {
    b.put(source, 4);
    b.put(destination, 4);
  } else {
    b.put(source, 16);
    b.put(destination, 16);
  }
  b.put8(key.ip_protocol);
  b.put8(0);
  if (ports) {
    b.put16(source_port);
    b.put16(destination_port);
  }
  sha1_pad(block, static_cast<size_t>(b.end - block.bytes));
}

namespace {

// Two characters of base64 for each 12 bits: half the look-ups, 8 KB.
struct Base64Pairs {
  char of[4096][2];
  Base64Pairs() {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (unsigned i = 0; i < 4096; ++i) {
      of[i][0] = alphabet[i >> 6];
      of[i][1] = alphabet[i & 63];
    }
  }
};
const Base64Pairs base64_pairs;

}  // namespace

char* write_community_id(const Sha1Digest& hash, char* out) {
  *out++ = '1';
  *out++ = ':';
  for (size_t i = 0; i < 20; i += 3, out += 4) {
    const uint32_t third = i < 18 ? hash[i + 2] : 0;
    const uint32_t v = static_cast<uint32_t>(hash[i]) << 16 | static_cast<uint32_t>(hash[i + 1]) << 8 | third;
    memcpy(out, base64_pairs.of[v >> 12], 2);
    memcpy(out + 2, base64_pairs.of[v & 4095], 2);
  }
  out[-1] = '=';  // 20 bytes: one short of seven threes
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
  uint64_t first, second;
  memcpy(&first, hash.data(), 8);
  memcpy(&second, hash.data() + 8, 8);
  first ^= big_endian(time);
  second ^= big_endian(carried);
  Sha1Digest digest = hash;
  memcpy(digest.data(), &first, 8);
  memcpy(digest.data() + 8, &second, 8);
  return digest;
}

}  // namespace dipper
