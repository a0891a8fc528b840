// Our own dissectors: what libndpi does not read out of packets, or not whole. They look at what the library is shown, and may
// go on for some packets after its last word; never in reference mode. Each is one file with one row in dissectors.cc.
// Thread: a worker's; read-only after construction.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "inspection.h"
#include "reading.h"
#include "rtp.h"
#include "segment.h"
#include "stream_start.h"

namespace dipper {

// A flow's place among them, kept beside nDPI's state.
struct Dissection {
  Inspection* inspection = nullptr;  // null: none wanted the flow so far
  // Rows, a bit each, that the flow may still begin; that want more packets; that want more to say whether they begin.
  uint32_t candidates = 0, reading = 0, waiting = 0;
  RtpGuess rtp;
  StreamStart start;

  bool wants_more() const { return reading | waiting; }
  const Findings* findings() const { return inspection ? &inspection->findings : nullptr; }
};

struct Dissector {
  const char* name;
  uint8_t ip_protocol;              // TCP or UDP
  std::vector<uint16_t> ports;      // one of them is either side's; none: any port
  std::string_view first_bytes;     // of the payload that begins it, each a possible one; none: any
  Begins (*begins)(const Segment&, Dissection&);  // whether this may be the packet that begins it; cheap: asked about every packet
  Reading (*read)(const Segment&, Inspection&);
};

class Dissectors {
 public:
  Dissectors();

  // Rows that a flow of these ports may begin; a bit each.
  uint32_t candidates(const FlowKey& key) const noexcept {
    if (key.ip_protocol != ip_protocol_tcp && key.ip_protocol != ip_protocol_udp) return 0;
    const bool udp = key.ip_protocol == ip_protocol_udp;
    return any_port_[udp] | of_port(udp, key.lower_port) | of_port(udp, key.upper_port);
  }

  // Shows a packet of the flow. Most have no payload, or one that no candidate begins with. Of a TCP connection that was seen to
  // open, the first bytes of each direction are shown before what overtook them.
  void look(const Packet& packet, bool from_client, Dissection& dissection, InspectionPool& pool) const {
    if (packet.tcp_flags & tcp_syn) dissection.start.expect(packet.from_lower ? 0 : 1, packet.tcp_sequence + 1);
    if (packet.payload_length == 0 || !(dissection.candidates || dissection.wants_more())) return;
    const Cursor payload = payload_of(packet);
    if (!payload.size) return;
    if (dissection.start.awaits(packet.from_lower ? 0 : 1) && !begins_in_place(packet, dissection.start))
      return begin_stream(packet, payload, from_client, dissection, pool);
    const bool udp = packet.key.ip_protocol == ip_protocol_udp;
    const uint32_t rows = dissection.candidates & by_first_byte_[udp][payload.data[0]];
    if (rows || dissection.wants_more()) examine(segment_of(packet, payload, from_client), rows, dissection, pool);
  }

  // No more packets will be shown: what still waits for the beginning of its stream is shown without it.
  void end(const FlowKey& key, bool client_is_lower, Dissection& dissection, InspectionPool& pool) const {
    if (dissection.start.any_early()) show_all_early(key, client_is_lower, dissection, pool);
  }

 private:
  static constexpr size_t port_slots = 256;
  static size_t slot_of(uint16_t port) { return (port ^ port >> 8) % port_slots; }
  struct PortRow {
    uint16_t port;
    uint32_t rows;
  };
  uint32_t of_port(bool udp, uint16_t port) const noexcept {
    uint32_t rows = 0;
    for (const PortRow& row : by_port_[udp][slot_of(port)])
      if (row.port == port) rows |= row.rows;
    return rows;
  }
  // The usual case. A segment without flags has no known tcp_sequence; begin_stream() looks itself.
  static bool begins_in_place(const Packet& packet, StreamStart& start) {
    return packet.tcp_flags && start.begin_at(packet.from_lower ? 0 : 1, packet.tcp_sequence + (packet.tcp_flags & tcp_syn ? 1 : 0));
  }
  void begin_stream(const Packet& packet, Cursor payload, bool from_client, Dissection& dissection, InspectionPool& pool) const;
  void show_early(const Segment& after, Dissection& dissection, InspectionPool& pool) const;
  void show_all_early(const FlowKey& key, bool client_is_lower, Dissection& dissection, InspectionPool& pool) const;
  void show(const Segment& segment, Dissection& dissection, InspectionPool& pool) const {
    const bool udp = segment.ip_protocol == ip_protocol_udp;
    examine(segment, dissection.candidates & by_first_byte_[udp][segment.payload.data[0]], dissection, pool);
  }
  void examine(const Segment& segment, uint32_t rows, Dissection& dissection, InspectionPool& pool) const;

  const std::vector<Dissector>& rows_;
  uint32_t any_port_[2] = {};              // TCP, UDP
  uint32_t by_first_byte_[2][256] = {};
  std::vector<PortRow> by_port_[2][port_slots];
};

}  // namespace dipper
