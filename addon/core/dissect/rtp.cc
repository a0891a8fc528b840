// Thread: a pure function over the caller's bytes, state and findings.
#include "rtp.h"

#include "findings.h"

namespace dipper {
namespace {

constexpr size_t header_size = 12;
constexpr unsigned most_lost = 64;  // between two packets of a capture

}  // namespace

bool rtp_begins(Cursor packet) {
  if (!packet.has(header_size) || (packet.u8(0) & 0xe0) != 0x80) return false;
  const unsigned payload_type = packet.u8(1) & 0x7f;
  return payload_type < 64 || payload_type > 95;  // what RTCP has there (RFC 5761, 4)
}

Reading read_rtp(Cursor packet, unsigned direction, RtpState& state, Findings& findings) {
  auto& last = state.of[direction];
  if (!rtp_begins(packet)) return last.seen ? Reading::more : Reading::foreign;
  const uint32_t source = packet.be32(8);
  const uint16_t sequence = packet.be16(2);
  const unsigned ahead = static_cast<uint16_t>(sequence - last.sequence);
  if (last.seen && source == last.source && ahead >= 1 && ahead <= most_lost) {
    findings.set(Field::rtp_payload_type, uint64_t{packet.u8(1) & 0x7fu});
    findings.set(Field::rtp_ssrc, uint64_t{source});
    return Reading::done;
  }
  // A second packet that does not go on is the end of the guess: other protocols have such bytes, too.
  if (last.seen && source != last.source) return Reading::done;
  last = {source, sequence, true};
  return Reading::more;
}

}  // namespace dipper
