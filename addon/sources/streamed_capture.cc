// The streaming loop: parse what is there, read more into the same block, change blocks between
// bursts.
#include "sources/streamed_capture.h"

#include <cstring>

namespace dipper {
namespace {

// Less room than this at the end of a block is not worth a system call.
constexpr size_t least_room = 8 * 1024;
constexpr size_t head_size = 4;

}  // namespace

StreamedCapture::StreamedCapture(std::unique_ptr<ByteStream> stream, std::string name,
                                 uint64_t size)
    : stream_(std::move(stream)), bottom_(stream_.get()), name_(std::move(name)), size_(size) {
  block_ = pool_.take(BlockPool::block_size);
}

ReadStatus StreamedCapture::read(Burst& burst) {
  burst.size = 0;
  burst.block.reset();
  if (stopped_.load(std::memory_order_relaxed)) return ReadStatus::idle;
  if (final_ != ReadStatus::more) return final_;
  for (;;) {
    size_t need = head_size;
    if (format_) {
      size_t consumed = 0;
      const Parse result =
          format_->parse(block_->data.get() + begin_, end_ - begin_, offset_, burst, consumed);
      begin_ += consumed;
      offset_ += consumed;
      if (result == Parse::failed)
        return finish(burst, ReadStatus::failed, defect_error(name_, *format_, inflated_));
      if (result == Parse::full) return deliver(burst, ReadStatus::more);
      need = format_->need();
    }
    if (!room_for(need)) {
      if (burst.size)
        return deliver(burst,
                       ReadStatus::more);  // its views hold this block: change in the next call
      make_room(need);
    }
    // With a full burst this only asks whether `idle` is due; the bytes are parsed in the next
    // call.
    const StreamRead got =
        stream_->read(block_->data.get() + end_, block_->capacity - end_, burst.size == 0);
    switch (got.status) {
      case StreamStatus::data:
        end_ += got.size;
        break;
      case StreamStatus::waiting:
        return deliver(burst, ReadStatus::idle);
      case StreamStatus::stopped:
        return deliver(burst, ReadStatus::idle);
      case StreamStatus::end:
        return finish_stream(burst);
      case StreamStatus::failed: {
        SourceError error = stream_->error();
        error.message = name_ + ": " + error.message + ", at byte " + std::to_string(error.offset) +
                        " of the file";
        return finish(burst, ReadStatus::failed, std::move(error));
      }
    }
    if (!format_ && look_at_head() == Head::unknown) {
      return finish(
          burst, ReadStatus::failed,
          {name_ + ": " + describe_unknown_format(block_->data.get() + begin_, end_ - begin_), 0,
           65});
    }
  }
}

StreamedCapture::Head StreamedCapture::look_at_head() {
  const uint8_t* head = block_->data.get() + begin_;
  const size_t size = end_ - begin_;
  if (!inflated_ && size >= 2 && head[0] == 0x1f && head[1] == 0x8b) {
    // The inflater's own buffer takes the bytes that were read as if they were plain.
    stream_ = inflate_stream(std::move(stream_), head, size);
    inflated_ = true;
    begin_ = end_ = 0;
    return Head::short_of_bytes;
  }
  if (size < head_size) return Head::short_of_bytes;
  format_ = make_capture_format(head);
  return format_ ? Head::known : Head::unknown;
}

bool StreamedCapture::room_for(size_t need) const {
  // A large record that has begun to arrive is not moved for the sake of a larger read.
  return begin_ + need <= block_->capacity &&
         (block_->capacity - end_ >= least_room || end_ - begin_ > least_room);
}

void StreamedCapture::make_room(size_t need) {
  const size_t left = end_ - begin_;
  std::shared_ptr<Block> next = pool_.take(need);
  memcpy(next->data.get(), block_->data.get() + begin_, left);
  block_ = std::move(next);
  begin_ = 0;
  end_ = left;
}

ReadStatus StreamedCapture::deliver(Burst& burst, ReadStatus status) {
  if (burst.size) burst.block = block_;
  if (format_) packets_.store(format_->packets(), std::memory_order_relaxed);
  bytes_read_.store(stream_->position(), std::memory_order_relaxed);
  return status;
}

ReadStatus StreamedCapture::finish(Burst& burst, ReadStatus status, SourceError error) {
  final_ = status;
  error_ = std::move(error);
  return deliver(burst, status);
}

ReadStatus StreamedCapture::finish_stream(Burst& burst) {
  const size_t left = end_ - begin_;
  if (!format_) {
    return finish(
        burst, ReadStatus::failed,
        {name_ + ": " + describe_unknown_format(block_->data.get() + begin_, left), 0, 65});
  }
  if (format_->finish(left, offset_)) return finish(burst, ReadStatus::end, {});
  return finish(burst, ReadStatus::failed, defect_error(name_, *format_, inflated_));
}

void StreamedCapture::stop() noexcept {
  stopped_.store(true, std::memory_order_relaxed);
  bottom_->stop();
}

SourceStats StreamedCapture::stats() const noexcept {
  SourceStats stats;
  stats.packets = packets_.load(std::memory_order_relaxed);
  stats.bytes_read = bytes_read_.load(std::memory_order_relaxed);
  stats.bytes_total = size_;
  return stats;
}

}  // namespace dipper
