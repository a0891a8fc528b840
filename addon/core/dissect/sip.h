// SIP (RFC 3261): who calls whom, and with what.
#pragma once
#include "../cursor.h"
#include "reading.h"

namespace dipper {

class Findings;

// Whether the first line is one of a request or a response.
bool sip_begins(Cursor payload);

// One message from its first byte; over TCP all that a side sent so far. The first request counts, and what later messages
// say that it did not.
Reading read_sip(Cursor message, Findings& findings);

}  // namespace dipper
