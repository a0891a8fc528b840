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
  // Keeps `detection.soft` up to date. Most packets begin with a byte that no row begins with: 25
  // instructions.
  void look(const Packet& packet, bool first, Detection& detection) const noexcept {
    const Cursor payload = payload_of(packet);
    const uint16_t rows =
        payload.size ? rows_by_first_byte_[packet.key.ip_protocol == protocol_udp][payload.data[0]]
                     : 0;
    if (rows | detection.soft) examine(payload, rows, first, detection);
  }

  // Takes `detection.soft` back where the library's answer stands. A row overrules no answer, a
  // guess by port, and the answers in its list of known mistakes.
  void settle(Detection& detection) const noexcept;

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
    const Cursor l3{packet.l3, packet.l3_length};
    size_t header = 8;
    if (packet.key.ip_protocol == protocol_tcp) {
      if (!l3.has(packet.l4_offset + 20u)) return {nullptr, 0};
      header = static_cast<size_t>(l3.u8(packet.l4_offset + 12u) >> 4) * 4;
      if (header < 20) return {nullptr, 0};
    } else if (packet.key.ip_protocol != protocol_udp) {
      return {nullptr, 0};
    }
    const size_t at = packet.l4_offset + header;
    if (packet.later_fragment || !l3.has(at + packet.payload_length)) return {nullptr, 0};
    return {l3.data + at, packet.payload_length};
  }
  const Row* row_of(uint16_t protocol) const noexcept;
  void examine(Cursor payload, uint16_t rows, bool first, Detection& detection) const noexcept;

  std::vector<Row> rows_;
  uint16_t rows_by_first_byte_[2][256] = {};  // TCP, UDP: bit n = row n may match
  int by_port_ = -1;                          // the library's confidence of that name
};

}  // namespace dipper
