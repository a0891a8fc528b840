// What a dissector says after a packet, and a parser after the bytes of one side so far.
#pragma once
#include <cstdint>

namespace dipper {

enum class Reading : uint8_t {
  foreign,  // not of this protocol after all: it is asked again about later packets
  more,     // wants the next packets of the flow, whatever they begin with
  done,     // has what there is
};

}  // namespace dipper
