// Views that pass move to the front of the burst; the block stays.
#include "sources/filtered_source.h"

namespace dipper {

FilteredSource::FilteredSource(std::unique_ptr<Source> inner, std::string text)
    : inner_(std::move(inner)), text_(std::move(text)) {}

const PacketFilter* FilteredSource::filter_for(uint16_t link_type) {
  for (const auto& row : filters_)
    if (row.first == link_type) return row.second.get();
  auto filter = PacketFilter::compile(text_, link_type, error_);
  if (!filter) return nullptr;
  filters_.emplace_back(link_type, std::move(filter));
  return filters_.back().second.get();
}

ReadStatus FilteredSource::read(Burst& burst) {
  burst.size = 0;
  if (!error_.message.empty()) return ReadStatus::failed;
  for (;;) {
    ReadStatus status = inner_->read(burst);
    uint32_t kept = 0;
    uint64_t filtered = 0;
    for (uint32_t i = 0; i < burst.size; ++i) {
      const PacketFilter* filter = filter_for(burst.packets[i].link_type);
      if (!filter) {
        status = ReadStatus::failed;
        break;
      }
      if (filter->matches(burst.packets[i]))
        burst.packets[kept++] = burst.packets[i];
      else
        ++filtered;
    }
    burst.size = kept;
    filtered_.store(filtered_.load(std::memory_order_relaxed) + filtered,
                    std::memory_order_relaxed);
    if (kept || status != ReadStatus::more) return status;
  }
}

SourceError FilteredSource::error() const {
  return error_.message.empty() ? inner_->error() : error_;
}

SourceStats FilteredSource::stats() const noexcept {
  SourceStats stats = inner_->stats();
  const uint64_t filtered = filtered_.load(std::memory_order_relaxed);
  stats.packets -= filtered;
  stats.filtered += filtered;
  return stats;
}

}  // namespace dipper
