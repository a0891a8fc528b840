#include "applications.h"

#include <algorithm>

namespace dipper {

DomainMatch ApplicationTable::find_name(const HostName& name) const {
  const std::string_view text = name.text();
  if (text.empty()) return {};
  DomainMatch match = domains_.find(text, list_order_);
  if (!transforms_.empty()) {
    // What a transform makes of the name comes before the name itself; the list is that of the name.
    std::string changed;
    for (const Transform& transform : transforms_) {
      if (!transform.program.replace(text, transform.replacement, changed) || changed == text) continue;
      const HostName candidate(changed);
      if (candidate.text().empty()) continue;
      const uint32_t rule = rule_of_candidate(candidate, domains_.find(candidate.text(), list_order_).rule);
      if (rule) return {rule, match.list};
    }
  }
  match.rule = rule_of_candidate(name, match.rule);
  return match;
}

uint32_t ApplicationTable::rule_of_candidate(const HostName& name, uint32_t by_domain) const {
  if (by_domain) return by_domain;
  if (const uint32_t rule = texts_.find(name.text())) return rule;
  return regexes_.find(name.text());
}

std::vector<uint32_t> ApplicationTable::rules_of_name(const HostName& name, size_t most) const {
  std::vector<uint32_t> found;
  const auto take = [&](uint32_t rule) {
    if (rule && found.size() < most && std::find(found.begin(), found.end(), rule) == found.end()) found.push_back(rule);
  };
  if (name.text().empty()) return found;
  take(find_name(name).rule);
  domains_.each_rule(name.text(), take);
  take(texts_.find(name.text()));
  take(regexes_.find(name.text()));
  return found;
}

uint32_t ApplicationTable::find_port(uint8_t ip_protocol, uint16_t port) const {
  for (const Port& one : ports_)
    if (one.ip_protocol == ip_protocol && one.first <= port && port <= one.last) return one.rule + 1;
  return 0;
}

uint32_t ApplicationTable::find_library(std::string_view protocol) const {
  std::string lower(protocol);
  for (char& c : lower) c = static_cast<char>(c | (static_cast<uint8_t>(c - 'A') < 26 ? 0x20 : 0));
  const auto at = std::lower_bound(library_.begin(), library_.end(), lower,
                                   [](const Word& word, const std::string& name) { return word.name < name; });
  return at != library_.end() && at->name == lower ? at->rule + 1 : 0;
}

size_t ApplicationTable::bytes() const {
  size_t words = 0;
  for (const std::string& word : words_) words += sizeof word + word.capacity();
  return sizeof *this + words + applications_.capacity() * sizeof(Application) +
         (files_.capacity() + lists_.capacity() + list_members_.capacity()) * sizeof(std::string_view) +
         rules_.capacity() * sizeof(Rule) + rule_texts_.capacity() + domains_.bytes() + texts_.bytes() + regexes_.bytes() +
         prefixes_.bytes() + ports_.capacity() * sizeof(Port) + library_.capacity() * sizeof(Word);
}

}  // namespace dipper
