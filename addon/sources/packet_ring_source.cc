// Opening, and what happens when the interface goes and comes back. Reading is in
// packet_ring_read.cc.
#include "sources/packet_ring_source.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace dipper {
namespace {

constexpr uint16_t loopback_hardware = 772;  // ARPHRD_LOOPBACK

SourceError no_permission(const std::string& interface) {
  return {"capturing on " + interface +
              " needs the capability CAP_NET_RAW: run it as root, or give it with `setpriv "
              "--inh-caps=+net_raw --ambient-caps=+net_raw`, `AmbientCapabilities=CAP_NET_RAW` in "
              "a systemd unit, or `setcap cap_net_raw+ep` on the program",
          0, 77};
}

SourceError system_error(const std::string& interface, const std::string& what, int error_number) {
  const bool memory = error_number == ENOMEM || error_number == ENOBUFS;
  return {interface + ": " + what + ": " + strerror(error_number) +
              (memory ? "; choose fewer or smaller blocks" : ""),
          0, 71};
}

bool in_range(const char* name, uint64_t value, uint64_t low, uint64_t high, SourceError& error) {
  if (value >= low && value <= high) return true;
  error = {std::string(name) + " is " + std::to_string(value) + "; it must be from " +
               std::to_string(low) + " to " + std::to_string(high),
           0, 64};
  return false;
}

bool check_geometry(const BlockGeometry& g, SourceError& error) {
  const auto page = static_cast<uint32_t>(sysconf(_SC_PAGESIZE));
  if (!in_range("blockBytes", g.block_bytes, 128 * 1024, 64 << 20, error) ||
      !in_range("blocks", g.blocks, 2, 4096, error) ||
      !in_range("frameBytes", g.frame_bytes, 256, g.block_bytes, error) ||
      !in_range("retireMs", g.retire_ms, 1, 1000, error) ||
      !in_range("blockBytes * blocks", uint64_t{g.block_bytes} * g.blocks, 0, 1 << 30, error))
    return false;
  if (g.block_bytes % page) {
    error = {"blockBytes is " + std::to_string(g.block_bytes) + "; it must be a multiple of " +
                 std::to_string(page) + ", the size of a page",
             0, 64};
    return false;
  }
  if (g.frame_bytes % 16) {
    error = {"frameBytes is " + std::to_string(g.frame_bytes) + "; it must be a multiple of 16", 0,
             64};
    return false;
  }
  return true;
}

}  // namespace

std::unique_ptr<Source> PacketRingSource::open(const SourceOptions& options, SourceError& error) {
  OwnedFd given(options.descriptor, true);
  if (!check_geometry(options.geometry, error)) return nullptr;
  if (options.interface.empty() || options.interface.size() > 15) {
    error = {"\"" + options.interface + "\" is not the name of an interface: those have 1 to 15 bytes",
             0, 64};
    return nullptr;
  }
  if (!options.filter.empty() && !PacketFilter::check(options.filter, error)) return nullptr;
  if (given.get() >= 0 && !packet_socket::is_one(given.get())) {
    error = {"descriptor " + std::to_string(options.descriptor) + " is not a raw packet socket", 0,
             64};
    return nullptr;
  }
  OwnedFd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), true);
  if (wake.get() < 0) {
    error = system_error(options.interface, "no descriptor", errno);
    return nullptr;
  }
  std::unique_ptr<PacketRingSource> source(new PacketRingSource(options, std::move(wake)));
  if (given.get() >= 0) source->provided_ = given.release();
  const bool socket_opened = source->set_up(error);
  if (!socket_opened) {
    if (error.message.empty()) error = no_permission(options.interface);
    return nullptr;
  }
  const auto link = packet_socket::find_link(source->ring_->socket(), options.interface);
  if (link) {
    if (!source->attach(*link, error)) return nullptr;
  } else if (!options.wait_for_interface) {
    error = {"no interface is called \"" + options.interface +
                 "\"; there are: " + packet_socket::link_names(),
             0, 69, "ERR_SOURCE_UNAVAILABLE"};
    return nullptr;
  }
  return source;
}

PacketRingSource::PacketRingSource(const SourceOptions& options, OwnedFd wake)
    : options_(options), wake_(std::move(wake)) {}

PacketRingSource::~PacketRingSource() {
  block_.reset();
  if (ring_) ring_->release();
  if (const int fd = provided_.exchange(-1); fd >= 0) close(fd);
}

// A socket that was given, or one of our own. False with an empty message when there is none for
// want of permission.
bool PacketRingSource::set_up(SourceError& error) {
  error = {};
  const int given = provided_.exchange(-1);
  OwnedFd socket(given >= 0 ? given : packet_socket::open(), true);
  if (socket.get() < 0) {
    if (errno != EPERM && errno != EACCES)
      error = system_error(options_.interface, "no packet socket", errno);
    return false;
  }
  if (ring_) ring_->release();
  ring_ = BlockRing::create(socket, options_.geometry);
  if (!ring_) {
    const uint64_t bytes = uint64_t{options_.geometry.block_bytes} * options_.geometry.blocks;
    error = system_error(options_.interface,
                         "the kernel refused a ring of " + std::to_string(bytes) + " bytes", errno);
    return false;
  }
  joined_ = admitted_ = false;
  return true;
}

// Binds the socket to the interface, with nothing let in yet.
bool PacketRingSource::attach(const packet_socket::Link& link, SourceError& error) {
  const auto type = packet_socket::link_type_of(link.hardware);
  if (!type) {
    error = {options_.interface + ": frames of its kind (" +
                 packet_socket::hardware_name(link.hardware) + ") are not decoded",
             0, 69, "ERR_SOURCE_UNAVAILABLE"};
    return false;
  }
  if (!choose_filter(*type, error)) return false;
  const int fd = ring_->socket();
  loopback_ = link.hardware == loopback_hardware;
  link_type_ = *type;
  admitted_ = joined_ = false;
  if (!packet_socket::reject_all(fd) || !packet_socket::bind_to(fd, link.index)) {
    error = system_error(options_.interface, "the socket can't be bound to it", errno);
    return false;
  }
  index_ = link.index;
  set_state(link.up ? SourceState::up : SourceState::down);
  if (options_.promiscuous && !loopback_ && !packet_socket::set_promiscuous(fd, index_)) {
    error = system_error(options_.interface, "promiscuous mode is refused", errno);
    return false;
  }
  // What a host sends to itself passes the taps twice. Kernels before 4.20 don't know the option:
  // then view_of() looks.
  if (loopback_) packet_socket::ignore_outgoing(fd);
  return join(error);
}

bool PacketRingSource::choose_filter(uint16_t link_type, SourceError& error) {
  if (options_.filter.empty() || (filter_ && link_type == link_type_)) return true;
  auto filter = PacketFilter::compile(options_.filter, link_type, error);
  if (!filter) return false;
  filter_ = std::move(filter);
  return true;
}

bool PacketRingSource::join(SourceError& error) {
  if (options_.fanout_group < 0 || joined_) return true;
  const auto group = static_cast<uint16_t>(options_.fanout_group);
  if (packet_socket::join_fanout(ring_->socket(), group, loopback_)) return joined_ = true;
  // Kernels before 6.13 want the interface up.
  if (errno == EINVAL && state() == SourceState::down) return true;
  error = system_error(options_.interface,
                       "the fanout group " + std::to_string(group) + " can't be joined (" +
                           "is it in use for another interface?)",
                       errno);
  return false;
}

// Lets packets in: the filter that was asked for takes the place of the one that rejects all.
bool PacketRingSource::admit(SourceError& error) {
  if (admitted_ || index_ == 0 || (options_.fanout_group >= 0 && !joined_)) return true;
  const int fd = ring_->socket();
  // A frame's tag is beside it, not in it, when the kernel's filter sees it: such questions are
  // answered once it is back. So are programs that the kernel finds too long.
  filter_in_kernel_ = filter_ && !filter_->asks_for_tags() &&
                      packet_socket::attach_filter(fd, filter_->program());
  if (!filter_in_kernel_ && !packet_socket::detach_filter(fd)) {
    error = system_error(options_.interface, "the packet filter can't be set", errno);
    return false;
  }
  return admitted_ = true;
}

void PacketRingSource::look_for_link() {
  const auto link = packet_socket::find_link(ring_->socket(), options_.interface);
  if (!link) {
    set_state(index_ ? SourceState::removed : SourceState::waiting);
    return;
  }
  SourceError error;
  if (link->index == index_) {
    set_state(link->up ? SourceState::up : SourceState::down);
    if (!join(error) || !admit(error)) fail(std::move(error));
    return;
  }
  const bool came_back = index_ != 0;
  // A member of a fanout group can't be bound again, and leaves the group only with its end.
  if (joined_) {
    count_kernel();
    if (!set_up(error)) {
      if (!error.message.empty()) return fail(std::move(error));
      return set_state(SourceState::needs_descriptor);
    }
  }
  if (!attach(*link, error) || !admit(error)) {
    // Gone again meanwhile: the next look tells.
    if (!packet_socket::find_link(ring_->socket(), options_.interface)) return;
    return fail(std::move(error));
  }
  if (came_back) reopened_.fetch_add(1, std::memory_order_relaxed);
}

void PacketRingSource::fail(SourceError error) {
  failed_ = true;
  error_ = std::move(error);
}

void PacketRingSource::stop() noexcept {
  stopped_ = true;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
}

void PacketRingSource::retry() noexcept {
  retry_ = true;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
}

bool PacketRingSource::provide_descriptor(int fd) noexcept {
  if (state() != SourceState::needs_descriptor || !packet_socket::is_one(fd)) return false;
  if (const int unused = provided_.exchange(fd); unused >= 0) close(unused);
  retry();
  return true;
}

void PacketRingSource::count_kernel() {
  packet_socket::add_statistics(ring_->socket(), kernel_);
  received_.store(kernel_.received, std::memory_order_relaxed);
  dropped_.store(kernel_.dropped, std::memory_order_relaxed);
  freezes_.store(kernel_.freezes, std::memory_order_relaxed);
}

SourceStats PacketRingSource::stats() const noexcept {
  SourceStats stats;
  stats.packets = packets_.load(std::memory_order_relaxed);
  stats.kernel_dropped = dropped_.load(std::memory_order_relaxed);
  stats.kernel_received = received_.load(std::memory_order_relaxed);
  stats.kernel_freezes = freezes_.load(std::memory_order_relaxed);
  stats.truncated = truncated_.load(std::memory_order_relaxed);
  stats.filtered = filtered_.load(std::memory_order_relaxed);
  stats.reopened = reopened_.load(std::memory_order_relaxed);
  stats.state = state();
  return stats;
}

}  // namespace dipper
