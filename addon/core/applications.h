// What the definition files say, compiled: the application of a name, an address, a port and of libndpi's own words.
// Immutable once made: the workers of all engines share one, and a reload makes another.
// Thread: made by one, then read by any; nothing in it is locked.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "applications_names.h"
#include "applications_prefixes.h"
#include "applications_regex.h"

namespace dipper {

template <typename T>
struct Column {
  const T* data = nullptr;
  size_t size = 0;
  T operator[](size_t i) const { return data[i]; }
};

// Texts one behind another, each with a NUL behind it.
using TextColumn = Column<char>;

// Definitions as src/applications/columns.ts hands them over, borrowed for the time of create(). Rules are numbered in order
// of precedence: of those that fit equally well, the first wins. The other columns have a row for each rule of their kind.
struct ApplicationColumns {
  Column<uint32_t> application_ids;
  TextColumn application_tags, application_categories, files;
  Column<uint32_t> rule_applications, rule_files, rule_lines;  // positions of application and file; line
  TextColumn rule_texts;
  Column<uint32_t> domain_rules;
  Column<uint8_t> domain_flags;  // DomainIndex::Flags
  TextColumn domain_names;
  Column<uint32_t> text_rules;
  Column<uint8_t> text_flags;    // TextIndex::Flags
  TextColumn texts;
  Column<uint32_t> regex_rules, regex_sizes, regex_words;  // words of each program, then the words of all
  Column<uint32_t> prefix_rules;
  Column<uint8_t> prefix_versions, prefix_bits, prefix_addresses;  // 16 bytes each
  Column<uint32_t> port_rules, port_ranges;                        // first << 16 | last
  Column<uint8_t> port_protocols;
  Column<uint32_t> library_rules;
  TextColumn library_names;
  Column<uint32_t> transform_sizes, transform_words;
  TextColumn transform_replacements, transform_texts;
  Column<uint32_t> transform_files, transform_lines;
  Column<uint32_t> list_priorities;  // ascending
  TextColumn list_categories;
  Column<uint32_t> listed_in;        // of each listed name its list
  TextColumn listed_names;
};

class ApplicationTable {
 public:
  // Null and a message when the columns do not fit together.
  static std::shared_ptr<const ApplicationTable> create(const ApplicationColumns& columns, std::string& error);

  // Rules and lists by their number + 1; 0 is none.
  DomainMatch find_name(const HostName& name) const;
  uint32_t find_address(uint8_t ip_version, const uint8_t* address) const { return prefixes_.find(ip_version, address); }
  uint32_t find_port(uint8_t ip_protocol, uint16_t port) const;
  uint32_t find_library(std::string_view protocol) const;  // libndpi's name, in any case

  struct Transform {
    RegexProgram program;
    std::string replacement;
    std::string_view text;  // as a line of a definition file says it
    uint32_t file, line;
  };
  // A rule that a name falls under; `transform` made the name into `changed` before, unless it is null.
  struct NameFit {
    uint32_t rule;
    const Transform* transform;
    std::string changed;
  };
  // All rules that a name falls under, the winning one first; at most `most`.
  std::vector<NameFit> rules_of_name(const HostName& name, size_t most) const;

  struct Application {
    uint32_t id;
    std::string_view tag, category;
    // As in messages: `,"detected_application":1,"detected_application_name":"dipper.x"` and `,"application":"web"`.
    std::string_view members, category_member;
  };
  struct Rule {
    uint32_t application, file, line, text_at;
  };
  const Application& application_of(uint32_t rule) const { return applications_[rules_[rule - 1].application]; }
  const Rule& rule(uint32_t rule) const { return rules_[rule - 1]; }
  std::string_view file_of(uint32_t rule) const { return files_[rules_[rule - 1].file]; }
  std::string_view file_of(const Transform& transform) const { return files_[transform.file]; }
  std::string_view text_of(uint32_t rule) const { return rule_texts_.data() + rules_[rule - 1].text_at; }
  std::string_view category_of_list(uint32_t list) const { return lists_[list - 1]; }  // the word
  std::string_view list_member(uint32_t list) const { return list_members_[list - 1]; }  // `,"domain":"web"`

  size_t rules() const { return rules_.size(); }
  size_t bytes() const;
  // Regular expressions that are not used, because there are too many of their kind.
  const std::vector<uint32_t>& left_out() const { return regexes_.left_out(); }

 private:
  struct Port {
    uint8_t ip_protocol;
    uint16_t first, last;
    uint32_t rule;
  };
  struct Word {
    std::string_view name;
    uint32_t rule;
  };
  bool fill(const ApplicationColumns& columns, std::string& error);
  bool fill_transforms(const ApplicationColumns& columns);
  uint32_t rule_of_candidate(const HostName& name, uint32_t by_domain) const;
  // Calls visit(transform, candidate) for what each transform makes of the name, until one says true.
  template <typename Visit>
  bool each_candidate(std::string_view name, Visit&& visit) const;

  std::string_view keep(std::string word) { return words_.emplace_back(std::move(word)); }

  std::deque<std::string> words_;  // what the views below point into
  std::vector<Application> applications_;
  std::vector<std::string_view> files_, lists_, list_members_;
  std::vector<Rule> rules_;
  std::vector<char> rule_texts_;
  DomainIndex domains_;
  std::vector<uint32_t> list_order_;
  TextIndex texts_;
  RegexSet regexes_;
  PrefixIndex prefixes_;
  std::vector<Port> ports_;    // in order of precedence; sets have few
  std::vector<Word> library_;  // by name, lower case
  std::vector<Transform> transforms_;
};

}  // namespace dipper
