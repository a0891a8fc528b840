// What the GTP-U header of a decoded packet says, for the few who want more than what is in it.
// Thread: any; pure.
#pragma once
#include "core/packet.h"

namespace dipper {

// Borrows the frame's bytes. Numbers in host order.
struct GtpHeader {
  const uint8_t* source;  // of the IP header around it: 4 or 16 bytes, the destination right behind
  uint32_t teid;          // which the receiver has assigned (3GPP TS 29.281 section 5.1)
  uint16_t source_port, destination_port;
  uint8_t ip_version;
  uint8_t dscp;  // still in its place, the two bits below zero
  uint8_t version;
};

// The innermost one that the packet came through. False: through none, or reference mode took for one
// what is none.
bool read_gtp(const Packet& packet, GtpHeader& header) noexcept;

}  // namespace dipper
