// The longest prefix that an address is in: prefixes cut into ranges that do not overlap, each with its answer, searched by
// halves. 8 bytes a range of IPv4, 20 of IPv6. Thread: made by one, then read by any.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace dipper {

class PrefixIndex {
 public:
  // `address`: 4 or 16 bytes. Bits behind `bits` do not count. Of rules for one prefix the first that was added wins.
  void add(uint8_t ip_version, const uint8_t* address, uint8_t bits, uint32_t rule);
  void finish();  // after the last add()
  uint32_t find(uint8_t ip_version, const uint8_t* address) const;  // the rule + 1; 0 = none
  size_t bytes() const;

 private:
  struct Address {
    uint64_t high, low;
    bool operator<(const Address& o) const { return high != o.high ? high < o.high : low < o.low; }
    bool operator==(const Address& o) const { return high == o.high && low == o.low; }
  };
  struct Prefix {
    Address first, last;
    uint8_t bits;
    uint32_t rule;
  };
  struct Range {
    Address first;
    uint32_t rule;  // + 1
  };
  static std::vector<Range> ranges(std::vector<Prefix>& prefixes);

  std::vector<Prefix> prefixes_[2];  // IPv4, IPv6; empty after finish()
  // Of IPv4 a table by the upper 16 bits leads to the few ranges that begin there.
  std::vector<uint32_t> starts_, rules_, by_upper_bits_;
  std::vector<Address> long_starts_;
  std::vector<uint32_t> long_rules_;
};

}  // namespace dipper
