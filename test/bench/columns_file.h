// Application columns out of a file that applications.ts wrote: for each column its size in bytes (u64) and its bytes, padded
// to a multiple of eight, in the order of ApplicationColumns.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/applications.h"

namespace bench {

class ColumnsFile {
 public:
  explicit ColumnsFile(const char* path) {
    FILE* file = fopen(path, "rb");
    if (!file) return;
    uint64_t part[8192];
    while (const size_t n = fread(part, 8, 8192, file)) words_.insert(words_.end(), part, part + n);
    fclose(file);
    take(columns.application_ids), take(columns.application_tags), take(columns.application_categories), take(columns.files);
    take(columns.rule_applications), take(columns.rule_files), take(columns.rule_lines), take(columns.rule_texts);
    take(columns.domain_rules), take(columns.domain_flags), take(columns.domain_names);
    take(columns.text_rules), take(columns.text_flags), take(columns.texts);
    take(columns.regex_rules), take(columns.regex_sizes), take(columns.regex_words);
    take(columns.prefix_rules), take(columns.prefix_versions), take(columns.prefix_bits), take(columns.prefix_addresses);
    take(columns.port_rules), take(columns.port_ranges), take(columns.port_protocols);
    take(columns.library_rules), take(columns.library_names);
    take(columns.transform_sizes), take(columns.transform_words), take(columns.transform_replacements);
    take(columns.transform_texts), take(columns.transform_files), take(columns.transform_lines);
    take(columns.list_priorities), take(columns.list_categories), take(columns.listed_in), take(columns.listed_names);
  }

  // The table, or the end of the program.
  std::shared_ptr<const dipper::ApplicationTable> table() const {
    std::string error;
    auto made = dipper::ApplicationTable::create(columns, error);
    if (!made) {
      fprintf(stderr, "%s\n", error.c_str());
      exit(65);
    }
    return made;
  }

  dipper::ApplicationColumns columns;

 private:
  template <typename T>
  void take(dipper::Column<T>& column) {
    if (at_ >= words_.size()) return;
    const uint64_t bytes = words_[at_++];
    if (bytes > 8 * (words_.size() - at_)) return;
    column = {reinterpret_cast<const T*>(words_.data() + at_), bytes / sizeof(T)};
    at_ += (bytes + 7) / 8;
  }

  std::vector<uint64_t> words_;
  size_t at_ = 0;
};

}  // namespace bench
