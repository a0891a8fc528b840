// Frames with what most have not, counted off the way of regular frames. Thread: the decoder's.
#pragma once
#include <cstdint>

namespace dipper {

struct LayerCounts {
  uint64_t mpls = 0, pppoe = 0, fragmented = 0;
};

}  // namespace dipper
