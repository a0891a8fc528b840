// A 4-way set-associative table; the oldest entry of a set makes room.
#include "core/decode_fragments.h"

#include <cstring>
#include <new>
#include <type_traits>

namespace dipper {

FragmentTable::FragmentTable() : entries_(static_cast<Entry*>(calloc(ways * sets, sizeof(Entry)))) {
  static_assert(std::is_trivial_v<Entry>, "zeroed memory is an empty entry");
  if (!entries_) throw std::bad_alloc();
}

uint32_t FragmentTable::first_of_set(const FragmentId& id) const noexcept {
  // Needs to spread, not to resist: who aims at a set only loses fragments of four datagrams.
  uint64_t hash = 0x9e3779b97f4a7c15;
  uint32_t word;
  for (size_t at = 0; at < sizeof id; at += sizeof word) {
    memcpy(&word, reinterpret_cast<const uint8_t*>(&id) + at, sizeof word);
    hash = (hash ^ word) * 0xff51afd7ed558ccd;
    hash ^= hash >> 32;
  }
  return static_cast<uint32_t>(hash % sets) * ways;
}

void FragmentTable::remember(const FragmentId& id, uint64_t now_ns, const FlowKey& key,
                             bool from_lower) noexcept {
  Entry* set = &entries_[first_of_set(id)];
  Entry* entry = set;
  for (uint32_t way = 0; way < ways; ++way) {
    if (memcmp(&set[way].id, &id, sizeof id) == 0) {
      entry = &set[way];
      break;
    }
    if (set[way].seen_ns < entry->seen_ns) entry = &set[way];
  }
  entry->id = id;
  entry->seen_ns = now_ns ? now_ns : 1;
  entry->key = key;
  entry->from_lower = from_lower;
}

bool FragmentTable::find(const FragmentId& id, uint64_t now_ns, FlowKey& key,
                         bool& from_lower) const noexcept {
  const Entry* set = &entries_[first_of_set(id)];
  for (uint32_t way = 0; way < ways; ++way) {
    const Entry& entry = set[way];
    if (!entry.seen_ns || memcmp(&entry.id, &id, sizeof id) != 0) continue;
    if (now_ns > entry.seen_ns && now_ns - entry.seen_ns > lifetime_ns) return false;
    key = entry.key;
    from_lower = entry.from_lower;
    return true;
  }
  return false;
}

}  // namespace dipper
