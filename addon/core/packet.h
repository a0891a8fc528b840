// What passes between source, decode and worker. Both structs only borrow packet bytes: the views die with the
// burst or batch that holds their block (source.h).
#pragma once
#include <cstdint>

#include "flow_key.h"

namespace dipper {

// A frame as the source found it.
struct PacketView {
  const uint8_t* data;
  uint64_t timestamp_ns;     // since the Unix epoch
  uint32_t captured_length;  // bytes at data
  uint32_t wire_length;      // bytes on the wire, >= captured_length unless the capture lies
  uint16_t link_type;        // LINKTYPE_ value
};

// A decoded packet. Filled whole by decode(): no field that means something keeps a value of the packet before. The first
// cache line is what finds the flow.
struct Packet {
  alignas(16) FlowKey key;
  uint64_t hash;               // of the key, with the decoder's secret
  uint64_t timestamp_ns;       // clamped: never before the packet ahead of it
  const uint8_t* l3;           // innermost IP header
  uint32_t captured_length;    // of the whole frame
  uint32_t wire_length;
  const uint8_t* ethernet;     // outermost Ethernet header (destination MAC, source MAC), or null
  uint16_t l3_length;          // from l3 to the end of the captured frame, link-layer padding included (nDPI wants it), at most 65,535
  uint16_t l4_offset;          // from l3
  uint16_t payload_length;     // L4 payload by the IP length, without padding; a snap length may have cut it
  uint8_t tcp_flags;           // 0 unless TCP, with the first 16 bytes of its header captured
  bool from_lower;             // the sender is the key's lower endpoint
  Tunnel tunnel;               // innermost one it came through, also where that is not part of the key
  bool later_fragment;         // no L4 header in it: counted in its flow, not shown to nDPI
  uint16_t link_type;          // LINKTYPE_ value of the frame
  uint16_t l3_offset;          // from the start of the frame
  uint16_t gtp_offset;         // the same + 1, of the IP header around the innermost GTP-U header; 0: none
  uint32_t tcp_sequence;       // this and the window only where tcp_flags is not 0
  uint16_t tcp_window;         // as in the header: not scaled
  uint8_t dscp;                // of the innermost IP header, still in its place: the two bits below are zero (RFC 2474, 3)
  uint8_t ttl;                 // hop limit of IPv6

  const uint8_t* frame() const { return l3 - l3_offset; }  // captured_length bytes
};
static_assert(sizeof(Packet) == 112, "batches travel from thread to thread: no padding");

constexpr uint8_t tcp_fin = 0x01, tcp_syn = 0x02, tcp_rst = 0x04, tcp_psh = 0x08, tcp_ack = 0x10;

}  // namespace dipper
