// Bounded flow table: open addressing over (tag, index) pairs into a pool of flows that never move. Full keys are
// compared; the 64-bit hash is keyed per process. Thread: its worker's. No allocation per packet; the pool grows
// by slabs and the index by doubling up to the bound.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "flow.h"

namespace dipper {

class FlowTable {
 public:
  explicit FlowTable(uint32_t max_flows);

  // Pulls the bucket of `hash` into the cache; then, a few packets later, the flow it points to.
  void prefetch_bucket(uint64_t hash) const { __builtin_prefetch(&buckets_[hash & mask_]); }
  void prefetch_flow(uint64_t hash) const {
    const uint32_t flow = buckets_[hash & mask_].flow;
    if (flow == 0) return;
    const char* at = reinterpret_cast<const char*>(&slabs_[(flow - 1) / slab_flows][(flow - 1) % slab_flows]);
    __builtin_prefetch(at);           // key
    __builtin_prefetch(at + 64, 1);   // times and counters
    __builtin_prefetch(at + 128, 1);  // detection
  }

  Flow* find(const FlowKey& key, uint64_t hash) {
    const auto tag = static_cast<uint32_t>(hash);
    for (uint64_t i = hash & mask_;; i = (i + 1) & mask_) {
      const Bucket& bucket = buckets_[i];
      if (bucket.flow == 0) return nullptr;
      if (bucket.tag != tag) continue;
      Flow& flow = at(bucket.flow - 1);
      if (flow.key == key) return &flow;
    }
  }
  // A zeroed flow with key and hash set, or null when the table is full or there is no memory. The key must not be in the table.
  Flow* insert(const FlowKey& key, uint64_t hash);
  void erase(Flow* flow);
  void clear();  // all flows are gone; the memory stays

  uint32_t size() const { return size_; }
  uint32_t capacity() const { return max_flows_; }
  bool full() const { return size_ >= max_flows_; }

  // The pool by position, in order of creation while nothing was erased. Positions below pool_size() may be free
  // (`live` false).
  uint32_t pool_size() const { return pool_size_; }
  Flow& at(uint32_t position) { return slabs_[position / slab_flows][position % slab_flows]; }

  size_t memory() const;  // bytes held

 private:
  static constexpr uint32_t slab_flows = 1024;
  struct Bucket {
    uint32_t tag;   // low half of the hash: growing and erasing never touch a flow
    uint32_t flow;  // position + 1; 0 = empty
  };
  bool grow();  // false: no memory
  void place(uint32_t tag, uint32_t flow);

  std::vector<Bucket> buckets_;
  uint64_t mask_;
  // Untouched memory of the system, zero already: a flow is constructed when it is inserted.
  struct Free {
    void operator()(Flow* slab) const { free(slab); }
  };
  std::vector<std::unique_ptr<Flow[], Free>> slabs_;
  uint32_t pool_size_ = 0, size_ = 0, max_flows_;
  uint32_t free_head_ = 0;  // position + 1, linked by wheel_next
};

}  // namespace dipper
