// Identifiers of a flow that do not depend on thread, run or machine.
#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "flow_key.h"
#include "sha1.h"

namespace dipper {

// SHA-1 of the flow's tuple as Community ID v1 defines it (https://github.com/corelight/community-id-spec) with the
// given seed. For ICMP and ICMPv6 the type and code of the flow's first packet stand in for the ports, sent by lower when
// `from_lower`. Tunnelled flows: the inner tuple.
Sha1Digest community_hash(const FlowKey& key, uint8_t icmp_type, uint8_t icmp_code, bool from_lower, uint16_t seed = 0);
// What it hashes, for who hashes several together.
void community_message(const FlowKey& key, uint8_t icmp_type, uint8_t icmp_code, bool from_lower, uint16_t seed,
                       Sha1Message& message);

// "1:" and the base64 of it, 30 characters; `out` holds as many. Returns past the last one.
char* write_community_id(const Sha1Digest& hash, char* out);
std::string community_id(const Sha1Digest& hash);

// The flow's digest: community_hash with seed 0, its bytes 0 to 7 xor-ed with M(first packet's time in microseconds), bytes
// 8 to 15 with M(vlan_id << 40 | tunnel << 32 | tunnel_id), big-endian, M(x) = x * 0x9e3779b97f4a7c15 mod 2^64. M is a
// bijection, so two records of one tuple never share a digest unless time, VLAN and tunnel are all the same.
Sha1Digest flow_digest(const Sha1Digest& hash, const FlowKey& key, uint64_t first_ns);

}  // namespace dipper
