// One StreamedCapture after the other.
#include "sources/stream_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "sources/byte_stream.h"
#include "sources/streamed_capture.h"

namespace dipper {
namespace {

std::unique_ptr<Source> capture_from(OwnedFd fd, const std::string& name) {
  auto stream = FdStream::open(std::move(fd));
  if (!stream) return nullptr;
  return std::make_unique<StreamedCapture>(std::move(stream), name, 0);
}

bool readable(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) != O_WRONLY;
}

}  // namespace

std::unique_ptr<Source> StreamSource::open(const SourceOptions& options, SourceError& error) {
  OwnedFd fd(options.descriptor, true);
  const std::string name = options.path.empty() ? "stream" : options.path;
  if (!readable(fd.get())) {
    error = {name + ": descriptor " + std::to_string(options.descriptor) + " can't be read from", 0,
             64};
    return nullptr;
  }
  auto capture = capture_from(std::move(fd), name);
  if (!capture) {
    error = {name + ": " + strerror(errno), 0, 71};
    return nullptr;
  }
  return std::unique_ptr<Source>(new StreamSource(options, std::move(capture)));
}

StreamSource::StreamSource(const SourceOptions& options, std::unique_ptr<Source> capture)
    : name_(options.path.empty() ? "stream" : options.path),
      live_(options.live),
      resumable_(options.resumable),
      capture_(std::move(capture)) {}

StreamSource::~StreamSource() {
  if (provided_ >= 0) close(provided_);
}

ReadStatus StreamSource::read(Burst& burst) {
  if (!waiting_) {
    const ReadStatus status = capture_->read(burst);
    if (!resumable_ || (status != ReadStatus::end && status != ReadStatus::failed)) return status;
    std::lock_guard<std::mutex> lock(mutex_);
    waiting_ = true;
    return ReadStatus::idle;
  }
  burst.size = 0;
  burst.block.reset();
  std::unique_lock<std::mutex> lock(mutex_);
  // Not for ever: whoever counts on a look at the counters now and then gets one.
  changed_.wait_for(lock, std::chrono::seconds(1), [&] { return stopped_ || provided_ >= 0; });
  if (stopped_ || provided_ < 0) return ReadStatus::idle;
  auto next = capture_from(OwnedFd(provided_, true), name_);
  provided_ = -1;
  if (!next) return ReadStatus::idle;  // no descriptor for the wake-up: the provider tries again
  const SourceStats stats = capture_->stats();
  ended_.packets += stats.packets;
  ended_.bytes_read += stats.bytes_read;
  ++ended_.reopened;
  capture_ = std::move(next);
  waiting_ = false;
  return ReadStatus::idle;
}

void StreamSource::stop() noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  stopped_ = true;
  capture_->stop();
  changed_.notify_all();
}

bool StreamSource::provide_descriptor(int fd) noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!waiting_ || stopped_ || provided_ >= 0 || !readable(fd)) return false;
  provided_ = fd;
  changed_.notify_all();
  return true;
}

SourceError StreamSource::error() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return capture_->error();
}

SourceStats StreamSource::stats() const noexcept {
  std::lock_guard<std::mutex> lock(mutex_);
  SourceStats stats = capture_->stats();
  stats.packets += ended_.packets;
  stats.bytes_read += ended_.bytes_read;
  stats.reopened = ended_.reopened;
  if (resumable_) stats.state = waiting_ ? SourceState::needs_descriptor : SourceState::up;
  return stats;
}

}  // namespace dipper
