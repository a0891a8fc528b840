// What a dissector says after a packet, and a parser after the bytes of one side so far.
#pragma once
#include <cstdint>

namespace dipper {

// Whether a packet begins what a dissector reads.
enum class Begins : uint8_t {
  no,
  perhaps,  // asked again about the packets that look like it; until then detection goes on
  yes,      // it reads this packet, and those after it that it wants
  never,    // nor will a later one
};

enum class Reading : uint8_t {
  foreign,  // not of this protocol after all: it is asked again about later packets
  more,     // wants the next packets of the flow, whatever they begin with
  done,     // has what there is
};

}  // namespace dipper
