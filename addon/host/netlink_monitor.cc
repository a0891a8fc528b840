#include "host/netlink_monitor.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

namespace dipper {
namespace {

// The kernel fills dumps up to the size of the reader's buffer, 32 KiB at most; a message is never larger.
constexpr size_t buffer_bytes = 64 * 1024;
// Datagrams taken before settled() is called: state is handed on also when events never stop.
constexpr int most_datagrams = 1024;
// A dump that says nothing for so long is asked for again; a refused one is tried again after the same time.
constexpr uint64_t patience_ms = 5000;
constexpr uint64_t torn_pause_ms = 200, overrun_pause_ms = 2000;

}  // namespace

uint64_t monotonic_ms() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000 + static_cast<uint64_t>(now.tv_nsec) / 1000000;
}

NetlinkMonitor::~NetlinkMonitor() {
  stop();
  reset();
}

void NetlinkMonitor::reset() {
  if (socket_ >= 0) close(socket_);
  if (stop_ >= 0) close(stop_);
  socket_ = stop_ = -1;
  dumping_ = torn_ = false;
  again_ = true;
  not_before_ms_ = 0;
  refusal_ = 0;
}

int NetlinkMonitor::open(std::string& error) {
  const auto failed = [&](const char* what) {
    const int reason = errno;
    error = std::string(what) + ": " + strerror(reason);
    reset();
    return reason;
  };
  stop();
  reset();
  stop_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop_ < 0) return failed("eventfd");
  socket_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, settings_.protocol);
  if (socket_ < 0) return failed("netlink socket");
  const int size = settings_.receive_buffer;
  // Beyond net.core.rmem_max with CAP_NET_ADMIN only; what it gets is enough to begin with.
  if (setsockopt(socket_, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return failed("netlink bind");
  for (const unsigned group : settings_.groups)
    if (setsockopt(socket_, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0)
      return failed("netlink group");
  return 0;
}

int NetlinkMonitor::adopt(int descriptor, std::string& error) {
  stop();
  reset();
  socket_ = descriptor;
  int domain = 0, protocol = -1;
  socklen_t size = sizeof domain;
  const bool known = getsockopt(socket_, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
                     getsockopt(socket_, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0;
  if (!known || domain != AF_NETLINK || protocol != settings_.protocol) {
    error = "the descriptor is not a netlink socket of this kind";
    if (!known && errno == EBADF) socket_ = -1;
    reset();
    return EINVAL;
  }
  stop_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop_ < 0) {
    const int reason = errno;
    error = std::string("eventfd: ") + strerror(reason);
    reset();
    return reason;
  }
  sequence_ = 1;
  dumping_ = true;
  again_ = false;
  next_dump_ = 0;
  asked_ms_ = monotonic_ms();
  dump_begins(0);
  return 0;
}

void NetlinkMonitor::start() {
  if (!thread_.joinable() && socket_ >= 0) thread_ = std::thread([this] { run(); });
}

void NetlinkMonitor::stop() noexcept {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  if (write(stop_, &one, sizeof one) < 0 && errno != EAGAIN) return;  // cannot be: the counter is never full
  thread_.join();
}

NetlinkMonitor::Counters NetlinkMonitor::counters() const {
  return {messages_.load(), dumps_.load(), overruns_.load(), malformed_.load(), refused_.load()};
}

void NetlinkMonitor::run() {
  std::vector<uint8_t> buffer(buffer_bytes);
  uint64_t ticked_ms = monotonic_ms();
  for (;;) {
    const uint64_t now = monotonic_ms();
    if (!dumping_ && again_ && now >= not_before_ms_) {
      again_ = false;
      next_dump_ = 0;
      request_next();
    } else if (dumping_ && now - asked_ms_ >= patience_ms) {
      dumping_ = false;
      again_ = true;
    }
    if (!dumping_ && again_ && not_before_ms_ > now)
      wait_ms_ = std::min(wait_ms_, static_cast<int>(not_before_ms_ - now));
    pollfd sources[2] = {{stop_, POLLIN, 0}, {socket_, POLLIN, 0}};
    if (poll(sources, 2, wait_ms_) < 0 && errno != EINTR) return;
    if (sources[0].revents) return;
    wait_ms_ = tick_ms;
    for (int i = 0; i < most_datagrams && receive(buffer); ++i) {
    }
    settled();
    if (monotonic_ms() - ticked_ms < tick_ms) continue;
    ticked_ms = monotonic_ms();
    tick();
  }
}

bool NetlinkMonitor::receive(std::vector<uint8_t>& buffer) {
  sockaddr_nl from{};
  iovec into{buffer.data(), buffer.size()};
  msghdr header{};
  header.msg_name = &from;
  header.msg_namelen = sizeof from;
  header.msg_iov = &into;
  header.msg_iovlen = 1;
  const ssize_t size = recvmsg(socket_, &header, MSG_DONTWAIT);
  if (size < 0) {
    if (errno == EINTR) return true;
    if (errno != ENOBUFS) return false;
    overruns_.fetch_add(1);
    dump_later(overrun_pause_ms);
    return true;
  }
  if (from.nl_pid != 0) return true;  // not the kernel
  if (header.msg_flags & MSG_TRUNC) {
    overruns_.fetch_add(1);
    dump_later(overrun_pause_ms);
    return true;
  }
  const NetlinkBytes bytes{buffer.data(), static_cast<size_t>(size)};
  if (!each_netlink_message(bytes, [this](const NetlinkMessage& m) { take(m); })) malformed_.fetch_add(1);
  return true;
}

void NetlinkMonitor::take(const NetlinkMessage& m) {
  const bool ours = m.header.nlmsg_seq == sequence_ && dumping_;
  if (m.header.nlmsg_type == NLMSG_NOOP) return;
  if (m.header.nlmsg_type == NLMSG_ERROR) {
    nlmsgerr answer;
    if (ours && m.payload.get(answer) && answer.error != 0) dump_failed(-answer.error);
    return;
  }
  if (ours) {
    asked_ms_ = monotonic_ms();
    if (m.header.nlmsg_flags & NLM_F_DUMP_INTR) torn_ = true;
  }
  if (m.header.nlmsg_type != NLMSG_DONE) {
    messages_.fetch_add(1);
    message(m, ours);
    return;
  }
  if (!ours) return;
  int32_t result = 0;
  m.payload.get(result);
  if (result < 0) return dump_failed(-result);
  dumping_ = false;
  if (torn_) {  // changed while it was read: what it did not name may be there
    dump_later(torn_pause_ms);
    return;
  }
  dump_ends(next_dump_);
  if (++next_dump_ < settings_.dumps.size()) return request_next();
  dumps_.fetch_add(1);
  refusal_ = 0;
  dumped_once_ = true;
}

void NetlinkMonitor::request_next() {
  const Dump& dump = settings_.dumps[next_dump_];
  std::vector<uint8_t> request(sizeof(nlmsghdr) + dump.payload.size());
  nlmsghdr header{};
  header.nlmsg_len = static_cast<uint32_t>(request.size());
  header.nlmsg_type = dump.type;
  header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  header.nlmsg_seq = ++sequence_;
  memcpy(request.data(), &header, sizeof header);
  if (!dump.payload.empty()) memcpy(request.data() + sizeof header, dump.payload.data(), dump.payload.size());
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  asked_ms_ = monotonic_ms();
  dumping_ = true;
  torn_ = false;
  if (sendto(socket_, request.data(), request.size(), 0, reinterpret_cast<sockaddr*>(&kernel), sizeof kernel) < 0)
    return dump_failed(errno);
  dump_begins(next_dump_);
}

void NetlinkMonitor::dump_later(uint64_t pause_ms) {
  again_ = true;
  not_before_ms_ = std::max(not_before_ms_, monotonic_ms() + pause_ms);
}

void NetlinkMonitor::dump_failed(int error) {
  dumping_ = false;
  // Who has not got the right will hardly get it.
  dump_later(error == EPERM ? 12 * patience_ms : patience_ms);
  refused_.fetch_add(1);
  refusal_ = error;
}

}  // namespace dipper
