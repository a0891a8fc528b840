#include "applications_names.h"

#include <algorithm>

namespace dipper {
namespace {

constexpr size_t longest_name = 253;
constexpr uint8_t no_character = 255;

struct Characters {
  uint8_t of[256] = {};
  constexpr Characters() {
    for (uint8_t& code : of) code = no_character;
    for (int i = 0; i < 26; ++i) of['a' + i] = of['A' + i] = static_cast<uint8_t>(i);
    for (int i = 0; i < 10; ++i) of['0' + i] = static_cast<uint8_t>(26 + i);
    of[static_cast<int>('-')] = 36;
    of[static_cast<int>('_')] = 37;
    of[static_cast<int>('.')] = 38;
  }
};
constexpr Characters characters;

size_t slots_for(size_t entries) {
  size_t slots = 2;
  while (slots < 2 * entries) slots *= 2;
  return slots;
}

// `host:8080` as in HTTP's Host; what follows the colon are digits alone.
std::string_view without_port(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return text;
  for (size_t i = colon + 1; i < text.size(); ++i)
    if (text[i] < '0' || text[i] > '9') return text;
  return text.substr(0, colon);
}

}  // namespace

uint8_t name_character(char c) { return characters.of[static_cast<uint8_t>(c)]; }

HostName::HostName(std::string_view text) {
  text = without_port(text);
  if (!text.empty() && text.back() == '.') text.remove_suffix(1);
  if (text.size() > longest_name) return;
  uint8_t odd = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    odd |= characters.of[static_cast<uint8_t>(c)];
    characters_[i] = static_cast<char>(c | (static_cast<uint8_t>(c - 'A') < 26 ? 0x20 : 0));
  }
  if (!(odd & 0x80)) size_ = text.size();
}

void DomainIndex::clear_slots(size_t entries) {
  const size_t slots = slots_for(entries);
  std::vector<Slot>(slots).swap(slots_);
  shift_ = 64;
  for (size_t n = slots; n > 1; n /= 2) --shift_;
  mask_ = slots - 1;
}

// While names are added every slot leads to an entry.
DomainIndex::Entry& DomainIndex::entry_of(std::string_view name) {
  const uint64_t hash = hash_of(name);
  size_t at = hash >> shift_;
  for (; slots_[at].hash; at = (at + 1) & mask_)
    if (slots_[at].hash == hash) return entries_[slots_[at].entry - 1];
  entries_.emplace_back().hash = hash;
  slots_[at] = {hash, 0, static_cast<uint32_t>(entries_.size())};
  if (slots_.size() < 2 * (entries_.size() + 1)) {
    clear_slots(std::max(entries_.capacity(), 2 * entries_.size()));
    for (uint32_t i = 0; i < entries_.size(); ++i) {
      size_t place = entries_[i].hash >> shift_;
      while (slots_[place].hash) place = (place + 1) & mask_;
      slots_[place] = {entries_[i].hash, 0, i + 1};
    }
  }
  return entries_.back();
}

void DomainIndex::add_rule(std::string_view name, uint8_t flags, uint32_t rule) {
  if (name.empty() || name.size() > longest_name) return;
  Entry& entry = entry_of(name);
  if ((flags & exact) && !entry.exact) entry.exact = rule + 1;
  if ((flags & subdomains) && !entry.below) entry.below = rule + 1;
}

void DomainIndex::add_to_list(std::string_view name, uint32_t list) {
  if (name.empty() || name.size() > longest_name) return;
  Entry& entry = entry_of(name);
  if (!entry.list || list + 1 < entry.list) entry.list = list + 1;
}

void DomainIndex::finish() {
  std::vector<Entry> all;
  all.swap(entries_);
  clear_slots(all.size());
  filter_.assign(std::max<size_t>(1, slots_.size() / 16), 0);
  filter_mask_ = filter_.size() - 1;
  for (const Entry& entry : all) {
    filter_[entry.hash >> 16 & filter_mask_] |= uint64_t{1} << (entry.hash >> 10 & 63);
    size_t at = entry.hash >> shift_;
    while (slots_[at].hash) at = (at + 1) & mask_;
    slots_[at] = {entry.hash, entry.exact, 0};
    if (entry.exact == entry.below && !entry.list) continue;
    entries_.push_back(entry);
    slots_[at].entry = static_cast<uint32_t>(entries_.size());
  }
}

DomainIndex::Suffixes DomainIndex::hashes_of(std::string_view name) const {
  Suffixes suffixes;
  uint64_t hash = 0;
  const auto end = [&] {
    suffixes.hashes[suffixes.count++] = ended(hash);
    if (maybe(ended(hash))) __builtin_prefetch(&slots_[ended(hash) >> shift_]);
  };
  for (size_t at = name.size(); at-- > 0;) {
    if (name[at] == '.') end();
    hash = mix(hash, name[at]);
  }
  end();
  return suffixes;
}

DomainMatch DomainIndex::find(std::string_view name, const std::vector<uint32_t>& list_order) const {
  DomainMatch best;
  const Suffixes suffixes = hashes_of(name);
  for (size_t i = 0; i < suffixes.count; ++i) {
    const Entry entry = look(suffixes.hashes[i]);
    const uint32_t rule = i + 1 == suffixes.count ? entry.exact : entry.below;
    if (rule) best.rule = rule;  // a longer one than before
    if (entry.list && (!best.list || list_order[entry.list - 1] <= list_order[best.list - 1])) best.list = entry.list;
  }
  return best;
}

size_t DomainIndex::bytes() const {
  return slots_.capacity() * sizeof(Slot) + filter_.capacity() * sizeof(uint64_t) + entries_.capacity() * sizeof(Entry);
}

uint32_t TextIndex::child(uint32_t node, uint8_t character) const {
  const uint32_t key = node * 64 + character;
  const size_t mask = edges_.size() - 1;
  for (size_t at = (key * uint64_t{0x9e3779b97f4a7c15} >> 32) & mask; edges_[at].node; at = (at + 1) & mask)
    if (edges_[at].key == key) return edges_[at].node;
  return 0;
}

void TextIndex::connect(uint32_t node, uint8_t character, uint32_t to) {
  const auto place = [this](uint32_t key, uint32_t target) {
    const size_t mask = edges_.size() - 1;
    size_t at = (key * uint64_t{0x9e3779b97f4a7c15} >> 32) & mask;
    while (edges_[at].node) at = (at + 1) & mask;
    edges_[at] = {key, target};
  };
  if (2 * ++edge_count_ > edges_.size()) {
    std::vector<Edge> before(2 * edges_.size());
    before.swap(edges_);
    for (const Edge& edge : before)
      if (edge.node) place(edge.key, edge.node);
  }
  place(node * 64 + character, to);
}

void TextIndex::add(std::string_view text, uint8_t flags, uint32_t rule) {
  if (text.empty() || text.size() > longest_name) return;
  uint32_t node = 0;
  for (const char c : text) {
    const uint8_t character = name_character(c);
    if (character == no_character) return;  // no name has it
    uint32_t next = child(node, character);
    if (!next) {
      next = static_cast<uint32_t>(nodes_.size());
      Node fresh;
      fresh.depth = static_cast<uint16_t>(nodes_[node].depth + 1);
      nodes_.push_back(fresh);
      connect(node, character, next);
    }
    node = next;
  }
  // In the order in which they were added.
  uint32_t* link = &nodes_[node].text;
  while (*link) link = &texts_[*link - 1].next;
  *link = static_cast<uint32_t>(texts_.size() + 1);
  texts_.push_back({rule, 0, flags});
}

// Breadth first: of each node the longest proper suffix of its text that is a node, too.
void TextIndex::finish() {
  std::vector<uint32_t> queue{0};
  for (size_t at = 0; at < queue.size(); ++at) {
    const uint32_t node = queue[at];
    for (uint8_t character = 0; character < name_characters; ++character) {
      const uint32_t next = child(node, character);
      if (!next) continue;
      queue.push_back(next);
      if (node == 0) continue;
      uint32_t fail = nodes_[node].fail;
      while (fail && !child(fail, character)) fail = nodes_[fail].fail;
      const uint32_t to = child(fail, character);
      nodes_[next].fail = to;
      nodes_[next].shorter = nodes_[to].text ? to : nodes_[to].shorter;
    }
  }
}

uint32_t TextIndex::find(std::string_view name) const {
  if (texts_.empty()) return 0;
  uint32_t node = 0, best = 0;
  unsigned length = 0;
  for (size_t at = 0; at < name.size(); ++at) {
    const uint8_t character = name_character(name[at]);
    uint32_t next = child(node, character);
    while (!next && node) {
      node = nodes_[node].fail;
      next = child(node, character);
    }
    node = next;
    for (uint32_t found = node; found; found = nodes_[found].shorter) {
      const unsigned depth = nodes_[found].depth;
      if (depth < length) break;
      for (uint32_t text = nodes_[found].text; text; text = texts_[text - 1].next) {
        const Text& one = texts_[text - 1];
        if ((one.flags & start) && at + 1 != depth) continue;
        if ((one.flags & end) && at + 1 != name.size()) continue;
        if (depth > length || !best || one.rule + 1 < best) {
          best = one.rule + 1;
          length = depth;
        }
      }
    }
  }
  return best;
}

size_t TextIndex::bytes() const {
  return nodes_.capacity() * sizeof(Node) + edges_.capacity() * sizeof(Edge) + texts_.capacity() * sizeof(Text);
}

}  // namespace dipper
