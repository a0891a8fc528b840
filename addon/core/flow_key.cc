// The flow table's secret, a fixed symmetric mix for the choice of a worker, tunnel names.
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

}  // namespace

HashSecret HashSecret::random() {
  HashSecret secret;
  if (getrandom(&secret, sizeof secret, 0) != static_cast<ssize_t>(sizeof secret)) {
    std::random_device device;  // kernels before 3.17
    for (uint64_t& word : secret.k) word = static_cast<uint64_t>(device()) << 32 | device();
  }
  return secret;
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
