// NTP (RFC 5905, 7.3): whose clock a host asks for.
#pragma once
#include "../cursor.h"
#include "reading.h"

namespace dipper {

class Findings;

// One datagram. Version and mode are those of the first; stratum and reference those of the first server that answers.
Reading read_ntp(Cursor message, Findings& findings);

}  // namespace dipper
