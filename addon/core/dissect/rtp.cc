// Thread: pure functions over the caller's bytes, guess and findings.
#include "rtp.h"

#include "findings.h"

namespace dipper {
namespace {

constexpr size_t header_size = 12;
constexpr unsigned most_lost = 64;  // between two packets of a capture

// A header of version 2 without padding, and not RTCP on the same port.
bool may_be_rtp(Cursor packet) {
  if (!packet.has(header_size) || (packet.u8(0) & 0xe0) != 0x80) return false;
  const unsigned payload_type = packet.u8(1) & 0x7f;
  return payload_type < 64 || payload_type > 95;  // what RTCP has there (RFC 5761, 4)
}

}  // namespace

Begins rtp_begins(Cursor packet, unsigned direction, RtpGuess& guess) {
  auto& last = guess.of[direction];
  if (!may_be_rtp(packet)) return Begins::no;
  const uint32_t source = packet.be32(8);
  const uint16_t sequence = packet.be16(2);
  const unsigned ahead = static_cast<uint16_t>(sequence - last.sequence);
  if (last.seen && source == last.source && ahead >= 1 && ahead <= most_lost) return Begins::yes;
  // A second packet that does not go on is the end of the guess: other protocols have such bytes, too.
  if (last.seen && source != last.source) return Begins::never;
  last = {source, sequence, true};
  return Begins::perhaps;
}

Reading read_rtp(Cursor packet, Findings& findings) {
  findings.set(Field::rtp_payload_type, uint64_t{packet.u8(1) & 0x7fu});
  findings.set(Field::rtp_ssrc, uint64_t{packet.be32(8)});
  return Reading::done;
}

}  // namespace dipper
