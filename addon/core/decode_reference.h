// Decoding as ndpiReader 4.2 -t does it, for comparisons with nDPI's published results.
// Thread: the decoder's; no state is kept between frames.
#pragma once
#include "core/decode.h"

namespace dipper {

Discard decode_reference(const PacketView& view, Packet& packet) noexcept;

}  // namespace dipper
