// Timestamps of one pcapng interface in nanoseconds: if_tsresol and if_tsoffset
// (draft-ietf-opsawg-pcapng 4.2). A value that a nanosecond count since 1970 can't hold becomes the
// nearest one that can.
#pragma once
#include <cstdint>

namespace dipper {

constexpr bool host_is_little_endian = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

class PcapngClock {
 public:
  // The high bit chooses a negative power of two, else of ten. Without the option: microseconds.
  void set_resolution(uint8_t tsresol) {
    binary_digits_ = 0;
    multiply_ = divide_ = 1;
    const unsigned exponent = tsresol & 0x7f;
    if (tsresol & 0x80) {
      binary_digits_ = static_cast<uint8_t>(exponent);
      if (exponent == 0) multiply_ = 1000000000;
      return;
    }
    for (unsigned i = exponent; i < 9; ++i) multiply_ *= 10;
    for (unsigned i = 9; i < exponent && i < 9 + 19; ++i)
      divide_ *= 10;  // 2^64 units of 1e-28 s are 1.8 ns
    if (exponent > 9 + 19) divide_ = UINT64_MAX;
  }
  void set_offset(int64_t seconds) { offset_s_ = seconds; }

  uint64_t nanoseconds(uint64_t units) const {
    uint64_t whole;
    if (binary_digits_ == 0) {
      if (__builtin_mul_overflow(units, multiply_, &whole)) whole = UINT64_MAX;
      if (divide_ != 1) whole /= divide_;
    } else {
      const unsigned digits = binary_digits_;
      const uint64_t seconds = digits < 64 ? units >> digits : 0;
      const uint64_t fraction = digits < 64 ? units & ((uint64_t{1} << digits) - 1) : units;
      if (__builtin_mul_overflow(seconds, uint64_t{1000000000}, &whole)) whole = UINT64_MAX;
      const uint64_t rest = scaled(fraction, digits);
      if (__builtin_add_overflow(whole, rest, &whole)) whole = UINT64_MAX;
    }
    if (offset_s_ == 0) return whole;
    return shifted(whole);
  }

 private:
  // fraction * 1e9 / 2^digits, exact to the bit without a 128-bit type (32-bit routers have none).
  static uint64_t scaled(uint64_t fraction, unsigned digits) {
    const uint64_t high = (fraction >> 32) * 1000000000, low = (fraction & 0xffffffff) * 1000000000;
    const uint64_t top = high + (low >> 32);  // the product is top * 2^32 + (low & 0xffffffff)
    if (digits >= 32) return digits - 32 < 64 ? top >> (digits - 32) : 0;
    return (top << (32 - digits)) | ((low & 0xffffffff) >> digits);
  }
  uint64_t shifted(uint64_t whole) const {
    const uint64_t magnitude =
        offset_s_ < 0 ? 0 - static_cast<uint64_t>(offset_s_) : static_cast<uint64_t>(offset_s_);
    uint64_t by, result;
    if (__builtin_mul_overflow(magnitude, uint64_t{1000000000}, &by)) by = UINT64_MAX;
    if (offset_s_ < 0) return by > whole ? 0 : whole - by;
    return __builtin_add_overflow(whole, by, &result) ? UINT64_MAX : result;
  }

  uint64_t multiply_ = 1000;
  uint64_t divide_ = 1;
  int64_t offset_s_ = 0;
  uint8_t binary_digits_ = 0;
};

}  // namespace dipper
