// Inflates gzip (RFC 1952) as it arrives: any number of members, zero padding after the last.
// Output is bounded by the caller's room, so a bomb costs time and no memory. What was inflated
// before a defect is delivered first.
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "sources/byte_stream.h"

namespace dipper {
namespace {

class GzipStream final : public ByteStream {
 public:
  GzipStream(std::unique_ptr<ByteStream> below, const uint8_t* head, size_t size)
      : below_(std::move(below)), input_(std::max(size, input_size)) {
    memcpy(input_.data(), head, size);
    zlib_.next_in = input_.data();
    zlib_.avail_in = static_cast<uInt>(size);
    if (inflateInit2(&zlib_, 15 + 16) != Z_OK) {  // 32 KiB window, gzip wrapper only
      fail("no memory to inflate it", 71);
    }
  }
  ~GzipStream() override { inflateEnd(&zlib_); }

  StreamRead read(uint8_t* to, size_t room, bool wait) override;
  void stop() noexcept override { below_->stop(); }
  uint64_t position() const noexcept override { return below_->position(); }
  SourceError error() const override { return error_; }

 private:
  static constexpr size_t input_size = 64 * 1024;

  StreamRead fail(std::string message, int exit_code) {
    error_ = {std::move(message), below_->position() - zlib_.avail_in, exit_code};
    return {StreamStatus::failed};
  }
  StreamRead refill(bool wait);

  std::unique_ptr<ByteStream> below_;
  z_stream zlib_{};
  bool inside_ = true;           // a member has begun and not ended
  bool output_pending_ = false;  // the last inflate() filled its room: zlib may hold more
  SourceError error_;
  std::vector<uint8_t> input_;
};

StreamRead GzipStream::refill(bool wait) {
  const StreamRead got = below_->read(input_.data(), input_.size(), wait);
  if (got.status == StreamStatus::data) {
    zlib_.next_in = input_.data();
    zlib_.avail_in = static_cast<uInt>(got.size);
  } else if (got.status == StreamStatus::failed) {
    error_ = below_->error();
  } else if (got.status == StreamStatus::end && inside_) {
    return fail("the gzip data ends in the middle: it was cut off", 65);
  }
  return got;
}

StreamRead GzipStream::read(uint8_t* to, size_t room, bool wait) {
  if (!error_.message.empty()) return {StreamStatus::failed};
  for (;;) {
    if (zlib_.avail_in == 0 && !output_pending_) {
      const StreamRead got = refill(wait);
      if (got.status != StreamStatus::data) return got;
    }
    if (!inside_) {
      while (zlib_.avail_in && *zlib_.next_in == 0) ++zlib_.next_in, --zlib_.avail_in;
      if (zlib_.avail_in == 0) continue;
      if (*zlib_.next_in != 0x1f) return fail("bytes that are not gzip follow the gzip data", 65);
      inflateReset(&zlib_);
      inside_ = true;
    }
    zlib_.next_out = to;
    zlib_.avail_out = static_cast<uInt>(room);
    const int result = inflate(&zlib_, Z_SYNC_FLUSH);
    const size_t produced = room - zlib_.avail_out;
    output_pending_ = zlib_.avail_out == 0 && result == Z_OK;
    if (result == Z_STREAM_END) {
      inside_ = false;
    } else if (result != Z_OK &&
               result != Z_BUF_ERROR) {  // Z_BUF_ERROR: no progress without more input
      fail(std::string("damaged gzip data: ") + (zlib_.msg ? zlib_.msg : zError(result)), 65);
      if (!produced) return {StreamStatus::failed};
    }
    if (produced) return {StreamStatus::data, produced};
  }
}

}  // namespace

std::unique_ptr<ByteStream> inflate_stream(std::unique_ptr<ByteStream> below, const uint8_t* head,
                                           size_t size) {
  return std::make_unique<GzipStream>(std::move(below), head, size);
}

}  // namespace dipper
