// A bounded map from 16-byte keys, whose bytes are a keyed hash already: what was not used for longest makes room. Storage
// grows with use. Not locked.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace dipper {

using CacheKey = std::array<uint8_t, 16>;

template <typename Value>
class LruTable {
 public:
  explicit LruTable(uint32_t capacity) : capacity_(capacity ? capacity : 1), buckets_(64, 0) {}

  // Null when it is not there. Makes it the newest.
  Value* find(const CacheKey& key) {
    uint32_t link = buckets_[bucket_of(key)];
    while (link && nodes_[link - 1].key != key) link = nodes_[link - 1].chain;
    if (!link) return nullptr;
    unlink(link);
    link_newest(link);
    return &nodes_[link - 1].value;
  }
  // Returns true when another one made room.
  bool put(const CacheKey& key, Value value) {
    if (Value* there = find(key)) {
      *there = std::move(value);
      return false;
    }
    const bool full = size_ >= capacity_;
    if (full) erase(nodes_[oldest_ - 1].key);
    uint32_t link = free_;
    if (link) {
      free_ = nodes_[link - 1].chain;
    } else {
      nodes_.emplace_back();
      link = static_cast<uint32_t>(nodes_.size());
      if (nodes_.size() > buckets_.size()) grow();
    }
    Node& node = nodes_[link - 1];
    node.key = key;
    node.value = std::move(value);
    uint32_t& head = buckets_[bucket_of(key)];
    node.chain = head;
    head = link;
    node.used = true;
    ++size_;
    link_newest(link);
    return full;
  }
  bool erase(const CacheKey& key) {
    uint32_t* at = &buckets_[bucket_of(key)];
    while (*at && nodes_[*at - 1].key != key) at = &nodes_[*at - 1].chain;
    const uint32_t link = *at;
    if (!link) return false;
    Node& node = nodes_[link - 1];
    *at = node.chain;
    unlink(link);
    node.used = false;
    node.value = Value();
    node.chain = free_;
    free_ = link;
    --size_;
    return true;
  }
  uint32_t size() const { return size_; }
  // From the one that was not used for longest on: put() in this order restores the order.
  template <typename Visit>
  void each(Visit&& visit) const {
    for (uint32_t link = oldest_; link; link = nodes_[link - 1].newer) visit(nodes_[link - 1].key, nodes_[link - 1].value);
  }

 private:
  struct Node {
    CacheKey key;
    Value value;
    uint32_t chain = 0, newer = 0, older = 0;  // positions + 1
    bool used = false;
  };
  size_t bucket_of(const CacheKey& key) const {
    uint64_t hash;
    memcpy(&hash, key.data(), sizeof hash);
    return hash & (buckets_.size() - 1);
  }
  void grow() {
    buckets_.assign(buckets_.size() * 2, 0);
    for (uint32_t i = 0; i < nodes_.size(); ++i) {
      if (!nodes_[i].used) continue;
      uint32_t& head = buckets_[bucket_of(nodes_[i].key)];
      nodes_[i].chain = head;
      head = i + 1;
    }
  }
  void unlink(uint32_t link) {
    Node& node = nodes_[link - 1];
    (node.newer ? nodes_[node.newer - 1].older : newest_) = node.older;
    (node.older ? nodes_[node.older - 1].newer : oldest_) = node.newer;
  }
  void link_newest(uint32_t link) {
    Node& node = nodes_[link - 1];
    node.newer = 0;
    node.older = newest_;
    (newest_ ? nodes_[newest_ - 1].newer : oldest_) = link;
    newest_ = link;
  }

  const uint32_t capacity_;
  std::vector<uint32_t> buckets_;  // position + 1
  std::vector<Node> nodes_;
  uint32_t size_ = 0, free_ = 0, newest_ = 0, oldest_ = 0;
};

}  // namespace dipper
