// A plain capture file, memory-mapped: views point into the mapping, which lives as long as the
// source, so a burst has no block. Thread: read() by the reader, stop() and stats() by any.
#pragma once
#include <atomic>
#include <memory>
#include <string>

#include "core/source.h"
#include "sources/byte_stream.h"
#include "sources/capture_format.h"
#include "sources/mapping.h"

namespace dipper {

class MappedCapture final : public Source {
 public:
  // `fd` is a regular file of `size` bytes whose first four are of a known format. Null, and `fd`
  // untouched, when it can't be mapped.
  static std::unique_ptr<Source> open(OwnedFd& fd, uint64_t size, const std::string& name);

  ReadStatus read(Burst& burst) override;
  void stop() noexcept override { stopped_.store(true, std::memory_order_relaxed); }
  SourceError error() const override { return error_; }
  SourceStats stats() const noexcept override;
  bool lossless() const noexcept override { return true; }

 private:
  MappedCapture(OwnedFd fd, std::unique_ptr<Mapping> mapping, std::unique_ptr<CaptureFormat> format,
                std::string name);
  ReadStatus finish(ReadStatus status, SourceError error);
  ReadStatus shrunk(Burst& burst, uint64_t packets_before, size_t size_now);
  size_t size_now() const;

  OwnedFd fd_;
  std::unique_ptr<Mapping> mapping_;
  std::unique_ptr<CaptureFormat> format_;
  const std::string name_;
  size_t position_ = 0;
  ReadStatus final_ = ReadStatus::more;  // once end or failed, it stays
  SourceError error_;
  std::atomic<bool> stopped_{false};
  std::atomic<uint64_t> packets_{0}, bytes_read_{0};
};

}  // namespace dipper
