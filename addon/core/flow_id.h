// Identifiers of a flow that do not depend on thread, run or machine.
#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "flow_key.h"

namespace dipper {

// SHA-1 over 53 bytes: "dipper1" (7), ip_version, ip_protocol, vlan_id (2, big-endian), tunnel, tunnel_id (4, big-endian), lower
// address (4 or 16, zero-padded to 16), lower port (2, big-endian), upper address (16), upper port (2), first packet's
// time in microseconds (8, big-endian). Two records of one five-tuple differ by the time.
std::array<uint8_t, 20> flow_digest(const FlowKey& key, uint64_t first_ns);

// Community ID v1 (https://github.com/corelight/community-id-spec), "1:" and base64, with the given seed. For ICMP
// and ICMPv6 the type and code of the flow's first packet stand in for the ports, sent by lower when `from_lower`.
// Tunnelled flows use the inner addresses.
std::string community_id(const FlowKey& key, uint8_t icmp_type, uint8_t icmp_code, bool from_lower, uint16_t seed = 0);

}  // namespace dipper
