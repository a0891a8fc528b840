// First fragments remembered, so that later ones, which carry no ports, are counted in their flow.
// Thread: the decoder's. Fixed memory, allocated once; packet time decides what is too old.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "core/flow_key.h"

namespace dipper {

// What fragments of one datagram have in common (RFC 791 section 3.2, RFC 8200 section 4.5), plus
// what tells apart equal private addresses.
struct FragmentId {
  uint8_t source[16], destination[16];
  uint32_t identification;
  uint32_t tunnel_id;
  uint16_t vlan_id;
  uint8_t ip_version;
  uint8_t ip_protocol;  // IPv4 only: IPv6 identifies without it
};
static_assert(sizeof(FragmentId) == 44,
              "FragmentId has no padding: it is hashed and compared as bytes");

class FragmentTable {
 public:
  static constexpr uint32_t ways = 4, sets = 1024;  // 4,096 datagrams in flight, 416 KiB
  static constexpr uint64_t lifetime_ns = 30ull * 1000 * 1000 * 1000;

  FragmentTable();
  void remember(const FragmentId& id, uint64_t now_ns, const FlowKey& key,
                bool from_lower) noexcept;
  // False when the first fragment was not seen within the lifetime.
  bool find(const FragmentId& id, uint64_t now_ns, FlowKey& key, bool& from_lower) const noexcept;

 private:
  struct Entry {
    FragmentId id;
    bool from_lower;
    uint64_t seen_ns;  // 0: never used; packet time 0 is stored as 1
    FlowKey key;       // the whole key: a fragmented outer packet belongs to its inner flow
  };
  uint32_t first_of_set(const FragmentId& id) const noexcept;
  struct Free {
    void operator()(void* block) const noexcept { free(block); }
  };
  std::unique_ptr<Entry[], Free> entries_;  // calloc: its pages cost nothing until fragments come
};

}  // namespace dipper
