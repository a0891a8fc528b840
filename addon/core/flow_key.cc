// SipHash-1-3 for the flow table, a fixed symmetric mix for the choice of a worker, tunnel names.
#include "flow_key.h"

#include <sys/random.h>

#include <random>

namespace dipper {
namespace {

uint64_t load64(const void* p) {
  uint64_t v;
  memcpy(&v, p, sizeof v);
  return v;
}

uint64_t rotate_left(uint64_t x, int b) { return (x << b) | (x >> (64 - b)); }

// The four words of SipHash's state (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012, section 2).
struct Sip {
  uint64_t v0, v1, v2, v3;
  explicit Sip(const HashSecret& s)
      : v0(s.k0 ^ 0x736f6d6570736575), v1(s.k1 ^ 0x646f72616e646f6d), v2(s.k0 ^ 0x6c7967656e657261),
        v3(s.k1 ^ 0x7465646279746573) {}
  void round() {
    v0 += v1;
    v1 = rotate_left(v1, 13) ^ v0;
    v0 = rotate_left(v0, 32);
    v2 += v3;
    v3 = rotate_left(v3, 16) ^ v2;
    v0 += v3;
    v3 = rotate_left(v3, 21) ^ v0;
    v2 += v1;
    v1 = rotate_left(v1, 17) ^ v2;
    v2 = rotate_left(v2, 32);
  }
  void absorb(uint64_t m) {
    v3 ^= m;
    round();
    v0 ^= m;
  }
  uint64_t finish() {
    v2 ^= 0xff;
    round();
    round();
    round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

HashSecret HashSecret::random() {
  HashSecret secret;
  if (getrandom(&secret, sizeof secret, 0) != static_cast<ssize_t>(sizeof secret)) {
    std::random_device device;  // kernels before 3.17
    secret.k0 = (static_cast<uint64_t>(device()) << 32) | device();
    secret.k1 = (static_cast<uint64_t>(device()) << 32) | device();
  }
  return secret;
}

uint64_t hash_flow_key(const FlowKey& key, const HashSecret& secret) {
  Sip sip(secret);
  const uint64_t ports = load64(&key.lower_port);                 // ports, tunnel_id
  const uint64_t rest = load64(&key.vlan_id);                     // vlan, version, protocol, tunnel, zero
  if (key.ip_version == 4) {
    // The rest of both addresses is zero: 3 words carry the whole key (the version is in `rest`).
    uint32_t lower, upper;
    memcpy(&lower, key.lower_address, 4);
    memcpy(&upper, key.upper_address, 4);
    sip.absorb((static_cast<uint64_t>(upper) << 32) | lower);
  } else {
    sip.absorb(load64(key.lower_address));
    sip.absorb(load64(key.lower_address + 8));
    sip.absorb(load64(key.upper_address));
    sip.absorb(load64(key.upper_address + 8));
  }
  sip.absorb(ports);
  sip.absorb(rest);
  return sip.finish();
}

uint32_t hash_address_pair(const FlowKey& key) {
  // Lower and upper are in canonical order already, so both directions agree. The multiplier is the odd
  // 64-bit golden ratio constant; two rounds spread neighbouring addresses over the workers.
  uint64_t h = load64(key.lower_address) ^ rotate_left(load64(key.lower_address + 8), 29);
  h = (h ^ (h >> 32)) * 0x9e3779b97f4a7c15;
  h ^= load64(key.upper_address) + rotate_left(load64(key.upper_address + 8), 17);
  h = (h ^ (h >> 29)) * 0x9e3779b97f4a7c15;
  return static_cast<uint32_t>(h >> 32);
}

const char* tunnel_name(Tunnel tunnel) {
  static const char* const names[tunnel_count] = {"none", "gtp_u",    "capwap", "tzsp",
                                                  "gre",  "vxlan", "ip_in_ip", "teredo"};
  const auto i = static_cast<unsigned>(tunnel);
  return i < tunnel_count ? names[i] : "none";
}

}  // namespace dipper
