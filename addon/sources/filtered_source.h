// Another source, without the packets that a filter does not let through: for files and streams,
// where no kernel has looked. Thread: as for any source.
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/source.h"
#include "sources/packet_filter.h"

namespace dipper {

class FilteredSource final : public Source {
 public:
  // `text` in libpcap's language. A capture may have several link types: the text is compiled for
  // each when its first packet comes, and read() fails where it can't be.
  FilteredSource(std::unique_ptr<Source> inner, std::string text);

  ReadStatus read(Burst& burst) override;
  void stop() noexcept override { inner_->stop(); }
  SourceError error() const override;
  SourceStats stats() const noexcept override;
  bool lossless() const noexcept override { return inner_->lossless(); }
  bool provide_descriptor(int fd) noexcept override { return inner_->provide_descriptor(fd); }
  void retry() noexcept override { inner_->retry(); }

 private:
  const PacketFilter* filter_for(uint16_t link_type);

  const std::unique_ptr<Source> inner_;
  const std::string text_;
  std::vector<std::pair<uint16_t, std::unique_ptr<PacketFilter>>> filters_;
  SourceError error_;
  std::atomic<uint64_t> filtered_{0};
};

}  // namespace dipper
