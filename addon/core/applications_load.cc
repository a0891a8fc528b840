// Columns -> table. They come from our own TypeScript, and are checked all the same: a number out of place would be a read out
// of bounds in every worker.
#include <algorithm>
#include <cstring>

#include "applications.h"
#include "metadata.h"

namespace dipper {
namespace {

// Takes the texts of a column one by one.
class Texts {
 public:
  explicit Texts(const TextColumn& column) : at_(column.data), end_(column.data + column.size) {}
  bool next(std::string_view& text) {
    const void* nul = at_ == end_ ? nullptr : memchr(at_, 0, static_cast<size_t>(end_ - at_));
    if (!nul) return false;
    text = {at_, static_cast<size_t>(static_cast<const char*>(nul) - at_)};
    at_ += text.size() + 1;
    return true;
  }
  bool over() const { return at_ == end_; }

 private:
  const char* at_;
  const char* end_;
};

std::string json(std::string_view text) {
  std::string quoted;
  // A line's fixed part has a bound (message.cc): six bytes for each of these at most.
  write_json_string(text.substr(0, 60), quoted);
  return quoted;
}

bool all_below(const Column<uint32_t>& column, size_t bound) {
  for (size_t i = 0; i < column.size; ++i)
    if (column[i] >= bound) return false;
  return true;
}

template <typename Row>
bool each_program(const Column<uint32_t>& sizes, const Column<uint32_t>& words, Row&& row) {
  size_t at = 0;
  for (size_t i = 0; i < sizes.size; ++i) {
    RegexProgram program;
    if (sizes[i] > words.size - at || !program.load(words.data + at, sizes[i])) return false;
    at += sizes[i];
    if (!row(i, std::move(program))) return false;
  }
  return at == words.size;
}

}  // namespace

std::shared_ptr<const ApplicationTable> ApplicationTable::create(const ApplicationColumns& columns, std::string& error) {
  auto table = std::make_shared<ApplicationTable>();
  if (!table->fill(columns, error)) return nullptr;
  return table;
}

bool ApplicationTable::fill(const ApplicationColumns& c, std::string& error) {
  const auto refuse = [&error](const char* what) {
    error = std::string("application columns do not fit together: ") + what;
    return false;
  };
  std::string_view text;
  Texts tags(c.application_tags), categories(c.application_categories), files(c.files);
  for (size_t i = 0; i < c.application_ids.size; ++i) {
    Application one{c.application_ids[i], {}, {}, {}, {}};
    if (!tags.next(text)) return refuse("tags");
    one.tag = keep(std::string(text));
    if (!categories.next(text)) return refuse("categories");
    one.category = keep(std::string(text));
    one.members = keep(",\"detected_application\":" + std::to_string(one.id) + ",\"detected_application_name\":" + json(one.tag));
    one.category_member = keep(",\"application\":" + json(one.category));
    applications_.push_back(one);
  }
  while (files.next(text)) files_.push_back(keep(std::string(text)));

  const size_t count = c.rule_applications.size;
  if (c.rule_files.size != count || c.rule_lines.size != count || count >= ~uint32_t{0}) return refuse("rules");
  if (!all_below(c.rule_applications, applications_.size()) || !all_below(c.rule_files, files_.size()))
    return refuse("rules");
  rule_texts_.assign(c.rule_texts.data, c.rule_texts.data + c.rule_texts.size);
  rules_.reserve(count);
  Texts rule_texts({rule_texts_.data(), rule_texts_.size()});
  for (size_t i = 0; i < count; ++i) {
    if (!rule_texts.next(text)) return refuse("texts of rules");
    rules_.push_back({c.rule_applications[i], c.rule_files[i], c.rule_lines[i],
                      static_cast<uint32_t>(text.data() - rule_texts_.data())});
  }

  for (const auto* kind : {&c.domain_rules, &c.text_rules, &c.regex_rules, &c.prefix_rules, &c.port_rules, &c.library_rules})
    if (!all_below(*kind, count)) return refuse("numbers of rules");

  Texts names(c.domain_names), listed(c.listed_names), pieces(c.texts);
  if (c.domain_flags.size != c.domain_rules.size) return refuse("domains");
  domains_.reserve(c.domain_rules.size + c.listed_in.size);
  for (size_t i = 0; i < c.domain_rules.size; ++i) {
    if (!names.next(text)) return refuse("domains");
    domains_.add_rule(text, c.domain_flags[i], c.domain_rules[i]);
  }
  list_order_.assign(c.list_priorities.data, c.list_priorities.data + c.list_priorities.size);
  Texts list_categories(c.list_categories);
  for (size_t i = 0; i < list_order_.size(); ++i) {
    if (!list_categories.next(text)) return refuse("lists");
    lists_.push_back(keep(std::string(text)));
    list_members_.push_back(keep(",\"domain\":" + json(text)));
  }
  if (!all_below(c.listed_in, lists_.size())) return refuse("lists");
  for (size_t i = 0; i < c.listed_in.size; ++i) {
    if (!listed.next(text)) return refuse("lists");
    domains_.add_to_list(text, c.listed_in[i]);
  }
  domains_.finish();
  if (c.text_flags.size != c.text_rules.size) return refuse("pieces of names");
  for (size_t i = 0; i < c.text_rules.size; ++i) {
    if (!pieces.next(text)) return refuse("pieces of names");
    texts_.add(text, c.text_flags[i], c.text_rules[i]);
  }
  texts_.finish();

  if (c.regex_sizes.size != c.regex_rules.size ||
      !each_program(c.regex_sizes, c.regex_words, [&](size_t i, RegexProgram program) {
        regexes_.add(std::move(program), c.regex_rules[i]);
        return true;
      }))
    return refuse("regular expressions");
  regexes_.finish();

  const size_t prefixes = c.prefix_rules.size;
  if (c.prefix_versions.size != prefixes || c.prefix_bits.size != prefixes || c.prefix_addresses.size != 16 * prefixes)
    return refuse("prefixes");
  for (size_t i = 0; i < prefixes; ++i)
    prefixes_.add(c.prefix_versions[i], c.prefix_addresses.data + 16 * i, c.prefix_bits[i], c.prefix_rules[i]);
  prefixes_.finish();

  if (c.port_ranges.size != c.port_rules.size || c.port_protocols.size != c.port_rules.size) return refuse("ports");
  for (size_t i = 0; i < c.port_rules.size; ++i)
    ports_.push_back({c.port_protocols[i], static_cast<uint16_t>(c.port_ranges[i] >> 16),
                      static_cast<uint16_t>(c.port_ranges[i]), c.port_rules[i]});

  Texts library(c.library_names);
  for (size_t i = 0; i < c.library_rules.size; ++i) {
    if (!library.next(text)) return refuse("names of the library");
    library_.push_back({keep(std::string(text)), c.library_rules[i]});
  }
  // The first of each name stays in front: its rule has the lowest number.
  std::sort(library_.begin(), library_.end(), [](const Word& a, const Word& b) {
    return a.name != b.name ? a.name < b.name : a.rule < b.rule;
  });

  return fill_transforms(c) || refuse("transforms");
}

bool ApplicationTable::fill_transforms(const ApplicationColumns& c) {
  const size_t count = c.transform_sizes.size;
  if (c.transform_files.size != count || c.transform_lines.size != count) return false;
  if (!all_below(c.transform_files, files_.size())) return false;
  Texts replacements(c.transform_replacements), texts(c.transform_texts);
  return each_program(c.transform_sizes, c.transform_words, [&](size_t i, RegexProgram program) {
    std::string_view replacement, text;
    if (!replacements.next(replacement) || !texts.next(text)) return false;
    transforms_.push_back({std::move(program), std::string(replacement), keep(std::string(text)), c.transform_files[i],
                           c.transform_lines[i]});
    return true;
  });
}

}  // namespace dipper
