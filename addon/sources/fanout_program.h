// The classic BPF program that deals the packets of one interface to the members of a fanout group
// (packet(7), PACKET_FANOUT_CBPF). The kernel's own PACKET_FANOUT_HASH takes the ports, too, and
// would spread the flows of one pair of hosts over several workers, whose nDPI modules then miss
// what the others learned. Constant.
#pragma once
#include <vector>

#include "sources/packet_filter.h"

namespace dipper {

// Returns the same number for both directions of a pair of IPv4 or IPv6 addresses, also behind up to
// two tags, and 0 for everything else; the kernel takes it modulo the number of members.
const std::vector<FilterInstruction>& fanout_program();

}  // namespace dipper
