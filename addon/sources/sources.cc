// Source type name -> factory, one line a source.
#include "sources/sources.h"

#include "sources/filtered_source.h"
#include "sources/paced_source.h"
#include "sources/packet_ring_source.h"
#include "sources/pcap_file.h"
#include "sources/stream_source.h"

namespace dipper {
namespace {

struct SourceType {
  const char* name;
  SourceFactory open;
};

std::unique_ptr<Source> filtered(std::unique_ptr<Source> source, const std::string& filter) {
  if (!source || filter.empty()) return source;
  return std::make_unique<FilteredSource>(std::move(source), filter);
}

// Everything but what has its filter in the kernel.
std::unique_ptr<Source> open_file(const SourceOptions& options, SourceError& error) {
  if (!options.filter.empty() && !PacketFilter::check(options.filter, error)) return nullptr;
  auto source = filtered(open_capture_file(options.path, error), options.filter);
  if (!source || !options.recorded_pace) return source;
  return std::make_unique<PacedSource>(std::move(source));
}

std::unique_ptr<Source> open_stream(const SourceOptions& options, SourceError& error) {
  auto source = StreamSource::open(options, error);
  if (source && !options.filter.empty() && !PacketFilter::check(options.filter, error))
    return nullptr;
  return filtered(std::move(source), options.filter);
}

constexpr SourceType source_types[] = {
    {"pcap-file", open_file},
    {"packet-ring", PacketRingSource::open},
    {"stream", open_stream},
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
