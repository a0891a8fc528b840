// The beginnings of both sides of a TCP connection, put together for dissectors whose messages may spread over segments. What
// is whole in its first segment is read where it lies; only what is not is copied (assembly.h). Thread: the worker's.
#pragma once
#include "assembly.h"
#include "reading.h"
#include "segment.h"

namespace dipper {

class Findings;

// Reads all that one side sent so far. Called again with more bytes after Reading::more, so it gives the same and more.
using ReadSide = Reading (*)(Cursor bytes, bool from_client, Findings& findings);

class Conversation {
 public:
  // Shows a segment to `read`, whose connection this is until clear(): another's segments are foreign. Done when both sides
  // are; foreign when the side that began it is.
  Reading show(const Segment& segment, ReadSide read, Findings& findings, ReassemblyBuffers& buffers);
  void clear(ReassemblyBuffers& buffers);

 private:
  struct Side {
    Assembly assembly;
    uint32_t first_sequence = 0;
    bool begun = false, over = false;
  };
  Reading show(Side& side, const Segment& segment, Findings& findings, ReassemblyBuffers& buffers);

  ReadSide read_ = nullptr;
  Side sides_[2];  // of the lower endpoint, of the upper one
};

}  // namespace dipper
