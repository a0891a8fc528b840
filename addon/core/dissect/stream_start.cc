// The beginnings of TCP streams, before the table is asked: what is shown at once, what is kept, and until when.
#include "stream_start.h"

#include <utility>

#include "dissectors.h"

namespace dipper {

// A segment of a direction that has not begun. What overtook the first byte is kept for as long as it lies within the first
// flight (ten segments, RFC 6928, 2); nothing of it may have been lost on the way, and then it is shown as it came.
void Dissectors::begin_stream(const Packet& packet, Cursor payload, bool from_client, Dissection& dissection, InspectionPool& pool) const {
  const Segment segment = segment_of(packet, payload, from_client);
  const unsigned direction = segment.direction();
  const uint32_t ahead = segment.sequence - dissection.start.first(direction);  // modulo 2^32 (RFC 9293, 3.4)
  Inspection*& inspection = dissection.inspection;
  const bool waits = ahead > 0 && ahead < Assembly::capacity && (inspection || (inspection = pool.acquire()));
  const bool awaited = ahead == 0 && inspection && inspection->early[direction].started();
  if ((waits || awaited) && inspection->early[direction].add(ahead, segment.payload, inspection->buffers)) {
    dissection.start.keep_early(direction);
    if (ahead) return;
    return show_early(segment, dissection, pool);
  }
  if (ahead == 0) show(segment, dissection, pool);
  show_early(segment, dissection, pool);
  if (ahead) show(segment, dissection, pool);
}

// In order, each stretch of bytes as one segment; `after` has what else is known of it.
void Dissectors::show_early(const Segment& after, Dissection& dissection, InspectionPool& pool) const {
  const unsigned direction = after.direction();
  if (!dissection.start.begin(direction)) return;
  ReassemblyBuffers& buffers = dissection.inspection->buffers;
  // Its block must outlive the inspection, which goes when none of the segments is wanted.
  Assembly early = std::exchange(dissection.inspection->early[direction], {});
  Segment segment = after;
  const auto show_from = [&](size_t offset, Cursor bytes) {
    segment.sequence = dissection.start.first(direction) + static_cast<uint32_t>(offset);
    segment.payload = bytes;
    show(segment, dissection, pool);
  };
  if (early.whole().size) show_from(0, early.whole());
  for (size_t i = 0; i < early.ranges(); ++i) show_from(early.range(i).from, early.range_bytes(i));
  early.release(buffers);
}

void Dissectors::show_all_early(const FlowKey& key, bool client_is_lower, Dissection& dissection, InspectionPool& pool) const {
  for (const bool from_lower : {client_is_lower, !client_is_lower})
    show_early(segment_of(key, from_lower, from_lower == client_is_lower), dissection, pool);
}

}  // namespace dipper
