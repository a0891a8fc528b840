// RTP (RFC 3550, 5.1): the stream's payload type and source. Nothing in one packet proves that it is RTP; two of one direction
// with the same source, whose sequence numbers go on, do.
#pragma once
#include "../cursor.h"
#include "reading.h"

namespace dipper {

class Findings;

// The last packet of each direction that may be one.
struct RtpState {
  struct {
    uint32_t source = 0;
    uint16_t sequence = 0;
    bool seen = false;
  } of[2];
};

// A header of version 2 without padding, and not RTCP on the same port.
bool rtp_begins(Cursor packet);

// One datagram of `direction` (0 or 1).
Reading read_rtp(Cursor packet, unsigned direction, RtpState& state, Findings& findings);

}  // namespace dipper
