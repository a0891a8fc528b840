#include "assembly.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace dipper {

ReassemblyBuffers::~ReassemblyBuffers() {
  for (uint8_t* block : all_) free(block);
}

uint8_t* ReassemblyBuffers::acquire() {
  if (!free_.empty()) {
    uint8_t* block = free_.back();
    free_.pop_back();
    return block;
  }
  uint8_t* block = all_.size() < most_ ? static_cast<uint8_t*>(malloc(block_bytes)) : nullptr;
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
  if (!bytes_ && !(bytes_ = buffers.acquire())) return false;
  const auto from = std::max(static_cast<uint16_t>(offset), whole_);
  const auto to = static_cast<uint16_t>(offset + bytes.size);
  if (from >= to) return true;
  // The ranges from `first` to before `last` touch the piece and become one with it.
  uint8_t first = 0;
  while (first < range_count_ && ranges_[first].to < from) ++first;
  uint8_t last = first;
  uint16_t at = from;
  const auto copy_up_to = [&](uint16_t end) {
    if (at < end) memcpy(bytes_ + at, bytes.data + (at - offset), static_cast<size_t>(end - at));
  };
  const bool alone = from > whole_ && (first == range_count_ || ranges_[first].from > to);
  if (alone && range_count_ == most_ranges) {
    buffers.refuse();
    return false;
  }
  for (; last < range_count_ && ranges_[last].from <= to; ++last) {
    copy_up_to(ranges_[last].from);
    at = std::max(at, ranges_[last].to);
  }
  copy_up_to(to);
  Range merged{from, std::max(at, to)};
  if (first < last) merged.from = std::min(from, ranges_[first].from);
  uint8_t kept = first;
  if (merged.from == whole_)
    whole_ = merged.to;
  else
    ++kept;
  memmove(ranges_ + kept, ranges_ + last, (range_count_ - last) * sizeof *ranges_);
  range_count_ = static_cast<uint8_t>(range_count_ - last + kept);
  if (kept > first) ranges_[first] = merged;
  return true;
}

void Assembly::release(ReassemblyBuffers& buffers) {
  if (bytes_) buffers.release(bytes_);
  bytes_ = nullptr;
  whole_ = 0;
  range_count_ = 0;
}

}  // namespace dipper
