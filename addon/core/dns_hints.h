// Which name a client asked for before it turned to an address: learned from DNS answers, used for flows that do not say
// their host themselves. Keyed by client and server, so that what one host resolved names no other's flows; the latest answer
// counts. Kept is a keyed hash of the two addresses, not the addresses: an exported table names no host, though whoever has
// it can test guesses. Threads: any; locked in shards.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "dns_answers.h"
#include "lru_table.h"

namespace dipper {

class DnsHints {
 public:
  struct Options {
    uint32_t capacity = 65536;
    uint32_t min_ttl_s = 300;    // clients hold on to addresses for longer than they should
    uint32_t max_ttl_s = 86400;
  };
  struct Counters {
    uint64_t learned, hits, misses, evicted;
  };
  explicit DnsHints(const Options& options);

  // `client` null: whoever asks (multicast). Times are nanoseconds since 1970.
  void learn(const uint8_t* client, const DnsAnswer& answer, uint64_t now_ns);
  // The name of `server` for `client`; empty when there is none or its time is over.
  std::string find(uint8_t ip_version, const uint8_t* client, const uint8_t* server, uint64_t now_ns);

  uint32_t size() const;
  Counters counters() const;
  // A version, the hash's key and the entries, oldest first.
  std::vector<uint8_t> export_bytes() const;
  // Takes over an export; only into a table that nobody has used. Returns the entries, -1 for what is no export.
  int64_t import_bytes(const uint8_t* data, size_t size);

 private:
  static constexpr unsigned shard_count = 16;
  struct Entry {
    uint32_t expires_s = 0;
    std::string name;
  };
  struct Shard {
    explicit Shard(uint32_t capacity) : table(capacity) {}
    mutable std::mutex mutex;
    LruTable<Entry> table;
  };
  CacheKey key_of(uint8_t ip_version, const uint8_t* client, const uint8_t* server) const;
  bool find_key(const CacheKey& key, uint64_t now_ns, std::string& name);
  Shard& shard_of(const CacheKey& key) { return *shards_[key[15] % shard_count]; }

  const Options options_;
  CacheKey secret_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::atomic<bool> used_{false};
  std::atomic<uint64_t> learned_{0}, hits_{0}, misses_{0}, evicted_{0};
};

}  // namespace dipper
