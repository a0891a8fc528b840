// The identity of a flow: a canonical five-tuple with VLAN and tunnel, fixed size, compared whole.
// Lower and upper are the two (address, port) pairs in byte order, so both directions give one key.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace dipper {

// How an inner packet was carried. The order is part of the message schema (src/messages/flow.ts).
enum class Tunnel : uint8_t { none, gtp_u, capwap, tzsp, gre, vxlan, ip_in_ip, teredo };
constexpr int tunnel_count = 8;
const char* tunnel_name(Tunnel tunnel);  // "none", "gtp_u", ...

struct FlowKey {
  uint8_t lower_address[16];  // network order; IPv4 in the first four bytes, the rest zero
  uint8_t upper_address[16];
  uint16_t lower_port;        // host order; 0 unless TCP, UDP or SCTP with a complete port pair
  uint16_t upper_port;
  uint32_t tunnel_id;         // VXLAN VNI, GRE key; 0 where the id differs by direction (GTP-U TEID)
  uint16_t vlan_id;           // innermost tag, 12 bits
  uint8_t ip_version;         // 4 or 6
  uint8_t ip_protocol;        // IANA protocol number
  Tunnel tunnel;
  uint8_t zero[3];            // padding, always zero: the key is compared and hashed as bytes

  // Three vector registers without a branch: a call of memcmp costs more than the comparison.
  bool operator==(const FlowKey& other) const {
    typedef uint64_t Pair __attribute__((vector_size(16)));
    Pair mine[3], others[3];
    memcpy(mine, this, sizeof mine);
    memcpy(others, &other, sizeof others);
    const Pair difference = (mine[0] ^ others[0]) | (mine[1] ^ others[1]) | (mine[2] ^ others[2]);
    return (difference[0] | difference[1]) == 0;
  }
};
static_assert(sizeof(FlowKey) == 48, "FlowKey has no hidden padding");

// A 128-bit product and the sum of such, mod 2^128.
#ifdef __SIZEOF_INT128__
struct Product {
  __extension__ using Wide = unsigned __int128;
  Wide value;
  uint64_t low() const { return static_cast<uint64_t>(value); }
  uint64_t high() const { return static_cast<uint64_t>(value >> 64); }
  Product operator+(const Product& other) const { return {value + other.value}; }
};
inline Product multiply(uint64_t a, uint64_t b) { return {static_cast<Product::Wide>(a) * b}; }
#else
struct Product {
  uint64_t low_, high_;
  uint64_t low() const { return low_; }
  uint64_t high() const { return high_; }
  Product operator+(const Product& other) const {
    const uint64_t sum = low_ + other.low_;
    return {sum, high_ + other.high_ + (sum < low_)};
  }
};
inline Product multiply(uint64_t a, uint64_t b) {
  const uint64_t al = a & 0xffffffff, ah = a >> 32, bl = b & 0xffffffff, bh = b >> 32;
  const uint64_t ll = al * bl, lh = al * bh, hl = ah * bl;
  const uint64_t middle = (ll >> 32) + (lh & 0xffffffff) + (hl & 0xffffffff);
  return {(ll & 0xffffffff) | middle << 32, ah * bh + (lh >> 32) + (hl >> 32) + (middle >> 32)};
}
#endif

// The flow table's secret; random per process so that nobody can aim at a bucket.
struct HashSecret {
  uint64_t k[8];
  static HashSecret random();  // getrandom(2)
};

// Keyed 64-bit hash: NH of UMAC (Black, Halevi, Krawczyk, Krovetz, Rogaway, CRYPTO 1999) over the key as six 64-bit
// words, folded. Whoever chooses two keys without seeing the secret or the hashes makes NH collide with probability
// 2^-63 at most. About 40 instructions, a third of SipHash-1-3.
inline uint64_t hash_flow_key(const FlowKey& key, const HashSecret& secret) {
  const uint64_t* k = secret.k;
  const auto word = [&key](size_t i) {
    uint64_t v;
    memcpy(&v, reinterpret_cast<const char*>(&key) + 8 * i, 8);
    return v;
  };
  // Words 4 and 5 are the ports with the tunnel id, and the rest.
  const Product sum = multiply(word(0) + k[0], word(1) + k[1]) + multiply(word(2) + k[2], word(3) + k[3]) +
                      multiply(word(4) + k[4], word(5) + k[5]);
  // NH's bound is for the whole 128 bits; two secret words spread it over the bits that choose a bucket.
  const Product folded = multiply(sum.low() ^ k[6], sum.high() ^ k[7]);
  return folded.low() ^ folded.high() ^ (sum.low() << 32 | sum.low() >> 32);
}

// Symmetric hash of the address pair alone, without a secret: the same pair goes to the same worker in every
// run, so nDPI's per-module caches see a host's DNS and its TLS, and a replay is deterministic.
uint32_t hash_address_pair(const FlowKey& key);

}  // namespace dipper
