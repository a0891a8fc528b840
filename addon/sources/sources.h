// The capture sources by name: the one table that the rest of the program opens sources through. To
// add a source: one file, its fields in SourceOptions, one line in sources.cc. Thread: open from
// any thread.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "core/source.h"
#include "sources/block_ring.h"

namespace dipper {

// What a source may be told; each reads the fields that it knows.
struct SourceOptions {
  std::string path;       // pcap-file: a path, or "-" for standard input
  std::string interface;  // packet-ring
  std::string filter;     // all: pcap-filter(7); empty: everything
  bool promiscuous = false;         // packet-ring
  bool wait_for_interface = false;  // packet-ring: an interface that does not exist yet is no error
  bool recorded_pace = false;       // pcap-file: packets in their own time
  bool live = false;                // stream: lines are dropped, not waited for, when nobody takes them
  bool resumable = false;           // stream: waits for another descriptor at its end
  int fanout_group = -1;            // packet-ring: 0 to 65535; -1: no group
  int descriptor = -1;              // packet-ring, stream; the source closes it, also on failure
  BlockGeometry geometry;           // packet-ring
};

using SourceFactory = std::unique_ptr<Source> (*)(const SourceOptions& options, SourceError& error);

// Null and `error` when the type is unknown (64) or the source can't be opened.
std::unique_ptr<Source> open_source(std::string_view type, const SourceOptions& options,
                                    SourceError& error);

}  // namespace dipper
