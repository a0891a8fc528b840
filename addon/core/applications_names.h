// Which rule fits a name. Domains by suffix, label by label from the right: one pass over the name and one look into a hash
// table for each of its labels. Pieces of names (netifyd 3.x has them) by one automaton for all. Thread: made by one, then
// read by any.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace dipper {

// A host name as rules know them: lower case, without a final dot, a port behind it cut off. Empty when `text` is no name of
// at most 253 letters, digits, hyphens, underscores and dots (RFC 1035, 2.3.4). Points into itself.
class HostName {
 public:
  explicit HostName(std::string_view text);
  HostName(const HostName&) = delete;
  std::string_view text() const { return {characters_, size_}; }

 private:
  char characters_[256];
  size_t size_ = 0;
};

// 0 to 38 for the characters that names have, capitals as small ones; else 255.
constexpr unsigned name_characters = 39;
uint8_t name_character(char c);

// Rules and lists by their number + 1; 0 is none.
struct DomainMatch {
  uint32_t rule = 0, list = 0;
};

// A name is known by 64 bits of its hash alone: of 100,000 names two have the same with a probability of 3 in 10 billion, and
// who makes a name that is taken for another could as well have said the other. So a label costs one look into memory, and
// the looks of all labels wait side by side.
class DomainIndex {
 public:
  enum Flags : uint8_t { exact = 1, subdomains = 2 };  // the name itself, what is below it

  void reserve(size_t names) { entries_.reserve(names); }
  // Of rules for one name the first that was added wins.
  void add_rule(std::string_view name, uint8_t flags, uint32_t rule);
  void add_to_list(std::string_view name, uint32_t list);
  void finish();  // after the last add
  // Lists with a lower number win, then longer suffixes; of rules the longest suffix. `list_order`: of each list's number.
  DomainMatch find(std::string_view name, const std::vector<uint32_t>& list_order) const;
  // Calls visit(rule) for every rule that fits, longest suffix first.
  template <typename Visit>
  void each_rule(std::string_view name, Visit&& visit) const {
    const Suffixes suffixes = hashes_of(name);
    for (size_t i = suffixes.count; i-- > 0;) {
      const Entry entry = look(suffixes.hashes[i]);
      const uint32_t rule = i + 1 == suffixes.count ? entry.exact : entry.below;
      if (rule) visit(rule);
    }
  }
  size_t bytes() const;

 private:
  struct Entry {
    uint64_t hash = 0;
    uint32_t exact = 0, below = 0, list = 0;
  };
  // What nearly all names have, one rule for themselves and what is below, is `rule`; the others' is a place in entries_.
  struct Slot {
    uint64_t hash = 0;  // 0 = empty
    uint32_t rule = 0, entry = 0;  // + 1
  };
  struct Suffixes {
    std::array<uint64_t, 256> hashes;  // shortest first
    size_t count = 0;
  };
  static constexpr uint64_t step = 0x9e3779b97f4a7c15;
  // From the last character to the first: the hash of a suffix is that of the shorter one, continued.
  static uint64_t mix(uint64_t hash, char c) { return (hash ^ static_cast<uint8_t>(c)) * step; }
  static uint64_t ended(uint64_t hash) { return hash | (hash == 0); }
  static uint64_t hash_of(std::string_view name) {
    uint64_t hash = 0;
    for (size_t c = name.size(); c-- > 0;) hash = mix(hash, name[c]);
    return ended(hash);
  }
  Suffixes hashes_of(std::string_view name) const;
  // A bit for each name, some eight times as many as names: most suffixes are none, and stay away from the slots so.
  bool maybe(uint64_t hash) const { return filter_[hash >> 16 & filter_mask_] >> (hash >> 10 & 63) & 1; }
  Entry look(uint64_t hash) const {
    if (!maybe(hash)) return {};
    for (size_t at = hash >> shift_;; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (!slot.hash) return {};
      if (slot.hash == hash) return slot.entry ? entries_[slot.entry - 1] : Entry{hash, slot.rule, slot.rule, 0};
    }
  }
  Entry& entry_of(std::string_view name);
  void clear_slots(size_t entries);

  std::vector<Slot> slots_{2};
  std::vector<Entry> entries_;
  std::vector<uint64_t> filter_{0};
  size_t filter_mask_ = 0;
  unsigned shift_ = 63;
  size_t mask_ = 1;
};

// Many texts searched at once (A. Aho, M. Corasick, "Efficient string matching", 1975); edges are in one hash table, so that
// 100,000 texts cost some 16 bytes a character.
class TextIndex {
 public:
  enum Flags : uint8_t { start = 1, end = 2 };  // only where the name begins, only where it ends

  void add(std::string_view text, uint8_t flags, uint32_t rule);
  void finish();  // after the last add()
  // The rule (+ 1) with the longest text in `name`, of those the one that was added first; 0 = none.
  uint32_t find(std::string_view name) const;
  bool empty() const { return texts_.empty(); }
  size_t bytes() const;

 private:
  struct Text {
    uint32_t rule, next;  // next + 1: the same text with other flags
    uint8_t flags;
  };
  struct Node {
    uint32_t fail = 0, text = 0, shorter = 0;  // text + 1; node of the next shorter text that ends here
    uint16_t depth = 0;
  };
  struct Edge {
    uint32_t key = 0, node = 0;  // node is never 0, the root
  };
  uint32_t child(uint32_t node, uint8_t character) const;
  void connect(uint32_t node, uint8_t character, uint32_t to);

  std::vector<Node> nodes_{1};
  std::vector<Edge> edges_{64};
  std::vector<Text> texts_;
  size_t edge_count_ = 0;
};

}  // namespace dipper
