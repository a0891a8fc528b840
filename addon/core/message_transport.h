// The members of a line that say how a flow's packets travelled: DSCP and TTL by side, the course of its TCP connection, its
// first packets. Each function writes at `p` and returns the end; none writes more than most_transport bytes.
// Thread: a worker's.
#pragma once
#include <cstddef>

#include "flow.h"

namespace dipper {

constexpr size_t most_transport = 4096;

// `,"ip_dscp":N`: of the flow's first packet.
char* write_first_dscp(const Flow& flow, char* p);

// Of the record so far. `local`: index of the local side in the flow's pairs.
char* write_transport(const Flow& flow, int local, char* p);

// `,"tcp":{...}` since the last flow_stats; nothing for other protocols.
char* write_tcp_since(const Flow& flow, char* p);

}  // namespace dipper
