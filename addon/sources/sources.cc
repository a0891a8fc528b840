// Source type name -> factory, one line a source.
#include "sources/sources.h"

#include "sources/packet_ring_source.h"
#include "sources/pcap_file.h"

namespace dipper {
namespace {

struct SourceType {
  const char* name;
  SourceFactory open;
};

constexpr SourceType source_types[] = {
    {"pcap-file",
     [](const SourceOptions& o, SourceError& e) { return open_capture_file(o.path, e); }},
    {"packet-ring", PacketRingSource::open},
};

}  // namespace

std::unique_ptr<Source> open_source(std::string_view type, const SourceOptions& options,
                                    SourceError& error) {
  std::string known;
  for (const SourceType& t : source_types) {
    if (type == t.name) return t.open(options, error);
    known += known.empty() ? t.name : std::string(", ") + t.name;
  }
  error = {"unknown source type \"" + std::string(type) + "\": known are " + known, 0, 64};
  return nullptr;
}

}  // namespace dipper
