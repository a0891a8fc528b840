#include "applications_prefixes.h"

#include <algorithm>

#include "cursor.h"

namespace dipper {

void PrefixIndex::add(uint8_t ip_version, const uint8_t* address, uint8_t bits, uint32_t rule) {
  const bool v4 = ip_version == 4;
  const unsigned width = v4 ? 32 : 128;
  if (bits > width) return;
  // IPv4 in the lowest 32 bits: one way of counting for both.
  const unsigned free = width - bits;
  Address mask{free <= 64 ? 0 : free == 128 ? ~uint64_t{0} : (uint64_t{1} << (free - 64)) - 1,
               free >= 64 ? ~uint64_t{0} : (uint64_t{1} << free) - 1};
  Address first{v4 ? 0 : load_be64(address), v4 ? load_be32(address) : load_be64(address + 8)};
  first.high &= ~mask.high;
  first.low &= ~mask.low;
  prefixes_[v4 ? 0 : 1].push_back({first, {first.high | mask.high, first.low | mask.low}, bits, rule});
}

// Prefixes either contain one another or have nothing in common: a stack of the open ones is enough.
std::vector<PrefixIndex::Range> PrefixIndex::ranges(std::vector<Prefix>& prefixes) {
  std::sort(prefixes.begin(), prefixes.end(), [](const Prefix& a, const Prefix& b) {
    if (!(a.first == b.first)) return a.first < b.first;
    return a.bits != b.bits ? a.bits < b.bits : a.rule < b.rule;
  });
  std::vector<Range> result;
  std::vector<const Prefix*> open;
  const auto begin = [&result](Address at, uint32_t rule) {
    if (!result.empty() && result.back().first == at)
      result.back().rule = rule;
    else
      result.push_back({at, rule});
  };
  const auto close = [&] {
    const Address last = open.back()->last;
    open.pop_back();
    if (last.low == ~uint64_t{0} && last.high == ~uint64_t{0}) return;  // nothing lies behind
    begin({last.high + (last.low == ~uint64_t{0} ? 1 : 0), last.low + 1}, open.empty() ? 0 : open.back()->rule + 1);
  };
  for (const Prefix& prefix : prefixes) {
    while (!open.empty() && open.back()->last < prefix.first) close();
    if (!open.empty() && open.back()->first == prefix.first && open.back()->bits == prefix.bits) continue;
    begin(prefix.first, prefix.rule + 1);
    open.push_back(&prefix);
  }
  while (!open.empty()) close();
  return result;
}

void PrefixIndex::finish() {
  const auto short_ranges = ranges(prefixes_[0]), long_ranges = ranges(prefixes_[1]);
  starts_.reserve(short_ranges.size());
  rules_.reserve(short_ranges.size());
  for (const Range& range : short_ranges) {
    if (range.first.low > ~uint32_t{0}) break;  // behind 255.255.255.255
    starts_.push_back(static_cast<uint32_t>(range.first.low));
    rules_.push_back(range.rule);
  }
  if (!starts_.empty()) {
    by_upper_bits_.resize(65537);
    for (uint32_t upper = 0, at = 0; upper <= 65536; ++upper) {
      while (at < starts_.size() && starts_[at] >> 16 < upper) ++at;
      by_upper_bits_[upper] = at;
    }
  }
  long_starts_.reserve(long_ranges.size());
  long_rules_.reserve(long_ranges.size());
  for (const Range& range : long_ranges) {
    long_starts_.push_back(range.first);
    long_rules_.push_back(range.rule);
  }
  for (auto& prefixes : prefixes_) std::vector<Prefix>().swap(prefixes);
}

uint32_t PrefixIndex::find(uint8_t ip_version, const uint8_t* address) const {
  if (ip_version == 4) {
    if (starts_.empty()) return 0;
    const uint32_t wanted = load_be32(address);
    const uint32_t* from = starts_.data() + by_upper_bits_[wanted >> 16];
    const uint32_t* to = starts_.data() + by_upper_bits_[(wanted >> 16) + 1];
    const auto behind = static_cast<size_t>(std::upper_bound(from, to, wanted) - starts_.data());
    return behind == 0 ? 0 : rules_[behind - 1];
  }
  const Address wanted{load_be64(address), load_be64(address + 8)};
  const auto behind = std::upper_bound(long_starts_.begin(), long_starts_.end(), wanted) - long_starts_.begin();
  return behind == 0 ? 0 : long_rules_[static_cast<size_t>(behind) - 1];
}

size_t PrefixIndex::bytes() const {
  return (starts_.capacity() + rules_.capacity() + by_upper_bits_.capacity() + long_rules_.capacity()) * sizeof(uint32_t) +
         long_starts_.capacity() * sizeof(Address);
}

}  // namespace dipper
