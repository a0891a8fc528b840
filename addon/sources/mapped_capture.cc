// Reads bursts straight out of the mapping, and notices a file that shrinks under it.
#include "sources/mapped_capture.h"

#include <sys/stat.h>

#include <algorithm>

namespace dipper {

std::unique_ptr<Source> MappedCapture::open(OwnedFd& fd, uint64_t size, const std::string& name) {
  if (size != static_cast<size_t>(size)) return nullptr;
  auto mapping = Mapping::open(fd.get(), static_cast<size_t>(size));
  if (!mapping) return nullptr;
  auto format = make_capture_format(mapping->data());
  if (!format) return nullptr;
  return std::unique_ptr<Source>(
      new MappedCapture(std::move(fd), std::move(mapping), std::move(format), name));
}

MappedCapture::MappedCapture(OwnedFd fd, std::unique_ptr<Mapping> mapping,
                             std::unique_ptr<CaptureFormat> format, std::string name)
    : fd_(std::move(fd)),
      mapping_(std::move(mapping)),
      format_(std::move(format)),
      name_(std::move(name)) {}

size_t MappedCapture::size_now() const {
  struct stat status;
  if (fstat(fd_.get(), &status) != 0) return mapping_->size();
  return static_cast<size_t>(
      std::min<uint64_t>(static_cast<uint64_t>(status.st_size), mapping_->size()));
}

ReadStatus MappedCapture::read(Burst& burst) {
  burst.size = 0;
  burst.block.reset();
  if (stopped_.load(std::memory_order_relaxed)) return ReadStatus::idle;
  if (final_ != ReadStatus::more) return final_;

  // One fstat a burst (1 ns a packet) keeps the reader inside the file; the guard of the mapping
  // covers the rest.
  const uint64_t packets_before = format_->packets();
  if (const size_t now = size_now(); now < mapping_->size())
    return shrunk(burst, packets_before, now);
  size_t consumed = 0;
  const Parse result = format_->parse(mapping_->data() + position_, mapping_->size() - position_,
                                      position_, burst, consumed);
  if (mapping_->lost()) return shrunk(burst, packets_before, size_now());
  position_ += consumed;
  packets_.store(format_->packets(), std::memory_order_relaxed);
  bytes_read_.store(position_, std::memory_order_relaxed);
  mapping_->drop_before(position_);

  if (result == Parse::full) return ReadStatus::more;
  if (result == Parse::starved && format_->finish(mapping_->size() - position_, position_)) {
    return finish(ReadStatus::end, {});
  }
  return finish(ReadStatus::failed, defect_error(name_, *format_, false));
}

// Views of bytes that the file still has are good; the others, made of zeros, are taken back.
ReadStatus MappedCapture::shrunk(Burst& burst, uint64_t packets_before, size_t size_now) {
  const uint8_t* end = mapping_->data() + size_now;
  uint32_t good = 0;
  while (good < burst.size && burst.packets[good].data + burst.packets[good].captured_length <= end)
    ++good;
  burst.size = good;
  packets_.store(packets_before + good, std::memory_order_relaxed);
  return finish(
      ReadStatus::failed,
      {name_ + ": the file shrank from " + std::to_string(mapping_->size()) + " to " +
           std::to_string(size_now) + " bytes while it was read: is something writing to it? The " +
           std::to_string(packets_before + good) + " packets before that were read",
       size_now, 65});
}

ReadStatus MappedCapture::finish(ReadStatus status, SourceError error) {
  final_ = status;
  error_ = std::move(error);
  return status;
}

SourceStats MappedCapture::stats() const noexcept {
  SourceStats stats;
  stats.packets = packets_.load(std::memory_order_relaxed);
  stats.bytes_read = bytes_read_.load(std::memory_order_relaxed);
  stats.bytes_total = mapping_->size();
  return stats;
}

}  // namespace dipper
