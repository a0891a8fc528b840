// Linear probing at a load of at most one half, deletion by backward shift (Knuth 6.4, algorithm R): no tombstones,
// so a table that lives for months does not slow down.
#include "flow_table.h"

#include <algorithm>
#include <new>

namespace dipper {

FlowTable::FlowTable(uint32_t max_flows)
    : buckets_(first_buckets), mask_(buckets_.size() - 1), max_flows_(std::max(1u, std::min(max_flows, 1u << 30))) {}

Flow* FlowTable::insert(const FlowKey& key, uint64_t hash) {
  if (full()) return nullptr;
  if ((size_ + 1) * 2ull > buckets_.size() && !grow()) return nullptr;
  uint32_t position;
  if (free_head_) {
    position = free_head_ - 1;
    free_head_ = at(position).wheel_next;
  } else {
    position = pool_size_;
    if (position / slab_flows == slabs_.size()) {
      std::unique_ptr<Flow[], Free> slab(static_cast<Flow*>(aligned_alloc(alignof(Flow), slab_flows * sizeof(Flow))));
      if (!slab) return nullptr;
      slabs_.push_back(std::move(slab));
    }
    ++pool_size_;
  }
  zero(&at(position), sizeof(Flow));
  Flow& flow = at(position);
  flow.key = key;
  flow.hash = static_cast<uint32_t>(hash);
  flow.position = position;
  flow.live = true;
  place(static_cast<uint32_t>(hash), position + 1);
  ++size_;
  return &flow;
}

void FlowTable::erase(Flow* flow) {
  uint64_t hole = flow->hash & mask_;  // 2^31 buckets at most
  while (buckets_[hole].flow != flow->position + 1) hole = (hole + 1) & mask_;
  for (uint64_t i = (hole + 1) & mask_; buckets_[i].flow; i = (i + 1) & mask_) {
    const uint64_t home = buckets_[i].tag & mask_;
    // The entry may move into the hole unless its home lies between the two (cyclically).
    if (((i - home) & mask_) >= ((i - hole) & mask_)) {
      buckets_[hole] = buckets_[i];
      hole = i;
    }
  }
  buckets_[hole].flow = 0;
  flow->live = false;
  flow->wheel_next = free_head_;
  free_head_ = flow->position + 1;
  --size_;
}

void FlowTable::clear() {
  std::fill(buckets_.begin(), buckets_.end(), Bucket{0, 0});
  for (uint32_t i = 0; i < pool_size_; ++i) at(i).live = false;
  pool_size_ = size_ = free_head_ = 0;
}

void FlowTable::place(uint32_t tag, uint32_t flow) {
  uint64_t i = tag & mask_;
  while (buckets_[i].flow) i = (i + 1) & mask_;
  buckets_[i] = {tag, flow};
}

bool FlowTable::grow() {
  std::vector<Bucket> old;
  try {
    old.resize(buckets_.size() * 2);
  } catch (const std::bad_alloc&) {
    return false;
  }
  old.swap(buckets_);
  mask_ = buckets_.size() - 1;
  for (const Bucket& bucket : old)
    if (bucket.flow) place(bucket.tag, bucket.flow);
  return true;
}

size_t FlowTable::memory() const {
  return buckets_.size() * sizeof(Bucket) + slabs_.size() * slab_flows * sizeof(Flow);
}

}  // namespace dipper
