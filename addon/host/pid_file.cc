#include "host/pid_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace dipper {
namespace {

constexpr int exit_cannot_create = 73;

pid_t read_pid(int fd) {
  char text[16]{};
  if (pread(fd, text, sizeof text - 1, 0) <= 0) return 0;
  const long pid = strtol(text, nullptr, 10);
  return pid > 0 && pid < (1L << 30) ? static_cast<pid_t>(pid) : 0;
}

// Whether `path` still names the file that we have locked: its last owner may have removed it in
// between.
bool still_named(int fd, const std::string& path) {
  struct stat open_file {
  }, named_file{};
  return fstat(fd, &open_file) == 0 && stat(path.c_str(), &named_file) == 0 &&
         open_file.st_ino == named_file.st_ino && open_file.st_dev == named_file.st_dev;
}

}  // namespace

int lock_pid_file(const std::string& path, pid_t& holder, HostError& error) {
  holder = 0;
  for (;;) {
    // NOFOLLOW: root must not be led by a link in a directory of others to a file that it would
    // then write over.
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
    if (fd < 0) {
      error.set(exit_cannot_create, path + ": " + strerror(errno));
      return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
      const bool held = errno == EWOULDBLOCK;
      holder = read_pid(fd);
      error.set(exit_cannot_create,
                path + ": " + (held ? "another process holds it" : strerror(errno)));
      close(fd);
      return -1;
    }
    if (!still_named(fd, path)) {
      close(fd);
      continue;
    }
    const std::string text = std::to_string(getpid()) + "\n";
    if (ftruncate(fd, 0) == 0 &&
        pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()))
      return fd;
    error.set(exit_cannot_create, path + ": " + strerror(errno));
    close(fd);
    return -1;
  }
}

pid_t pid_file_holder(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return 0;
  const bool held = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  const pid_t pid = held ? read_pid(fd) : 0;
  close(fd);
  return pid;
}

}  // namespace dipper
