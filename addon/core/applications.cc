#include "applications.h"

#include <algorithm>

namespace dipper {

template <typename Visit>
bool ApplicationTable::each_candidate(std::string_view name, Visit&& visit) const {
  std::string changed;
  for (const Transform& transform : transforms_) {
    if (!transform.program.replace(name, transform.replacement, changed) || changed == name) continue;
    const HostName candidate(changed);
    if (!candidate.text().empty() && visit(transform, candidate)) return true;
  }
  return false;
}

DomainMatch ApplicationTable::find_name(const HostName& name) const {
  const std::string_view text = name.text();
  if (text.empty()) return {};
  DomainMatch match = domains_.find(text, list_order_);
  // What a transform makes of the name comes before the name itself; the list is that of the name.
  uint32_t rule = 0;
  if (!transforms_.empty() && each_candidate(text, [&](const Transform&, const HostName& candidate) {
        rule = rule_of_candidate(candidate, domains_.find(candidate.text(), list_order_).rule);
        return rule != 0;
      }))
    return {rule, match.list};
  match.rule = rule_of_candidate(name, match.rule);
  return match;
}

uint32_t ApplicationTable::rule_of_candidate(const HostName& name, uint32_t by_domain) const {
  if (by_domain) return by_domain;
  if (const uint32_t rule = texts_.find(name.text())) return rule;
  return regexes_.find(name.text());
}

std::vector<ApplicationTable::NameFit> ApplicationTable::rules_of_name(const HostName& name, size_t most) const {
  std::vector<NameFit> found;
  if (name.text().empty()) return found;
  const auto take_all = [&](const HostName& candidate, const Transform* transform) {
    const std::string changed(transform ? candidate.text() : std::string_view());
    const auto take = [&](uint32_t rule) {
      const auto has = [rule](const NameFit& fit) { return fit.rule == rule; };
      if (rule && found.size() < most && std::none_of(found.begin(), found.end(), has)) found.push_back({rule, transform, changed});
    };
    domains_.each_rule(candidate.text(), take);
    take(texts_.find(candidate.text()));
    take(regexes_.find(candidate.text()));
  };
  each_candidate(name.text(), [&](const Transform& transform, const HostName& candidate) {
    take_all(candidate, &transform);
    return found.size() == most;
  });
  take_all(name, nullptr);
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
