// FdStream: waits for the descriptor and the stop event together, so a blocked read ends at once.
#include "sources/byte_stream.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <cstring>

namespace dipper {

std::unique_ptr<FdStream> FdStream::open(OwnedFd fd) {
  OwnedFd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), true);
  if (wake.get() < 0) return nullptr;
  return std::unique_ptr<FdStream>(new FdStream(std::move(fd), std::move(wake)));
}

StreamRead FdStream::read(uint8_t* to, size_t room, bool wait) {
  for (;;) {
    // Poll before the first read too: a FIFO that no writer has opened yet reads as its end, but
    // polls as empty.
    pollfd fds[2] = {{fd_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    const int ready = poll(fds, 2, wait ? -1 : 0);
    if (ready < 0 && errno != EINTR) break;
    if (ready < 0) continue;
    if (fds[1].revents) return {StreamStatus::stopped};
    if (!fds[0].revents) return {StreamStatus::waiting};
    const ssize_t n = ::read(fd_.get(), to, room);
    if (n > 0) {
      position_ += static_cast<uint64_t>(n);
      return {StreamStatus::data, static_cast<size_t>(n)};
    }
    if (n == 0) return {StreamStatus::end};
    if (errno != EINTR && errno != EAGAIN) break;
  }
  error_ = {std::string("read failed: ") + strerror(errno), position_, 74};
  return {StreamStatus::failed};
}

void FdStream::stop() noexcept {
  const uint64_t one = 1;
  // EAGAIN means that the counter is full, which wakes just as well.
  [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
}

}  // namespace dipper
