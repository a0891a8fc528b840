// STUN (RFC 8489) and TURN (RFC 8656): the addresses that a host has on the other side of its NAT.
#pragma once
#include "../cursor.h"
#include "reading.h"

namespace dipper {

class Findings;

// Whether it is one message, as a datagram or as the beginning of a segment. Messages of RFC 3489, without the magic cookie, count
// when `by_port` says that the flow is STUN's anyway: their structure proves little.
bool is_stun(Cursor message, bool by_port);

// One message; what a later one says as well replaces what an earlier one said.
Reading read_stun(Cursor message, bool by_port, Findings& findings);

}  // namespace dipper
