#include "conntrack.h"

#include <algorithm>

namespace dipper {
namespace {

uint32_t power_of_two(uint32_t at_least) {
  uint32_t n = 16;
  while (n < at_least) n *= 2;
  return n;
}

}  // namespace

FlowKey conntrack_key(const ConntrackTuple& t, uint8_t ip_version, uint8_t ip_protocol, bool* source_is_lower) {
  const int order = memcmp(t.source, t.destination, 16);
  const bool lower = order < 0 || (order == 0 && t.source_port <= t.destination_port);
  FlowKey key{};
  memcpy(key.lower_address, lower ? t.source : t.destination, 16);
  memcpy(key.upper_address, lower ? t.destination : t.source, 16);
  key.lower_port = lower ? t.source_port : t.destination_port;
  key.upper_port = lower ? t.destination_port : t.source_port;
  key.ip_version = ip_version;
  key.ip_protocol = ip_protocol;
  if (source_is_lower) *source_is_lower = lower;
  return key;
}

ConntrackTable::ConntrackTable(const ConntrackOptions& options)
    : options_(options),
      shard_capacity_(std::max(2u, options.capacity / shard_count)),
      buckets_(power_of_two(shard_capacity_)) {
  for (unsigned i = 0; i < shard_count; ++i) shards_[i].buckets.resize(buckets_);
}

void ConntrackTable::append(Shard& shard, Order& order, uint32_t position) {
  Record& record = at(shard, position);
  record.newer = 0;
  record.older = order.newest;
  (order.newest ? at(shard, order.newest - 1).newer : order.oldest) = position + 1;
  order.newest = position + 1;
}

void ConntrackTable::unlink(Shard& shard, Order& order, uint32_t position) {
  Record& record = at(shard, position);
  (record.older ? at(shard, record.older - 1).newer : order.oldest) = record.newer;
  (record.newer ? at(shard, record.newer - 1).older : order.newest) = record.older;
}

void ConntrackTable::remove(Shard& shard, uint32_t position) {
  Record& record = at(shard, position);
  unlink(shard, record.ended ? shard.ended : shard.live, position);
  uint32_t* link = &bucket_of(shard, hash_flow_key(record.key, secret_));
  while (*link != position + 1) link = &at(shard, *link - 1).next;
  *link = record.next;
  record.next = shard.free_head;
  shard.free_head = position + 1;
  --shard.size;
  records_.fetch_sub(1, std::memory_order_relaxed);
}

uint32_t ConntrackTable::place(Shard& shard) {
  if (shard.size >= shard_capacity_) {
    remove(shard, (shard.ended.oldest ? shard.ended.oldest : shard.live.oldest) - 1);
    evicted_.fetch_add(1, std::memory_order_relaxed);
  }
  if (shard.free_head) {
    const uint32_t position = shard.free_head - 1;
    shard.free_head = at(shard, position).next;
    return position;
  }
  if (shard.made % slab_records == 0) shard.slabs.emplace_back(new Record[slab_records]);
  return shard.made++;
}

void ConntrackTable::store(const ConntrackEntry& entry, bool of_original, bool ended, uint32_t now_s) {
  bool source_is_lower;
  const FlowKey key = conntrack_key(of_original ? entry.original : entry.reply, entry.ip_version, entry.ip_protocol,
                                    &source_is_lower);
  const uint64_t hash = hash_flow_key(key, secret_);
  Shard& shard = shard_of(hash);
  const std::lock_guard<std::mutex> lock(shard.mutex);
  uint32_t found = bucket_of(shard, hash);
  while (found && !(at(shard, found - 1).key == key)) found = at(shard, found - 1).next;
  uint32_t position;
  if (found) {
    position = found - 1;
    Record& old = at(shard, position);
    // The end of an earlier connection, when the tuple is in use again already.
    if (ended && old.id != entry.id && !old.ended) return;
    unlink(shard, old.ended ? shard.ended : shard.live, position);
  } else {
    position = place(shard);
    Record& record = at(shard, position);
    uint32_t& bucket = bucket_of(shard, hash);
    record.key = key;
    record.next = bucket;
    bucket = position + 1;
    ++shard.size;
    records_.fetch_add(1, std::memory_order_relaxed);
  }
  Record& record = at(shard, position);
  const ConntrackTuple& other = of_original ? entry.reply : entry.original;
  memcpy(record.other_source, other.source, 16);
  memcpy(record.other_destination, other.destination, 16);
  record.other_source_port = other.source_port;
  record.other_destination_port = other.destination_port;
  record.id = entry.id;
  record.mark = entry.mark;
  record.seen_s = now_s;
  record.of_original = of_original;
  record.source_is_lower = source_is_lower;
  record.ended = ended;
  append(shard, ended ? shard.ended : shard.live, position);
}

void ConntrackTable::put(const ConntrackEntry& entry, uint32_t now_s) {
  store(entry, true, false, now_s);
  if (entry.translated()) store(entry, false, false, now_s);
}

void ConntrackTable::end(const ConntrackEntry& entry, uint32_t now_s) {
  store(entry, true, true, now_s);
  if (entry.translated()) store(entry, false, true, now_s);
}

void ConntrackTable::end_unseen(uint32_t since_s, uint32_t now_s) {
  for (unsigned i = 0; i < shard_count; ++i) {
    Shard& shard = shards_[i];
    const std::lock_guard<std::mutex> lock(shard.mutex);
    while (shard.live.oldest && at(shard, shard.live.oldest - 1).seen_s < since_s) {
      const uint32_t position = shard.live.oldest - 1;
      unlink(shard, shard.live, position);
      at(shard, position).ended = true;
      at(shard, position).seen_s = now_s;
      append(shard, shard.ended, position);
    }
  }
}

void ConntrackTable::expire(uint32_t now_s) {
  for (unsigned i = 0; i < shard_count; ++i) {
    Shard& shard = shards_[i];
    const std::lock_guard<std::mutex> lock(shard.mutex);
    const auto drop = [&](const Order& order, uint32_t limit) {
      while (order.oldest && now_s - at(shard, order.oldest - 1).seen_s >= limit) {
        remove(shard, order.oldest - 1);
        expired_.fetch_add(1, std::memory_order_relaxed);
      }
    };
    drop(shard.ended, options_.linger_s);
    drop(shard.live, options_.idle_s);
  }
}

bool ConntrackTable::find(const FlowKey& flow, ConntrackEntry& entry) const {
  FlowKey key = flow;
  key.vlan_id = 0;
  key.tunnel = Tunnel::none;
  key.tunnel_id = 0;
  const uint64_t hash = hash_flow_key(key, secret_);
  Shard& shard = shard_of(hash);
  const std::lock_guard<std::mutex> lock(shard.mutex);
  for (uint32_t found = bucket_of(shard, hash); found; found = at(shard, found - 1).next) {
    const Record& record = at(shard, found - 1);
    if (!(record.key == key)) continue;
    ConntrackTuple& tuple = record.of_original ? entry.original : entry.reply;
    ConntrackTuple& other = record.of_original ? entry.reply : entry.original;
    const bool lower = record.source_is_lower;
    memcpy(tuple.source, lower ? key.lower_address : key.upper_address, 16);
    memcpy(tuple.destination, lower ? key.upper_address : key.lower_address, 16);
    tuple.source_port = lower ? key.lower_port : key.upper_port;
    tuple.destination_port = lower ? key.upper_port : key.lower_port;
    memcpy(other.source, record.other_source, 16);
    memcpy(other.destination, record.other_destination, 16);
    other.source_port = record.other_source_port;
    other.destination_port = record.other_destination_port;
    entry.id = record.id;
    entry.mark = record.mark;
    entry.ip_version = key.ip_version;
    entry.ip_protocol = key.ip_protocol;
    return true;
  }
  return false;
}

ConntrackTable::Counters ConntrackTable::counters() const {
  return {records_.load(std::memory_order_relaxed), evicted_.load(std::memory_order_relaxed),
          expired_.load(std::memory_order_relaxed)};
}

}  // namespace dipper
