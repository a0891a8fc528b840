// SSDP (UPnP Device Architecture 2.0, 1): searches, announcements and answers, HTTP's headers in datagrams.
#pragma once
#include "../cursor.h"
#include "reading.h"

namespace dipper {

class Findings;

// One datagram. The first one counts; a later one adds what was not said before (a search has no server).
Reading read_ssdp(Cursor message, Findings& findings);

}  // namespace dipper
