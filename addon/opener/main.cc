// dipper-opener UID GID [conntrack]: opens sockets that need a privilege which the daemon has given
// up.
//
// The daemon starts it while it is still root, with one end of a socket pair as descriptor 3. It
// becomes UID and GID, keeps CAP_NET_RAW alone (CAP_NET_ADMIN too with "conntrack"), forbids itself
// every system call that it does not need, and then answers requests (protocol.h) until the other
// end is closed. It reads nothing else, takes no argument of a request beyond its kind, and
// allocates no memory. One thread.
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "opener/protocol.h"
#include "opener/seccomp.h"

namespace dipper {
namespace {

// Requests at once, and how soon one more is granted: enough for the members of several interfaces
// that come back together, too few to exhaust the descriptors of the machine.
constexpr int burst = 256;
constexpr int64_t refill_ns = 100'000'000;

[[noreturn]] void fail(const char* what) {
  char text[opener_max_message];
  const int n = snprintf(text, sizeof text, "error 0 %d %s", errno, what);
  send(opener_socket, text, static_cast<size_t>(n), MSG_NOSIGNAL);
  _exit(1);
}

uint64_t bit(int capability) { return uint64_t{1} << capability; }

void become(uid_t uid, gid_t gid, uint64_t wanted) {
  for (int c = 0; c <= 63; ++c) prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) fail("PR_SET_KEEPCAPS");
  if (setgroups(0, nullptr) != 0) fail("setgroups");
  if (setresgid(gid, gid, gid) != 0) fail("setresgid");
  if (setresuid(uid, uid, uid) != 0) fail("setresuid");
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  data[0].permitted = data[0].effective = static_cast<uint32_t>(wanted);
  if (syscall(SYS_capset, &header, data) != 0)
    fail("capset: CAP_NET_RAW and CAP_NET_ADMIN are needed");
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("no_new_privs");
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

// Nothing of the daemon's stays open here, whatever forgot its close-on-exec flag.
void close_the_rest() {
  if (syscall(SYS_close_range, opener_socket + 1, ~0u, 0) == 0) return;
  const long last = sysconf(_SC_OPEN_MAX);
  for (int fd = opener_socket + 1; fd < (last > 0 && last < 65536 ? last : 65536); ++fd) close(fd);
}

int64_t now_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

int open_packet() { return socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

// Joining the groups and asking for the dump are checked against who does it, not against who made
// the socket, so both happen here; what the kernel sends from then on is read by whoever holds the
// descriptor.
int open_conntrack() {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
  if (fd < 0) return -1;
  const int room =
      4 << 20;  // bytes of events until the reader comes; beyond rmem_max only by force
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  bool good = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  for (const int group :
       {NFNLGRP_CONNTRACK_NEW, NFNLGRP_CONNTRACK_UPDATE, NFNLGRP_CONNTRACK_DESTROY})
    good = good && setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) == 0;
  struct {
    nlmsghdr header;
    nfgenmsg message;
  } dump{};
  dump.header.nlmsg_len = sizeof dump;
  dump.header.nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;
  dump.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  dump.header.nlmsg_seq = 1;
  dump.message.version = NFNETLINK_V0;  // family 0: IPv4 and IPv6
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  good = good && sendto(fd, &dump, sizeof dump, 0, reinterpret_cast<sockaddr*>(&kernel),
                        sizeof kernel) == sizeof dump;
  if (good) return fd;
  const int reason = errno;
  close(fd);
  errno = reason;
  return -1;
}

void answer(const char* text, int length, int fd) {
  iovec data{const_cast<char*>(text), static_cast<size_t>(length)};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
  if (fd >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* beside = CMSG_FIRSTHDR(&message);
    beside->cmsg_level = SOL_SOCKET;
    beside->cmsg_type = SCM_RIGHTS;
    beside->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(beside), &fd, sizeof fd);
  }
  // A peer that reads no answers is not waited for: the request fails there by its own time limit.
  sendmsg(opener_socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void serve(char* request, bool conntrack) {
  char* space = strchr(request, ' ');
  const unsigned long number = space ? strtoul(space + 1, nullptr, 10) : 0;
  if (space) *space = '\0';
  int fd = -1;
  errno = EINVAL;
  if (space && strcmp(request, opener_packet) == 0) {
    fd = open_packet();
  } else if (space && strcmp(request, opener_conntrack) == 0) {
    errno = EPERM;
    if (conntrack) fd = open_conntrack();
  }
  char text[opener_max_message];
  const int n = fd >= 0 ? snprintf(text, sizeof text, "ok %lu", number)
                        : snprintf(text, sizeof text, "error %lu %d the socket cannot be opened",
                                   number, errno);
  answer(text, n, fd);
  if (fd >= 0) close(fd);
}

int run(bool conntrack) {
  int left = burst;
  int64_t counted_at = now_ns();
  char request[opener_max_message];
  for (;;) {
    const ssize_t n = recv(opener_socket, request, sizeof request - 1, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return 0;  // the daemon has gone
    request[n] = '\0';
    const int64_t granted = (now_ns() - counted_at) / refill_ns;
    counted_at += granted * refill_ns;
    left = granted >= burst - left ? burst : left + static_cast<int>(granted);
    if (left == 0) {
      char text[opener_max_message];
      const char* space = strchr(request, ' ');
      const unsigned long number = space ? strtoul(space + 1, nullptr, 10) : 0;
      answer(text, snprintf(text, sizeof text, "error %lu %d too many requests", number, EBUSY),
             -1);
      continue;
    }
    --left;
    serve(request, conntrack);
  }
}

}  // namespace
}  // namespace dipper

int main(int argc, char** argv) {
  using namespace dipper;
  int type = 0;
  socklen_t size = sizeof type;
  if (argc < 3 || getsockopt(opener_socket, SOL_SOCKET, SO_TYPE, &type, &size) != 0 ||
      type != SOCK_SEQPACKET) {
    fputs("dipper-opener: a part of dipperd, which starts it\n", stderr);
    return 64;
  }
  // The daemon's terminal and service manager signal the whole group; the opener ends when the
  // daemon does, not before.
  for (const int s : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) signal(s, SIG_IGN);
  const bool conntrack = argc > 3 && strcmp(argv[3], opener_conntrack) == 0;
  close_the_rest();
  if (chdir("/") != 0) fail("chdir");
  become(static_cast<uid_t>(strtoul(argv[1], nullptr, 10)),
         static_cast<gid_t>(strtoul(argv[2], nullptr, 10)),
         bit(CAP_NET_RAW) | (conntrack ? bit(CAP_NET_ADMIN) : 0));
  if (!allow_only_what_is_needed(conntrack)) fail("seccomp");
  answer("ok 0", 4, -1);
  return run(conntrack);
}
