// Bounded flow table: open addressing over (tag, index) pairs into a pool of flows that never move. Full keys are
// compared; the 64-bit hash is keyed per process. Thread: its worker's. No allocation per packet; the pool grows
// by slabs and the index by doubling up to the bound.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "flow.h"
#include "packet.h"
#include "zero.h"

namespace dipper {

class FlowTable {
 public:
  explicit FlowTable(uint32_t max_flows);

  // Pulls the bucket of `hash` into the cache.
  void prefetch_bucket(uint64_t hash) const { __builtin_prefetch(&buckets_[hash & mask_]); }
  // The flows that the packets' buckets point to, pulled into the cache; null where that is not worth a look. Whether it is
  // the packet's only the key can say, and before a packet's turn comes it may be gone: is() tells.
  void find_likely(const Packet* packets, uint32_t count, Flow** likely) {
    for (uint32_t i = 0; i < count; ++i) {
      const uint64_t hash = packets[i].hash;
      const Bucket bucket = buckets_[hash & mask_];
      likely[i] = nullptr;
      if (bucket.tag != static_cast<uint32_t>(hash) || bucket.flow == 0) continue;
      Flow* flow = &at(bucket.flow - 1);
      const char* lines = reinterpret_cast<const char*>(flow);
      __builtin_prefetch(lines, 1);        // key
      __builtin_prefetch(lines + 64, 1);   // counters
      __builtin_prefetch(lines + 128, 1);  // detection
      likely[i] = flow;
    }
  }
  static bool is(const Flow* flow, const FlowKey& key) { return flow && same_key(key, flow->key) && flow->live; }

  Flow* find(const FlowKey& key, uint64_t hash) {
    const auto tag = static_cast<uint32_t>(hash);
    for (uint64_t i = hash & mask_;; i = (i + 1) & mask_) {
      const Bucket& bucket = buckets_[i];
      if (bucket.flow == 0) return nullptr;
      if (bucket.tag != tag) continue;
      Flow& flow = at(bucket.flow - 1);
      if (same_key(key, flow.key)) return &flow;
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
  static constexpr uint32_t first_buckets = 1 << 15;  // 256 KB: most captures never need more
  struct Bucket {
    uint32_t tag;   // low half of the hash: growing and erasing never touch a flow
    uint32_t flow;  // position + 1; 0 = empty
  };
  bool grow();  // false: no memory
  void place(uint32_t tag, uint32_t flow);

  std::vector<Bucket> buckets_;
  uint64_t mask_;
  // Untouched memory: a flow is zeroed when it is inserted.
  struct Free {
    void operator()(Flow* slab) const { free(slab); }
  };
  std::vector<std::unique_ptr<Flow[], Free>> slabs_;
  uint32_t pool_size_ = 0, size_ = 0, max_flows_;
  uint32_t free_head_ = 0;  // position + 1, linked by wheel_next
};

}  // namespace dipper
