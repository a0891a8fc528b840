// NetBIOS over UDP (RFC 1001, 1002): the name service (port 137) and the datagram service (138).
#pragma once
#include "../cursor.h"
#include "reading.h"

namespace dipper {

class Findings;

// One packet of the name service. Who registers or refreshes a name says its own; a query asks for another's.
Reading read_netbios_name(Cursor packet, Findings& findings);

// One packet of the datagram service: the names of sender and receiver.
Reading read_netbios_datagram(Cursor packet, Findings& findings);

}  // namespace dipper
