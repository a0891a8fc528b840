// RTP (RFC 3550, 5.1): the stream's payload type and source. Nothing in one packet proves that it is RTP; two of one direction
// with the same source, whose sequence numbers go on, do.
#pragma once
#include "../cursor.h"
#include "reading.h"

namespace dipper {

class Findings;

// The last packet of each direction that may be one: kept beside the flow, since thousands of flows of other protocols have
// one packet that may be, and never another.
struct RtpGuess {
  struct {
    uint32_t source = 0;
    uint16_t sequence = 0;
    bool seen = false;
  } of[2];
};

// One datagram of `direction` (0 or 1): `yes` for the one that proves the stream.
Begins rtp_begins(Cursor packet, unsigned direction, RtpGuess& guess);

// The datagram that proved it.
Reading read_rtp(Cursor packet, Findings& findings);

}  // namespace dipper
