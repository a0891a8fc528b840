// Application columns out of C++ literals, for tests of the table and of workers that have one.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "core/applications.h"

namespace applications {

struct DomainRule {
  std::string name;
  uint8_t flags;
  uint32_t application;
};
struct PrefixRule {
  uint8_t ip_version;
  std::vector<uint8_t> address;  // 4 or 16 bytes
  uint8_t bits;
  uint32_t application;
};
struct LibraryRule {
  std::string name;
  uint32_t application;
};

// Application n has id 100 + n, tag `dipper.appN` and category `catN`; rules come in the order of these lists, at lines of
// `test.conf` from 1 on.
struct Definitions {
  uint32_t applications = 1;
  std::vector<DomainRule> domains;
  std::vector<DomainRule> texts;  // flags: TextIndex::Flags
  std::vector<PrefixRule> prefixes;
  std::vector<LibraryRule> library;
  // Categories of lists by priority, and the names in each.
  std::vector<std::pair<std::string, std::vector<std::string>>> lists;
};

std::shared_ptr<const dipper::ApplicationTable> table(const Definitions& definitions);

}  // namespace applications
