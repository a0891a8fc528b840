// A capture that arrives as a stream of bytes: pipe, standard input, gzip. Bytes go into refcounted
// blocks that the bursts share; a record that straddles two blocks is carried over. What has
// arrived is handed on at once. Thread: read() by the reader, stop() and stats() by any.
#pragma once
#include <atomic>
#include <memory>
#include <string>

#include "core/source.h"
#include "sources/block_pool.h"
#include "sources/byte_stream.h"
#include "sources/capture_format.h"

namespace dipper {

class StreamedCapture final : public Source {
 public:
  // `size` of the file, 0 when nobody knows.
  StreamedCapture(std::unique_ptr<ByteStream> stream, std::string name, uint64_t size);

  ReadStatus read(Burst& burst) override;
  void stop() noexcept override;
  SourceError error() const override { return error_; }
  SourceStats stats() const noexcept override;
  bool lossless() const noexcept override { return true; }

 private:
  enum class Head : uint8_t { known, short_of_bytes, unknown };

  Head look_at_head();
  bool room_for(size_t need) const;
  void make_room(size_t need);
  ReadStatus deliver(Burst& burst, ReadStatus status);
  ReadStatus finish(Burst& burst, ReadStatus status, SourceError error);
  ReadStatus finish_stream(Burst& burst);

  std::unique_ptr<ByteStream>
      stream_;                // set once more, by the reader, when it turns out to be gzip
  ByteStream* const bottom_;  // the lowest stream, which stop() wakes
  const std::string name_;
  const uint64_t size_;
  std::unique_ptr<CaptureFormat> format_;  // null until the first four bytes are here
  bool inflated_ = false;
  BlockPool pool_;
  std::shared_ptr<Block> block_;
  size_t begin_ = 0, end_ = 0;  // of the unparsed bytes in block_
  uint64_t offset_ = 0;         // of begin_ in the (inflated) capture
  ReadStatus final_ = ReadStatus::more;
  SourceError error_;
  std::atomic<bool> stopped_{false};
  std::atomic<uint64_t> packets_{0}, bytes_read_{0};
};

}  // namespace dipper
