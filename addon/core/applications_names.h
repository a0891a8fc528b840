// Which rule fits a name. Domains by suffix, label by label from the right: one pass over the name and one look into a hash
// table for each of its labels. Pieces of names (netifyd 3.x has them) by one automaton for all. Thread: made by one, then
// read by any.
#pragma once
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

class DomainIndex {
 public:
  enum Flags : uint8_t { exact = 1, subdomains = 2 };  // the name itself, what is below it

  void reserve(size_t names);
  // Of rules for one name the first that was added wins.
  void add_rule(std::string_view name, uint8_t flags, uint32_t rule);
  void add_to_list(std::string_view name, uint32_t list);
  // Lists with a lower number win, then longer suffixes; of rules the longest suffix. `list_order`: of each list's number.
  DomainMatch find(std::string_view name, const std::vector<uint32_t>& list_order) const;
  // Calls visit(rule) for every rule that fits, longest suffix first.
  template <typename Visit>
  void each_rule(std::string_view name, Visit&& visit) const {
    for (size_t from = 0; from < name.size();) {
      const Entry* entry = find_entry(name.substr(from));
      const uint32_t rule = !entry ? 0 : from == 0 ? entry->exact : entry->below;
      if (rule) visit(rule);
      const size_t dot = name.find('.', from);
      if (dot == std::string_view::npos) break;
      from = dot + 1;
    }
  }
  size_t bytes() const;

 private:
  struct Entry {
    uint32_t name_at;
    uint32_t exact = 0, below = 0, list = 0;
    uint8_t name_size;
  };
  struct Slot {
    uint32_t tag = 0, entry = 0;  // entry + 1
  };
  static constexpr uint64_t step = 0x9e3779b97f4a7c15;
  // From the last character to the first: the hash of a suffix is that of the shorter one, continued.
  static uint64_t mix(uint64_t hash, char c) { return (hash ^ static_cast<uint8_t>(c)) * step; }
  const Entry* look(uint64_t hash, std::string_view suffix) const {
    for (size_t at = hash >> shift_;; at = (at + 1) & mask_) {
      const Slot slot = slots_[at];
      if (!slot.entry) return nullptr;
      if (slot.tag != static_cast<uint32_t>(hash)) continue;
      const Entry& entry = entries_[slot.entry - 1];
      if (std::string_view(names_.data() + entry.name_at, entry.name_size) == suffix) return &entry;
    }
  }
  const Entry* find_entry(std::string_view name) const;
  Entry& entry_of(std::string_view name);
  void grow(size_t slots);

  std::vector<Slot> slots_{2};
  std::vector<Entry> entries_;
  std::vector<char> names_;
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
