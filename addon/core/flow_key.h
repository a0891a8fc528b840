// The identity of a flow: a canonical five-tuple with VLAN and tunnel, fixed size, compared whole.
// Lower and upper are the two (address, port) pairs in byte order, so both directions give one key.
#pragma once
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

  bool operator==(const FlowKey& other) const { return memcmp(this, &other, sizeof *this) == 0; }
};
static_assert(sizeof(FlowKey) == 48, "FlowKey has no hidden padding");

// The flow table's secret; random per process so that nobody can aim at a bucket.
struct HashSecret {
  uint64_t k[8];
  static HashSecret random();  // getrandom(2)
};

// Keyed 64-bit hash: NH of UMAC (Black, Halevi, Krawczyk, Krovetz, Rogaway, CRYPTO 1999) over the key as six 64-bit
// words, folded. Whoever chooses two keys without seeing the secret or the hashes makes NH collide with probability
// 2^-63 at most. About 30 instructions, a quarter of SipHash-1-3.
uint64_t hash_flow_key(const FlowKey& key, const HashSecret& secret);

// Symmetric hash of the address pair alone, without a secret: the same pair goes to the same worker in every
// run, so nDPI's per-module caches see a host's DNS and its TLS, and a replay is deterministic.
uint32_t hash_address_pair(const FlowKey& key);

}  // namespace dipper
