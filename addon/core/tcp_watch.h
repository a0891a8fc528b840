// What is watched of a TCP connection: where each direction's next byte is expected, segments that are elsewhere, the
// handshake's two halves, the receive windows. A segment in its place costs the worker a comparison and four stores and never
// comes here. Thread: the worker's.
//
// A retransmission is a segment with bytes that were seen before, or that fills a gap later than packets overtake each other. A
// sequence error is a segment that begins beyond the next byte expected (something is missing, here or on the way), and
// one that fills such a gap at once (it was overtaken). Keep-alives (RFC 9293, 3.8.4) are neither.
#pragma once
#include <cstdint>

#include "flow_extra.h"
#include "packet.h"

namespace dipper {

enum class TcpEvent : uint8_t { none, retransmission, sequence_error, reset, no_memory };

// A segment that has SYN, FIN or RST, or does not begin at flow.next_sequence. Call before flow.last_ns has become its time
// and before its flags have been taken note of.
TcpEvent watch_segment(Flow& flow, const Packet& packet, FlowExtras& extras);

// What the next segment of the direction begins with is not known any more.
inline void forget_sequence(Flow& flow, int direction) {
  if (direction == 0)
    flow.sequence_lower = false;
  else
    flow.sequence_upper = false;
}

}  // namespace dipper
