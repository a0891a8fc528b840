// SNMP v1 to v3 (RFC 1157, 3416, 3412): version and operation. The community is a password and is not told.
#pragma once
#include "../cursor.h"
#include "reading.h"

namespace dipper {

class Findings;

// One datagram; the first counts.
Reading read_snmp(Cursor message, Findings& findings);

}  // namespace dipper
