// NH for the flow table, a fixed symmetric mix for the choice of a worker, tunnel names.
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

struct Product {
  uint64_t low, high;
};

Product multiply(uint64_t a, uint64_t b) {
#ifdef __SIZEOF_INT128__
  __extension__ using Wide = unsigned __int128;
  const Wide p = static_cast<Wide>(a) * b;
  return {static_cast<uint64_t>(p), static_cast<uint64_t>(p >> 64)};
#else
  const uint64_t al = a & 0xffffffff, ah = a >> 32, bl = b & 0xffffffff, bh = b >> 32;
  const uint64_t ll = al * bl, lh = al * bh, hl = ah * bl;
  const uint64_t middle = (ll >> 32) + (lh & 0xffffffff) + (hl & 0xffffffff);
  return {(ll & 0xffffffff) | middle << 32, ah * bh + (lh >> 32) + (hl >> 32) + (middle >> 32)};
#endif
}

void accumulate(Product& sum, uint64_t a, uint64_t b) {
  const Product p = multiply(a, b);
  sum.low += p.low;
  sum.high += p.high + (sum.low < p.low);
}

}  // namespace

HashSecret HashSecret::random() {
  HashSecret secret;
  if (getrandom(&secret, sizeof secret, 0) != static_cast<ssize_t>(sizeof secret)) {
    std::random_device device;  // kernels before 3.17
    for (uint64_t& word : secret.k) word = static_cast<uint64_t>(device()) << 32 | device();
  }
  return secret;
}

uint64_t hash_flow_key(const FlowKey& key, const HashSecret& secret) {
  const uint64_t* k = secret.k;
  Product sum = multiply(load64(key.lower_address) + k[0], load64(key.lower_address + 8) + k[1]);
  accumulate(sum, load64(key.upper_address) + k[2], load64(key.upper_address + 8) + k[3]);
  accumulate(sum, load64(&key.lower_port) + k[4], load64(&key.vlan_id) + k[5]);  // ports and tunnel id, the rest
  // NH's bound is for the whole 128 bits; two secret multiplications spread it over the bits that choose a bucket.
  const Product folded = multiply(sum.low ^ k[6], sum.high ^ k[7]);
  return folded.low ^ folded.high ^ rotate_left(sum.low, 32);
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
