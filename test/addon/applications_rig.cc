#include "applications_rig.h"

#include <cstdlib>

using namespace dipper;

namespace applications {
namespace {

template <typename T>
Column<T> column(const std::vector<T>& values) {
  return {values.data(), values.size()};
}
TextColumn texts(const std::string& block) { return {block.data(), block.size()}; }
void add(std::string& block, const std::string& text) { block += text + '\0'; }

}  // namespace

std::shared_ptr<const ApplicationTable> table(const Definitions& d) {
  ApplicationColumns c;
  std::vector<uint32_t> ids, rule_applications, rule_lines, rule_files, domain_rules, text_rules, prefix_rules, library_rules,
      priorities, listed_in;
  std::vector<uint8_t> domain_flags, text_flags, versions, bits, addresses;
  std::string tags, categories, files, rule_texts, domain_names, pieces, library_names, list_categories, listed_names;
  for (uint32_t i = 0; i < d.applications; ++i) {
    ids.push_back(100 + i);
    add(tags, "dipper.app" + std::to_string(i));
    add(categories, "cat" + std::to_string(i));
  }
  add(files, "test.conf");
  const auto rule = [&](uint32_t application, const std::string& text) {
    rule_applications.push_back(application);
    rule_files.push_back(0);
    rule_lines.push_back(static_cast<uint32_t>(rule_lines.size() + 1));
    add(rule_texts, text);
    return static_cast<uint32_t>(rule_lines.size() - 1);
  };
  for (const DomainRule& one : d.domains) {
    domain_rules.push_back(rule(one.application, "dom:" + one.name));
    domain_flags.push_back(one.flags);
    add(domain_names, one.name);
  }
  for (const DomainRule& one : d.texts) {
    text_rules.push_back(rule(one.application, "host:" + one.name));
    text_flags.push_back(one.flags);
    add(pieces, one.name);
  }
  for (const PrefixRule& one : d.prefixes) {
    prefix_rules.push_back(rule(one.application, "net:"));
    versions.push_back(one.ip_version);
    bits.push_back(one.bits);
    for (size_t i = 0; i < 16; ++i) addresses.push_back(i < one.address.size() ? one.address[i] : 0);
  }
  for (const LibraryRule& one : d.library) {
    library_rules.push_back(rule(one.application, "lib:" + one.name));
    add(library_names, one.name);
  }
  for (const auto& [category, names] : d.lists) {
    priorities.push_back(static_cast<uint32_t>(priorities.size()));
    add(list_categories, category);
    for (const std::string& name : names) {
      listed_in.push_back(static_cast<uint32_t>(priorities.size() - 1));
      add(listed_names, name);
    }
  }
  c.application_ids = column(ids);
  c.application_tags = texts(tags);
  c.application_categories = texts(categories);
  c.files = texts(files);
  c.rule_applications = column(rule_applications);
  c.rule_files = column(rule_files);
  c.rule_lines = column(rule_lines);
  c.rule_texts = texts(rule_texts);
  c.domain_rules = column(domain_rules);
  c.domain_flags = column(domain_flags);
  c.domain_names = texts(domain_names);
  c.text_rules = column(text_rules);
  c.text_flags = column(text_flags);
  c.texts = texts(pieces);
  c.prefix_rules = column(prefix_rules);
  c.prefix_versions = column(versions);
  c.prefix_bits = column(bits);
  c.prefix_addresses = column(addresses);
  c.library_rules = column(library_rules);
  c.library_names = texts(library_names);
  c.list_priorities = column(priorities);
  c.list_categories = texts(list_categories);
  c.listed_in = column(listed_in);
  c.listed_names = texts(listed_names);
  std::string error;
  auto made = ApplicationTable::create(c, error);
  if (!made) {
    fprintf(stderr, "%s\n", error.c_str());
    abort();
  }
  return made;
}

}  // namespace applications
