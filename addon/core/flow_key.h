// The identity of a flow: a canonical five-tuple with VLAN and tunnel, fixed size, compared whole.
// Lower and upper are the two (address, port) pairs in byte order, so both directions give one key.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

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

  bool operator==(const FlowKey& other) const { return memcmp(this, &other, sizeof *this) == 0; }
};
static_assert(sizeof(FlowKey) == 48, "FlowKey has no hidden padding");

// Equality with a key that lies at a multiple of 16, without a branch: 10 instructions.
inline bool same_key(const FlowKey& one, const FlowKey& aligned) {
#ifdef __SSE2__
  const auto* a = reinterpret_cast<const __m128i*>(&one);
  const auto* b = reinterpret_cast<const __m128i*>(&aligned);
  const __m128i equal = _mm_and_si128(
      _mm_and_si128(_mm_cmpeq_epi8(_mm_loadu_si128(a), b[0]), _mm_cmpeq_epi8(_mm_loadu_si128(a + 1), b[1])),
      _mm_cmpeq_epi8(_mm_loadu_si128(a + 2), b[2]));
  return _mm_movemask_epi8(equal) == 0xffff;
#else
  return one == aligned;
#endif
}

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
inline uint64_t hash_key_words(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4, uint64_t w5,
                               const HashSecret& secret) {
  const uint64_t* k = secret.k;
  const Product sum =
      multiply(w0 + k[0], w1 + k[1]) + multiply(w2 + k[2], w3 + k[3]) + multiply(w4 + k[4], w5 + k[5]);
  // NH's bound is for the whole 128 bits; two secret words spread it over the bits that choose a bucket.
  const Product folded = multiply(sum.low() ^ k[6], sum.high() ^ k[7]);
  return folded.low() ^ folded.high() ^ (sum.low() << 32 | sum.low() >> 32);
}

inline uint64_t hash_flow_key(const FlowKey& key, const HashSecret& secret) {
  uint64_t w[6];  // the addresses, then the ports with the tunnel id, and the rest
  memcpy(w, &key, sizeof w);
  return hash_key_words(w[0], w[1], w[2], w[3], w[4], w[5], secret);
}

// Symmetric hash of the address pair alone, without a secret: the same pair goes to the same worker in every
// run, so nDPI's per-module caches see a host's DNS and its TLS, and a replay is deterministic.
uint32_t hash_address_pair(const FlowKey& key);

}  // namespace dipper
