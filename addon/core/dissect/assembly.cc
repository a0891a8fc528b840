#include "assembly.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace dipper {

ReassemblyBuffers::~ReassemblyBuffers() {
  for (ReassemblyBlock* block : all_) free(block);
}

ReassemblyBlock* ReassemblyBuffers::acquire() {
  if (!free_.empty()) {
    ReassemblyBlock* block = free_.back();
    free_.pop_back();
    return block;
  }
  auto* block = all_.size() < most_ ? static_cast<ReassemblyBlock*>(malloc(sizeof(ReassemblyBlock))) : nullptr;
  if (block) {
    all_.push_back(block);
    free_.reserve(all_.size());  // release() does not allocate
  } else {
    refuse();
  }
  return block;
}

bool Assembly::add(uint64_t offset, Cursor bytes, ReassemblyBuffers& buffers) {
  if (offset > capacity || bytes.size > capacity - offset) {
    buffers.refuse();
    return false;
  }
  if (!block_ && !(block_ = buffers.acquire())) return false;
  const auto from = std::max(static_cast<uint16_t>(offset), whole_);
  const auto to = static_cast<uint16_t>(offset + bytes.size);
  if (from >= to) return true;
  ReassemblyBlock::Range* const ranges = block_->ranges;
  // The ranges from `first` to before `last` touch the piece and become one with it.
  uint8_t first = 0;
  while (first < range_count_ && ranges[first].to < from) ++first;
  uint8_t last = first;
  uint16_t at = from;
  const auto copy_up_to = [&](uint16_t end) {
    if (at < end) memcpy(block_->bytes + at, bytes.data + (at - offset), static_cast<size_t>(end - at));
  };
  const bool alone = from > whole_ && (first == range_count_ || ranges[first].from > to);
  if (alone && range_count_ == ReassemblyBlock::most_ranges) {
    buffers.refuse();
    return false;
  }
  for (; last < range_count_ && ranges[last].from <= to; ++last) {
    copy_up_to(ranges[last].from);
    at = std::max(at, ranges[last].to);
  }
  copy_up_to(to);
  ReassemblyBlock::Range merged{from, std::max(at, to)};
  if (first < last) merged.from = std::min(from, ranges[first].from);
  uint8_t kept = first;
  if (merged.from == whole_)
    whole_ = merged.to;
  else
    ++kept;
  memmove(ranges + kept, ranges + last, (range_count_ - last) * sizeof *ranges);
  range_count_ = static_cast<uint8_t>(range_count_ - last + kept);
  if (kept > first) ranges[first] = merged;
  return true;
}

}  // namespace dipper
