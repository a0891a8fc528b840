// Where a streamed capture's bytes come from: a descriptor (pipe, FIFO, terminal, file), or the
// inflated bytes of another stream. Thread: read() by the reader thread, stop() by any. Ownership:
// a stream owns its descriptor, or the stream below it.
#pragma once
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "core/source.h"

namespace dipper {

// A descriptor that is closed with its owner, unless it is one that the process only borrows
// (stdin).
class OwnedFd {
 public:
  OwnedFd(int fd, bool close_it) : fd_(fd), close_it_(close_it) {}
  OwnedFd(OwnedFd&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), close_it_(other.close_it_) {}
  OwnedFd(const OwnedFd&) = delete;
  OwnedFd& operator=(const OwnedFd&) = delete;
  ~OwnedFd() {
    if (fd_ >= 0 && close_it_) close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
  bool close_it_;
};

enum class StreamStatus : uint8_t {
  data,     // `size` bytes, at least one
  waiting,  // nothing now, and the caller did not want to wait
  end,
  stopped,
  failed,  // error() says why
};

struct StreamRead {
  StreamStatus status;
  size_t size = 0;
};

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Reads up to `room` (> 0) bytes to `to`; when there are none yet, waits only if `wait`.
  virtual StreamRead read(uint8_t* to, size_t room, bool wait) = 0;
  virtual void stop() noexcept = 0;
  virtual uint64_t position() const noexcept = 0;  // bytes taken from the file or pipe
  virtual SourceError error() const = 0;           // message without the file's name
};

class FdStream final : public ByteStream {
 public:
  static std::unique_ptr<FdStream> open(OwnedFd fd);  // null and errno when there is no eventfd
  StreamRead read(uint8_t* to, size_t room, bool wait) override;
  void stop() noexcept override;
  uint64_t position() const noexcept override { return position_; }
  SourceError error() const override { return error_; }

 private:
  FdStream(OwnedFd fd, OwnedFd wake) : fd_(std::move(fd)), wake_(std::move(wake)) {}
  OwnedFd fd_;
  OwnedFd wake_;  // eventfd, readable for ever after stop()
  uint64_t position_ = 0;
  SourceError error_;
};

// Inflates the gzip members of `below`; `head` are its first bytes, which the caller has already
// read.
std::unique_ptr<ByteStream> inflate_stream(std::unique_ptr<ByteStream> below, const uint8_t* head,
                                           size_t size);

}  // namespace dipper
