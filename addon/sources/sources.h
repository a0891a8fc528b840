// The capture sources by name: the one table that the rest of the program opens sources through. To
// add a source: one file, its fields in SourceOptions, one line in sources.cc. Thread: open from
// any thread.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "core/source.h"

namespace dipper {

// What a source may be told; each reads the fields that it knows.
struct SourceOptions {
  std::string path;  // pcap-file: a path, or "-" for standard input
};

using SourceFactory = std::unique_ptr<Source> (*)(const SourceOptions& options, SourceError& error);

// Null and `error` when the type is unknown (64) or the source can't be opened.
std::unique_ptr<Source> open_source(std::string_view type, const SourceOptions& options,
                                    SourceError& error);

}  // namespace dipper
