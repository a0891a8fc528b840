// What a client says of itself when it asks for an address: DHCP (RFC 2131, 2132) and DHCPv6 (RFC 8415).
#pragma once
#include "../cursor.h"
#include "reading.h"

namespace dipper {

class Findings;

// One datagram. The first that says something counts; clients say it before servers.
Reading read_dhcp(Cursor message, Findings& findings);
Reading read_dhcpv6(Cursor message, Findings& findings);

}  // namespace dipper
