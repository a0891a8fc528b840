#include "dns_hints.h"

#include <algorithm>

#include "cache_bytes.h"

namespace dipper {
namespace {

constexpr char mark[] = "DDH1";
constexpr uint64_t second_ns = 1000000000;

bool good_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

}  // namespace

DnsHints::DnsHints(const Options& options) : options_(options), secret_(random_cache_secret()) {
  for (unsigned i = 0; i < shard_count; ++i)
    shards_.push_back(std::make_unique<Shard>((options.capacity + shard_count - 1) / shard_count));
}

// 16 + 1 + 16 + 16 bytes: one block.
CacheKey DnsHints::key_of(uint8_t ip_version, const uint8_t* client, const uint8_t* server) const {
  const size_t length = ip_version == 4 ? 4 : 16;
  uint8_t bytes[33] = {ip_version};
  if (client) memcpy(bytes + 1, client, length);
  memcpy(bytes + 17, server, length);
  return cache_key(secret_, bytes, sizeof bytes);
}

void DnsHints::learn(const uint8_t* client, const DnsAnswer& answer, uint64_t now_ns) {
  used_.store(true, std::memory_order_relaxed);
  const CacheKey key = key_of(answer.ip_version, client, answer.address);
  const uint32_t ttl_s = std::clamp(answer.ttl_s, options_.min_ttl_s, options_.max_ttl_s);
  Shard& shard = shard_of(key);
  std::lock_guard<std::mutex> lock(shard.mutex);
  learned_.fetch_add(1, std::memory_order_relaxed);
  if (shard.table.put(key, {static_cast<uint32_t>(now_ns / second_ns) + ttl_s, answer.name}))
    evicted_.fetch_add(1, std::memory_order_relaxed);
}

bool DnsHints::find_key(const CacheKey& key, uint64_t now_ns, std::string& name) {
  Shard& shard = shard_of(key);
  std::lock_guard<std::mutex> lock(shard.mutex);
  const Entry* entry = shard.table.find(key);
  if (!entry) return false;
  if (entry->expires_s < now_ns / second_ns) {
    shard.table.erase(key);
    return false;
  }
  name = entry->name;
  return true;
}

std::string DnsHints::find(uint8_t ip_version, const uint8_t* client, const uint8_t* server, uint64_t now_ns) {
  used_.store(true, std::memory_order_relaxed);
  std::string name;
  const bool found = find_key(key_of(ip_version, client, server), now_ns, name) ||
                     find_key(key_of(ip_version, nullptr, server), now_ns, name);
  (found ? hits_ : misses_).fetch_add(1, std::memory_order_relaxed);
  return name;
}

uint32_t DnsHints::size() const {
  uint32_t sum = 0;
  for (const auto& shard : shards_) {
    std::lock_guard<std::mutex> lock(shard->mutex);
    sum += shard->table.size();
  }
  return sum;
}

DnsHints::Counters DnsHints::counters() const { return {learned_, hits_, misses_, evicted_}; }

std::vector<uint8_t> DnsHints::export_bytes() const {
  CacheWriter out;
  out.put(mark, 4);
  out.put(secret_.data(), secret_.size());
  for (const auto& shard : shards_) {
    std::lock_guard<std::mutex> lock(shard->mutex);
    shard->table.each([&out](const CacheKey& key, const Entry& entry) {
      out.put(key.data(), key.size());
      out.put32(entry.expires_s);
      out.bytes.push_back(static_cast<uint8_t>(entry.name.size()));
      out.put(entry.name.data(), entry.name.size());
    });
  }
  return std::move(out.bytes);
}

int64_t DnsHints::import_bytes(const uint8_t* data, size_t size) {
  CacheReader in{data, size};
  CacheKey secret;
  if (used_.load() || !in.mark(mark) || !in.take(secret.data(), secret.size())) return -1;
  std::vector<std::pair<CacheKey, Entry>> entries;
  while (in.size) {
    std::pair<CacheKey, Entry> one;
    uint8_t length;
    if (!in.take(one.first.data(), one.first.size()) || !in.take32(one.second.expires_s) || !in.take(&length, 1)) return -1;
    one.second.name.resize(length);
    if (!in.take(one.second.name.data(), length) || !good_name(one.second.name)) return -1;
    entries.push_back(std::move(one));
  }
  used_.store(true);
  secret_ = secret;
  for (auto& [key, entry] : entries) {
    Shard& shard = shard_of(key);
    std::lock_guard<std::mutex> lock(shard.mutex);
    shard.table.put(key, std::move(entry));
  }
  return size_t{this->size()};
}

}  // namespace dipper
