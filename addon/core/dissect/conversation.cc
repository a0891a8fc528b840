#include "conversation.h"

namespace dipper {

Reading Conversation::show(const Segment& segment, ReadSide read, Findings& findings, ReassemblyBuffers& buffers) {
  if (read_ && read_ != read) return Reading::foreign;
  Side& side = sides_[segment.direction()];
  Side& other = sides_[1 - segment.direction()];
  read_ = read;
  if (side.over) return Reading::more;
  const Reading reading = show(side, segment, findings, buffers);
  if (reading == Reading::more) return Reading::more;
  side.over = true;
  side.assembly.release(buffers);
  if (!other.begun && reading == Reading::foreign) {
    clear(buffers);
    return Reading::foreign;
  }
  return other.over ? Reading::done : Reading::more;
}

Reading Conversation::show(Side& side, const Segment& segment, Findings& findings, ReassemblyBuffers& buffers) {
  Cursor payload = segment.payload;
  if (!side.begun) {
    side.first_sequence = segment.sequence;
    side.begun = true;
  }
  // Sequence numbers wrap (RFC 9293, 3.4); what lies before the first byte was sent again, or is of an earlier message.
  uint32_t offset = segment.sequence - side.first_sequence;
  if (offset & 0x80000000) {
    payload = payload.skip(0u - offset);
    offset = 0;
  }
  if (!payload.size) return Reading::more;
  if (offset == 0 && !side.assembly.started()) {
    const Reading reading = read_(payload, segment.from_client, findings);
    if (reading != Reading::more) return reading;
  }
  if (!side.assembly.add(offset, payload, buffers)) return Reading::done;  // no room: what was read stands
  return read_(side.assembly.whole(), segment.from_client, findings);
}

void Conversation::clear(ReassemblyBuffers& buffers) {
  for (Side& side : sides_) {
    side.assembly.release(buffers);
    side = {};
  }
  read_ = nullptr;
}

}  // namespace dipper
