#include "flow_id.h"

#include "cursor.h"

namespace dipper {
namespace {

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
  Sha1Message message;
  community_message(key, icmp_type, icmp_code, from_lower, seed, message);
  return sha1(message);
}

// Seed, source, destination, protocol, zero, ports: behind the seed's two bytes every field lies across two words.
void community_message(const FlowKey& key, uint8_t icmp_type, uint8_t icmp_code, bool from_lower, uint16_t seed,
                       Sha1Message& message) {
  const uint8_t* source = from_lower ? key.lower_address : key.upper_address;
  const uint8_t* destination = from_lower ? key.upper_address : key.lower_address;
  uint16_t source_port = from_lower ? key.lower_port : key.upper_port;
  uint16_t destination_port = from_lower ? key.upper_port : key.lower_port;
  const uint8_t protocol = key.ip_protocol;
  bool ports = protocol == 6 || protocol == 17 || protocol == 132;
  bool ordered = true;
  if (protocol == 1 || protocol == 58) {
    ports = true;
    source_port = icmp_type;
    const int answer = icmp_counterpart(protocol, icmp_type);
    ordered = answer >= 0;
    destination_port = ordered ? static_cast<uint16_t>(answer) : icmp_code;
  }
  uint32_t* word = message.words;
  uint32_t carry = seed;
  const auto put = [&](uint32_t value) {
    *word++ = carry << 16 | value >> 16;
    carry = value & 0xffff;
  };
  if (key.ip_version == 4) {
    uint32_t one = load_be32(source), two = load_be32(destination);
    if (ordered && (one > two || (one == two && ports && source_port > destination_port))) {
      std::swap(one, two);
      std::swap(source_port, destination_port);
    }
    put(one);
    put(two);
    message.bits = ports ? 128 : 96;
  } else {
    const int order = memcmp(source, destination, 16);
    if (ordered && (order > 0 || (order == 0 && ports && source_port > destination_port))) {
      std::swap(source, destination);
      std::swap(source_port, destination_port);
    }
    for (int i = 0; i < 16; i += 4) put(load_be32(source + i));
    for (int i = 0; i < 16; i += 4) put(load_be32(destination + i));
    message.bits = ports ? 320 : 288;
  }
  *word++ = carry << 16 | uint32_t{protocol} << 8;
  if (ports) *word++ = uint32_t{source_port} << 16 | destination_port;
  *word++ = uint32_t{1} << 31;
  message.count = static_cast<uint32_t>(word - message.words);
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

// Twenty bytes: three times six, which are eight characters, and two.
char* write_community_id(const Sha1Digest& hash, char* out) {
  memcpy(out, "1:", 2);
  out += 2;
  for (size_t i = 0; i < 18; i += 6, out += 8) {
    const uint64_t v = load_be64(&hash[i]);
    memcpy(out, base64_pairs.of[v >> 52], 2);
    memcpy(out + 2, base64_pairs.of[v >> 40 & 4095], 2);
    memcpy(out + 4, base64_pairs.of[v >> 28 & 4095], 2);
    memcpy(out + 6, base64_pairs.of[v >> 16 & 4095], 2);
  }
  const uint32_t last = load_be16(&hash[18]);
  memcpy(out, base64_pairs.of[last >> 4], 2);
  memcpy(out + 2, base64_pairs.of[(last & 15) << 8], 1);
  out[3] = '=';
  return out + 4;
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
