// The table of applications against the plainest reading of the same rules.
#include "core/applications.h"

#include <random>

#include "applications_rig.h"
#include "check.h"

using namespace dipper;
using namespace applications;

namespace {

std::string random_name(std::mt19937& random, unsigned most_labels) {
  static const char* const labels[] = {"a", "b", "ab", "www", "com", "net", "x-1", "_sip", "example", "abcdefgh"};
  std::string name;
  const unsigned count = 1 + random() % most_labels;
  for (unsigned i = 0; i < count; ++i) name += (i ? "." : "") + std::string(labels[random() % 10]);
  return name;
}

// The rule (+ 1) of the longest name, by comparing with each.
uint32_t naive_domain(const Definitions& d, const std::string& name) {
  uint32_t best = 0;
  size_t length = 0;
  for (uint32_t i = 0; i < d.domains.size(); ++i) {
    const auto& [rule, flags, application] = d.domains[i];
    const bool whole = name == rule;
    const bool below = name.size() > rule.size() && name.compare(name.size() - rule.size(), rule.size(), rule) == 0 &&
                       name[name.size() - rule.size() - 1] == '.';
    if (!((whole && (flags & DomainIndex::exact)) || (below && (flags & DomainIndex::subdomains)))) continue;
    if (rule.size() > length) {
      best = i + 1;
      length = rule.size();
    }
  }
  return best;
}

uint32_t naive_text(const Definitions& d, const std::string& name) {
  uint32_t best = 0;
  size_t length = 0;
  for (uint32_t i = 0; i < d.texts.size(); ++i) {
    const auto& [text, flags, application] = d.texts[i];
    bool fits = false;
    for (size_t at = 0; at + text.size() <= name.size(); ++at)
      fits |= name.compare(at, text.size(), text) == 0 && (!(flags & TextIndex::start) || at == 0) &&
              (!(flags & TextIndex::end) || at + text.size() == name.size());
    if (fits && text.size() > length) {
      best = static_cast<uint32_t>(d.domains.size()) + i + 1;
      length = text.size();
    }
  }
  return best;
}

bool in_prefix(const PrefixRule& rule, const std::vector<uint8_t>& address) {
  if (rule.address.size() != address.size()) return false;
  for (unsigned bit = 0; bit < rule.bits; ++bit)
    if ((rule.address[bit / 8] ^ address[bit / 8]) >> (7 - bit % 8) & 1) return false;
  return true;
}

}  // namespace

TEST(applications_names_as_by_comparing_with_every_rule) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    Definitions d;
    for (unsigned i = random() % 40; i-- > 0;)
      d.domains.push_back({random_name(random, 4), static_cast<uint8_t>(1 + random() % 3), 0});
    for (unsigned i = random() % 10; i-- > 0;) {
      const std::string name = random_name(random, 2);
      d.texts.push_back({name.substr(0, 1 + random() % name.size()), static_cast<uint8_t>(random() % 4), 0});
    }
    const auto made = table(d);
    for (int i = 0; i < 200; ++i) {
      const std::string name = random_name(random, 6);
      const uint32_t domain = naive_domain(d, name);
      CHECK_EQ(made->find_name(HostName(name)).rule, domain ? domain : naive_text(d, name));
    }
  }
}

TEST(applications_names_are_compared_without_case_port_and_final_dot) {
  Definitions d;
  d.domains = {{"example.com", DomainIndex::exact | DomainIndex::subdomains, 0}};
  const auto made = table(d);
  for (const char* name : {"example.com", "EXAMPLE.com.", "www.Example.Com", "example.com:8443"})
    CHECK_EQ(made->find_name(HostName(name)).rule, 1u);
  for (const char* name : {"", ".", "anexample.com", "com", "example.com.evil", "example.com\n", "ex\xc3\xa4mple.com", "SSH-2.0-x y",
                           "example.com:http"})
    CHECK_EQ(made->find_name(HostName(name)).rule, 0u);
  CHECK_EQ(made->find_name(HostName(std::string(300, 'a') + ".example.com")).rule, 0u);
  CHECK_EQ(made->find_name(HostName(std::string(241, '.') + ".example.com")).rule, 1u);  // 253 characters
}

TEST(applications_lists_lowest_priority_then_longest) {
  Definitions d;
  d.lists = {{"web", {"example.com", "b.net"}}, {"ads", {"ads.example.com", "net"}}, {"late", {"x.ads.example.com"}}};
  const auto made = table(d);
  const auto category = [&](const char* name) {
    const uint32_t list = made->find_name(HostName(name)).list;
    return std::string(list ? made->category_of_list(list) : "none");
  };
  CHECK_STR(category("ads.example.com"), "web");
  CHECK_STR(category("a.net"), "ads");
  CHECK_STR(category("a.b.net"), "web");
  CHECK_STR(category("org"), "none");
}

TEST(applications_addresses_as_by_comparing_with_every_prefix) {
  std::mt19937 random(2);
  for (int round = 0; round < 100; ++round) {
    Definitions d;
    const size_t bytes = round % 2 ? 16 : 4;
    const auto address = [&] {
      std::vector<uint8_t> some(bytes);
      for (uint8_t& byte : some) byte = static_cast<uint8_t>(random() % 4 ? (random() % 2) * 255 : random());
      return some;
    };
    for (unsigned i = random() % 60; i-- > 0;)
      d.prefixes.push_back({static_cast<uint8_t>(bytes == 4 ? 4 : 6), address(),
                            static_cast<uint8_t>(random() % (8 * bytes + 1)), 0});
    const auto made = table(d);
    for (int i = 0; i < 300; ++i) {
      auto one = address();
      if (!d.prefixes.empty() && i % 2) one = d.prefixes[random() % d.prefixes.size()].address;
      uint32_t best = 0;
      int longest = -1;
      for (uint32_t p = 0; p < d.prefixes.size(); ++p) {
        if (!in_prefix(d.prefixes[p], one) || d.prefixes[p].bits <= longest) continue;
        best = p + 1;
        longest = d.prefixes[p].bits;
      }
      CHECK_EQ(made->find_address(bytes == 4 ? 4 : 6, one.data()), best);
    }
  }
}

TEST(applications_library_names_in_any_case) {
  Definitions d;
  d.applications = 2;
  d.library = {{"netflix", 1}, {"google", 0}, {"netflix", 0}};
  const auto made = table(d);
  CHECK_EQ(made->application_of(made->find_library("NetFlix")).id, 101u);
  CHECK_EQ(made->find_library("Net"), 0u);
}

TEST(applications_columns_that_do_not_fit_are_refused) {
  ApplicationColumns columns;
  std::string error;
  CHECK(ApplicationTable::create(columns, error) != nullptr);  // nothing is a table, too
  const uint32_t one = 1, zero = 0;
  columns.rule_applications = {&one, 1};
  CHECK(ApplicationTable::create(columns, error) == nullptr);
  CHECK(error.find("rules") != std::string::npos);
  columns = {};
  columns.domain_rules = {&zero, 1};
  CHECK(ApplicationTable::create(columns, error) == nullptr);
  columns = {};
  columns.transform_sizes = {&one, 1};
  columns.transform_words = {&one, 1};
  CHECK(ApplicationTable::create(columns, error) == nullptr);
}

TEST(applications_programs_that_lead_nowhere_are_refused) {
  RegexProgram program;
  const uint32_t set[] = {0, 0, 0, 0, 0}, far[] = {2, 1, 0, 0, 0}, odd[] = {6, 0, 0, 0, 0}, match[] = {5, 0, 0, 0, 0};
  CHECK(!program.load(set, 5));  // the step behind a set is missing
  CHECK(!program.load(far, 5));
  CHECK(!program.load(odd, 5));
  CHECK(!program.load(match, 4));
  CHECK(program.load(match, 5));
  CHECK(program.search("x"));
}
