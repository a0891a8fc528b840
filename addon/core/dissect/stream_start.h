// Where each direction of a TCP connection begins, as its SYN says. Until those bytes have come, segments that overtook them
// are kept (Inspection::early), so that a dissector sees the beginning of a stream first, however its segments arrive.
#pragma once
#include <cstdint>

namespace dipper {

class StreamStart {
 public:
  // A SYN of `direction` (0: from lower). What is kept already keeps its place, whatever a second SYN says.
  void expect(unsigned direction, uint32_t first) {
    if ((early_ >> direction & 1) || ((known_ >> direction & 1) && first_[direction] == first)) return;
    first_[direction] = first;
    known_ |= bit(direction);
    awaited_ |= bit(direction);
  }
  bool awaits(unsigned direction) const { return awaited_ >> direction & 1; }
  uint32_t first(unsigned direction) const { return first_[direction]; }
  void keep_early(unsigned direction) { early_ |= bit(direction); }
  bool any_early() const { return early_; }
  // Whether these are its first bytes and none has waited for them: then it has begun.
  bool begin_at(unsigned direction, uint32_t sequence) {
    if (sequence != first_[direction] || (early_ >> direction & 1)) return false;
    awaited_ &= static_cast<uint8_t>(~bit(direction));
    return true;
  }
  // It has begun, or is read as it comes. Whether there were early segments.
  bool begin(unsigned direction) {
    const bool early = early_ >> direction & 1;
    awaited_ &= static_cast<uint8_t>(~bit(direction));
    early_ &= static_cast<uint8_t>(~bit(direction));
    return early;
  }

 private:
  static uint8_t bit(unsigned direction) { return static_cast<uint8_t>(1 << direction); }

  uint32_t first_[2] = {};                        // sequence numbers
  uint8_t known_ = 0, awaited_ = 0, early_ = 0;  // by direction, a bit each
};

}  // namespace dipper
