// Our own recognisers for protocols that the library names wrongly or not at all. They look at the
// packets that it is shown, in default mode only; the `ndpi` object of a line goes on saying what
// the library said. Thread: a worker's; read-only after construction, so nothing in it is locked.
#pragma once
#include <cstdint>
#include <vector>

#include "cursor.h"
#include "dpi.h"
#include "packet.h"

namespace dipper {

class SoftDissectors {
 public:
  // Rows of the table whose protocol this library does not know are left out.
  explicit SoftDissectors(const Dpi& dpi);

  // Call after the library has seen the packet; `first`: the first that it was shown of the flow.
  // Keeps `detection.soft` up to date. Few packets begin with a byte that some row begins with:
  // 20 instructions a packet on average, measured with callgrind.
  void look(const Packet& packet, bool first, Detection& detection) const noexcept {
    if (packet.payload_length == 0) return settle(detection);
    const Cursor payload = payload_of(packet);
    const bool is_udp = packet.key.ip_protocol == protocol_udp;
    const uint16_t rows = payload.size ? rows_by_first_byte_[is_udp][payload.data[0]] : 0;
    if (rows | detection.soft) examine(payload, rows, first, detection);
  }

  // Takes `detection.soft` back where the library's answer stands. A row overrules no answer, a
  // guess by port, and the answers in its list of known mistakes.
  void settle(Detection& detection) const noexcept {
    if (detection.soft && !overrules(detection)) detection.soft = 0;
  }

  // The protocol was found and one packet was enough: no need to wait for the library's last word.
  bool certain(const Detection& detection) const noexcept;

 private:
  struct Row {
    bool (*match)(Cursor payload) noexcept;
    uint16_t protocol;
    uint16_t mistakes[2];  // ids; the row's own where there is none
    bool every_packet;
  };
  static constexpr uint8_t protocol_tcp = 6, protocol_udp = 17;

  // Empty unless it is TCP or UDP and captured whole.
  static Cursor payload_of(const Packet& packet) noexcept {
    size_t at = packet.l4_offset + 8u;
    if (packet.key.ip_protocol == protocol_tcp) {
      if (packet.l3_length < packet.l4_offset + 20u) return {nullptr, 0};
      const unsigned header = (packet.l3[packet.l4_offset + 12u] & 0xf0u) / 4;
      if (header < 20) return {nullptr, 0};
      at = packet.l4_offset + header;
    } else if (packet.key.ip_protocol != protocol_udp) {
      return {nullptr, 0};
    }
    if (packet.l3_length < at + packet.payload_length) return {nullptr, 0};
    return {packet.l3 + at, packet.payload_length};
  }
  bool overrules(const Detection& detection) const noexcept;
  const Row* row_of(uint16_t protocol) const noexcept;
  void examine(Cursor payload, uint16_t rows, bool first, Detection& detection) const noexcept;

  std::vector<Row> rows_;
  uint16_t rows_by_first_byte_[2][256] = {};  // TCP, UDP: bit n = row n may match
  int by_port_ = -1;                          // the library's confidence of that name
};

}  // namespace dipper
