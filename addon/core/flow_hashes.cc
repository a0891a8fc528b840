#include "flow_hashes.h"

#include <algorithm>
#include <cstring>

namespace dipper {
namespace {

constexpr char magic[] = {'F', 'H', 'C', '1'};

void put_le(uint8_t*& out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) *out++ = static_cast<uint8_t>(value >> 8 * i);
}

uint64_t get_le(const uint8_t* in, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value |= uint64_t{in[i]} << 8 * i;
  return value;
}

}  // namespace

FlowHashes::FlowHashes(uint32_t capacity)
    : shard_count_(std::clamp(capacity / flows_worth_a_shard, 1u, most_shards)), shards_(new Shard[shard_count_]) {
  for (unsigned i = 0; i < shard_count_; ++i) {
    Shard& shard = shards_[i];
    shard.capacity = std::max(1u, capacity / shard_count_ + (i < capacity % shard_count_));
    size_t buckets = 1;
    while (buckets < shard.capacity) buckets *= 2;
    shard.buckets.assign(buckets, 0);
    shard.entries.reserve(shard.capacity);  // workers never allocate here
  }
  const HashSecret random = HashSecret::random();
  memcpy(secret_, random.k, sizeof secret_);
}

// Two secrets for the flow hash out of the one that is exported: SHA-1 of it, a number and the name.
FlowHashes::Scope FlowHashes::scope(std::string_view interface) {
  scopes_made_ = true;
  std::vector<uint8_t> text(secret_, secret_ + sizeof secret_);
  text.push_back(0);
  text.insert(text.end(), interface.begin(), interface.end());
  Scope scope;
  for (auto& secret : scope.secrets_) {
    for (uint64_t& word : secret.k) {
      ++text[sizeof secret_];
      word = get_le(sha1(text.data(), text.size()).data(), 8);
    }
  }
  return scope;
}

uint32_t FlowHashes::look_up(Shard& shard, const Id& id) {
  uint32_t at = bucket_of(shard, id);
  while (at && !(shard.entries[at - 1].id == id)) at = shard.entries[at - 1].next;
  return at;
}

void FlowHashes::unlink(Shard& shard, uint32_t at) {
  const Entry& entry = shard.entries[at - 1];
  (entry.older ? shard.entries[entry.older - 1].newer : shard.oldest) = entry.newer;
  (entry.newer ? shard.entries[entry.newer - 1].older : shard.newest) = entry.older;
}

void FlowHashes::append(Shard& shard, uint32_t at) {
  Entry& entry = shard.entries[at - 1];
  entry.older = shard.newest;
  entry.newer = 0;
  (shard.newest ? shard.entries[shard.newest - 1].newer : shard.oldest) = at;
  shard.newest = at;
}

void FlowHashes::forget_oldest(Shard& shard, uint32_t& free) {
  free = shard.oldest;
  unlink(shard, free);
  uint32_t* link = &bucket_of(shard, shard.entries[free - 1].id);
  while (*link != free) link = &shard.entries[*link - 1].next;
  *link = shard.entries[free - 1].next;
  ++shard.forgotten;
}

bool FlowHashes::find(const Id& id, Sha1Digest& digest) {
  Shard& shard = shard_of(id);
  std::lock_guard<std::mutex> lock(shard.mutex);
  const uint32_t at = look_up(shard, id);
  ++(at ? shard.hits : shard.misses);
  if (!at) return false;
  digest = shard.entries[at - 1].digest;
  unlink(shard, at);
  append(shard, at);
  return true;
}

void FlowHashes::put(const Id& id, const Sha1Digest& digest) {
  Shard& shard = shard_of(id);
  std::lock_guard<std::mutex> lock(shard.mutex);
  uint32_t at = look_up(shard, id);
  if (at) {
    unlink(shard, at);
  } else {
    if (shard.entries.size() < shard.capacity) {
      shard.entries.emplace_back();
      at = static_cast<uint32_t>(shard.entries.size());
    } else {
      forget_oldest(shard, at);
    }
    Entry& entry = shard.entries[at - 1];
    uint32_t& bucket = bucket_of(shard, id);
    entry.id = id;
    entry.next = bucket;
    bucket = at;
  }
  shard.entries[at - 1].digest = digest;
  append(shard, at);
}

FlowHashes::Counters FlowHashes::counters() const {
  Counters sum{};
  for (unsigned i = 0; i < shard_count_; ++i) {
    const Shard& shard = shards_[i];
    std::lock_guard<std::mutex> lock(shard.mutex);
    sum.entries += shard.entries.size();
    sum.hits += shard.hits;
    sum.misses += shard.misses;
    sum.forgotten += shard.forgotten;
  }
  return sum;
}

std::vector<uint8_t> FlowHashes::export_bytes() const {
  std::vector<uint8_t> bytes(header_bytes);
  uint32_t count = 0;
  for (unsigned i = 0; i < shard_count_; ++i) {
    const Shard& shard = shards_[i];
    std::lock_guard<std::mutex> lock(shard.mutex);
    count += static_cast<uint32_t>(shard.entries.size());
    size_t end = bytes.size();
    bytes.resize(end + shard.entries.size() * entry_bytes);
    uint8_t* out = bytes.data() + end;
    for (uint32_t at = shard.oldest; at; at = shard.entries[at - 1].newer) {
      const Entry& entry = shard.entries[at - 1];
      put_le(out, entry.id.high, 8);
      put_le(out, entry.id.low, 8);
      out = std::copy(entry.digest.begin(), entry.digest.end(), out);
    }
  }
  uint8_t* out = bytes.data();
  memcpy(out, magic, sizeof magic);
  out += sizeof magic;
  put_le(out, count, 4);
  memcpy(out, secret_, sizeof secret_);
  return bytes;
}

bool FlowHashes::import_bytes(const uint8_t* bytes, size_t size, std::string& error) {
  if (scopes_made_) {
    error = "the flow hashes are in use: an engine was made with them";
    return false;
  }
  if (size < header_bytes || memcmp(bytes, magic, sizeof magic) != 0) {
    error = "these are not exported flow hashes of version 1";
    return false;
  }
  const uint64_t count = get_le(bytes + 4, 4);
  if (size != header_bytes + count * entry_bytes) {
    error = "the flow hashes have " + std::to_string(size) + " bytes, and " +
            std::to_string(header_bytes + count * entry_bytes) + " are announced";
    return false;
  }
  memcpy(secret_, bytes + 8, sizeof secret_);
  for (unsigned i = 0; i < shard_count_; ++i) {
    Shard& shard = shards_[i];
    std::lock_guard<std::mutex> lock(shard.mutex);
    std::fill(shard.buckets.begin(), shard.buckets.end(), 0);
    shard.entries.clear();
    shard.oldest = shard.newest = 0;
  }
  for (const uint8_t* in = bytes + header_bytes; in != bytes + size; in += entry_bytes) {
    Sha1Digest digest;
    memcpy(digest.data(), in + 16, digest.size());
    put({get_le(in, 8), get_le(in + 8, 8)}, digest);
  }
  return true;
}

}  // namespace dipper
