#include "host/opener.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "opener/protocol.h"

namespace dipper {
namespace {

constexpr int exit_unavailable = 69, exit_system = 71, exit_permission = 77;

int64_t now_ms() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000LL + t.tv_nsec / 1'000'000;
}

// One datagram and the descriptor beside it (-1: none). Returns its length, 0 at the end of the
// other side, -1 errno.
ssize_t receive_datagram(int socket, char* text, size_t size, int& fd) {
  iovec data{text, size};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  fd = -1;
  const ssize_t n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (n < 0) return n;
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
        c->cmsg_len == CMSG_LEN(sizeof(int)))
      memcpy(&fd, CMSG_DATA(c), sizeof fd);
  return n;
}

int spawn(const std::string& path, const Account& account, bool conntrack, int their_end,
          pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, their_end, opener_socket);
  // All three: Node's own are closed on exec, and the opener speaks through its socket alone.
  for (const int fd : {0, 1, 2})
    posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::string name = "dipper-opener", uid = std::to_string(account.uid),
              gid = std::to_string(account.gid);
  std::string option = conntrack ? opener_conntrack : "-";
  char* const arguments[] = {name.data(), uid.data(), gid.data(), option.data(), nullptr};
  char* const environment[] = {nullptr};
  const int result = posix_spawn(&pid, path.c_str(), &actions, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return result;
}

}  // namespace

bool Opener::start(const std::string& path, const Account& account, bool conntrack, int timeout_ms,
                   HostError& error) {
  close();
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return error.set(exit_system, std::string("socketpair: ") + strerror(errno));
  const int result = spawn(path, account, conntrack, ends[1], pid_);
  ::close(ends[1]);
  socket_ = ends[0];
  if (result != 0) {
    pid_ = -1;
    close();
    return error.set(
        result == ENOENT || result == EACCES ? exit_unavailable : exit_system,
        path + ": " + strerror(result) + "; it is built beside the addon (npm run build)");
  }
  receive(0, timeout_ms, error);
  if (error.exit_code != 0) close();
  return error.exit_code == 0;
}

int Opener::request(const std::string& kind, int timeout_ms, HostError& error) {
  if (socket_ < 0) return fail(error, exit_unavailable, "it is not running");
  const unsigned long number = ++last_number_;
  const std::string text = kind + " " + std::to_string(number);
  if (text.size() >= opener_max_message)
    return fail(error, exit_system, "there is no such kind of socket");
  if (send(socket_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
    return fail(error, exit_unavailable, errno == EPIPE ? "it has ended" : strerror(errno));
  const int fd = receive(number, timeout_ms, error);
  if (fd < 0 && error.exit_code == 0)
    return fail(error, exit_system, "its answer brought no socket");
  return fd;
}

// Answers to earlier requests, whose callers no longer wait, are passed over and their sockets
// closed.
int Opener::receive(unsigned long number, int timeout_ms, HostError& error) {
  const int64_t until = now_ms() + timeout_ms;
  for (;;) {
    const int64_t left = until - now_ms();
    pollfd wait{socket_, POLLIN, 0};
    const int ready = poll(&wait, 1, left > 0 ? static_cast<int>(left) : 0);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0)
      return fail(error, exit_unavailable,
                  "no answer within " + std::to_string(timeout_ms) + " ms");
    char text[opener_max_message + 1];
    int fd;
    const ssize_t n = receive_datagram(socket_, text, opener_max_message, fd);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return fail(error, exit_unavailable, "it has ended");
    text[n] = '\0';
    unsigned long answered = 0;
    int reason = 0, words = 0;
    if (sscanf(text, "ok %lu", &answered) == 1 && answered == number) return fd;
    if (fd >= 0) ::close(fd);
    if (sscanf(text, "error %lu %d %n", &answered, &reason, &words) < 2 || answered != number)
      continue;
    const bool refused = reason == EPERM || reason == EACCES;
    return fail(error, refused ? exit_permission : exit_system,
                std::string(text + words) + ": " + strerror(reason));
  }
}

int Opener::fail(HostError& error, int code, const std::string& what) {
  error.set(code, "the opener of packet sockets: " + what);
  return -1;
}

void Opener::close() {
  if (socket_ >= 0) ::close(socket_);  // it ends by itself now
  socket_ = -1;
  if (pid_ <= 0) return;
  for (int waited_ms = 0; waitpid(pid_, nullptr, WNOHANG) == 0; ++waited_ms) {
    if (waited_ms == 200) kill(pid_, SIGKILL);
    const timespec moment{0, 1'000'000};
    nanosleep(&moment, nullptr);
  }
  pid_ = -1;
}

}  // namespace dipper
