// What the kernel's connection tracking knows, as far as messages need it: which tuple a connection had before and after
// translation, its id and its mark. One writer (host/conntrack_monitor.h), any number of readers (workers, once a message).
// Does no I/O and asks no clock: the writer passes the time.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "flow_key.h"

namespace dipper {

// One direction of a connection, as nf_conntrack has it. ICMP has no ports here: flows don't either.
struct ConntrackTuple {
  uint8_t source[16] = {}, destination[16] = {};  // network order; IPv4 in the first four bytes
  uint16_t source_port = 0, destination_port = 0;

  bool mirrors(const ConntrackTuple& other) const {
    return source_port == other.destination_port && destination_port == other.source_port &&
           memcmp(source, other.destination, 16) == 0 && memcmp(destination, other.source, 16) == 0;
  }
};

struct ConntrackEntry {
  ConntrackTuple original, reply;
  uint32_t id = 0, mark = 0;
  uint8_t ip_version = 0, ip_protocol = 0;

  bool translated() const { return !original.mirrors(reply); }
};

// The tuple as a flow's key: both directions give the same one; no VLAN, no tunnel. `source_is_lower` when not null.
FlowKey conntrack_key(const ConntrackTuple& tuple, uint8_t ip_version, uint8_t ip_protocol,
                      bool* source_is_lower = nullptr);

struct ConntrackOptions {
  uint32_t capacity = 1u << 19;  // records of 120 bytes; a connection takes one, a translated one takes two
  uint32_t linger_s = 120;       // an ended connection is still found for so long: its last messages come later
  uint32_t idle_s = 3600;        // without a word of the kernel for so long, an entry goes
};

class ConntrackTable {
 public:
  explicit ConntrackTable(const ConntrackOptions& options = {});

  // Writer's thread. `now_s` is any clock that never goes back.
  void put(const ConntrackEntry& entry, uint32_t now_s);  // new or changed
  void end(const ConntrackEntry& entry, uint32_t now_s);  // destroyed; lingers, also when it was not known
  void end_unseen(uint32_t since_s, uint32_t now_s);      // ends those of which no word came since
  void expire(uint32_t now_s);                            // drops what lingered or was silent for too long

  // Any thread. By original or reply tuple, from either side; `key` may be of any VLAN and tunnel. The latest connection
  // wins where several share a tuple (ICMP of one pair of hosts, conntrack zones). False: not known.
  bool find(const FlowKey& key, ConntrackEntry& entry) const;

  struct Counters {
    uint64_t records, evicted, expired;  // held now; made room for others; gone by time
  };
  Counters counters() const;
  const ConntrackOptions& options() const { return options_; }

 private:
  static constexpr unsigned shard_count = 64;
  // A record under one of a connection's two keys. The key holds that direction's tuple.
  struct Record {
    FlowKey key;
    uint8_t other_source[16], other_destination[16];
    uint16_t other_source_port, other_destination_port;
    uint32_t id, mark;
    uint32_t seen_s;               // time of the last word, or of the end
    uint32_t next;                 // of the bucket or of the free list; position + 1
    uint32_t older, newer;         // of its list; position + 1
    bool of_original, source_is_lower, ended;
  };
  // Live and ended records, each in order of seen_s.
  struct Order {
    uint32_t oldest = 0, newest = 0;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::vector<uint32_t> buckets;
    std::vector<std::unique_ptr<Record[]>> slabs;
    uint32_t size = 0, made = 0, free_head = 0;
    Order live, ended;
  };

  void store(const ConntrackEntry& entry, bool of_original, bool ended, uint32_t now_s);
  void remove(Shard& shard, uint32_t position);
  static Record& at(const Shard& shard, uint32_t position) {
    return shard.slabs[position / slab_records][position % slab_records];
  }
  static void append(Shard& shard, Order& order, uint32_t position);
  static void unlink(Shard& shard, Order& order, uint32_t position);
  uint32_t place(Shard& shard);  // a free position
  uint32_t& bucket_of(Shard& shard, uint64_t hash) const { return shard.buckets[hash & (buckets_ - 1)]; }
  Shard& shard_of(uint64_t hash) const { return shards_[hash >> 58]; }

  static constexpr uint32_t slab_records = 256;
  const ConntrackOptions options_;
  const HashSecret secret_ = HashSecret::random();
  const uint32_t shard_capacity_, buckets_;
  const std::unique_ptr<Shard[]> shards_{new Shard[shard_count]};
  std::atomic<uint64_t> records_{0}, evicted_{0}, expired_{0};
};

}  // namespace dipper
