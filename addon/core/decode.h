// Frame bytes -> Packet. Every read goes through Cursor; malformed input is counted by name, never an error.
// Thread: a Decoder belongs to the thread that reads its source (it keeps fragment state).
#pragma once
#include <cstdint>
#include <memory>

#include "discard.h"
#include "layer_counts.h"
#include "packet.h"

namespace dipper {

struct DecodeOptions {
  uint8_t tunnels = 0xff;   // bit 1 << Tunnel: decoded when set
  bool reference = false;   // exactly what nDPI 4.2's ndpiReader -t accepts and how it reads it; ignores `tunnels`
};

class Decoder {
 public:
  // `secret`: of the flow hash; nobody outside of the process may know it.
  explicit Decoder(const DecodeOptions& options, const HashSecret& secret = HashSecret::random());
  ~Decoder();

  // Decodes one frame. On Discard::none `packet` is whole; otherwise its content is unspecified.
  // `packet.timestamp_ns` is the view's, clamped to be non-decreasing over this decoder's life.
  Discard decode(const PacketView& view, Packet& packet) noexcept;

  // Decodes frames into consecutive packets for as long as they are regular (decode_regular.h), nearly all of them; adds
  // their captured bytes to `bytes`. Returns how many; the one behind them is for decode().
  uint32_t decode_regular(const PacketView* views, uint32_t count, Packet* packets, uint64_t& bytes) noexcept;

  const LayerCounts& counts() const noexcept { return counts_; }

 private:
  const DecodeOptions options_;
  const HashSecret secret_;
  uint64_t latest_ns_ = 0;
  LayerCounts counts_;
  std::unique_ptr<class FragmentTable> fragments_;
};

}  // namespace dipper
