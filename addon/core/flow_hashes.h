// The digest that each conversation had last, so that a record can name the one before it: also across a restart, by
// export and import. Keys are hashes with a secret, 128 bits, of which a collision is not to be expected; nobody who
// gets hold of an exported table reads addresses in it.
// Threads: any; scope() and import() are the owner's, before workers use the table.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "flow_key.h"
#include "sha1.h"

namespace dipper {

class FlowHashes {
 public:
  struct Id {
    uint64_t high, low;
    bool operator==(const Id& other) const { return high == other.high && low == other.low; }
  };
  // The flows of one interface.
  class Scope {
   public:
    Id id(const FlowKey& key) const { return {hash_flow_key(key, secrets_[0]), hash_flow_key(key, secrets_[1])}; }

   private:
    friend class FlowHashes;
    HashSecret secrets_[2];
  };

  // Remembers at most `capacity` conversations; beyond it the longest unused are forgotten (of each shard, where there are
  // several). Takes the address space at once and the memory as it fills: 48 bytes each. Throws std::bad_alloc.
  explicit FlowHashes(uint32_t capacity);

  Scope scope(std::string_view interface);

  bool find(const Id& id, Sha1Digest& digest);  // which makes it the one used last
  void put(const Id& id, const Sha1Digest& digest);

  struct Counters {
    uint64_t entries, hits, misses, forgotten;
  };
  Counters counters() const;

  // Little-endian: magic "FHC1", number of entries (4), secret (16); then for each entry, of every shard the longest unused
  // first, id (16) and digest (20).
  static constexpr size_t header_bytes = 24, entry_bytes = 36;
  std::vector<uint8_t> export_bytes() const;
  // Replaces everything by what was exported; of more than fit the last ones. Returns false and says why when the bytes
  // are not an export or a scope was made, and changes nothing then.
  bool import_bytes(const uint8_t* bytes, size_t size, std::string& error);

 private:
  struct Entry {
    Id id;
    Sha1Digest digest;
    uint32_t next;          // of its bucket; positions + 1, 0 = none
    uint32_t older, newer;  // in order of use
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::vector<uint32_t> buckets;
    std::vector<Entry> entries;
    uint32_t capacity = 0, oldest = 0, newest = 0;
    uint64_t hits = 0, misses = 0, forgotten = 0;
  };
  static constexpr unsigned most_shards = 16;
  static constexpr uint32_t flows_worth_a_shard = 1024;

  Shard& shard_of(const Id& id) const { return shards_[id.high % shard_count_]; }
  static uint32_t& bucket_of(Shard& shard, const Id& id) { return shard.buckets[id.low & (shard.buckets.size() - 1)]; }
  static uint32_t look_up(Shard& shard, const Id& id);
  static void unlink(Shard& shard, uint32_t at);
  static void append(Shard& shard, uint32_t at);
  static void forget_oldest(Shard& shard, uint32_t& free);

  const unsigned shard_count_;
  const std::unique_ptr<Shard[]> shards_;
  uint8_t secret_[16];
  bool scopes_made_ = false;
};

}  // namespace dipper
