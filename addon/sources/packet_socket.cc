// Thin, on purpose: one function a system call, with the values that this program needs.
#include "sources/packet_socket.h"

// Before <linux/...>, which then leaves out what it has defined.
#include <net/if.h>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "core/link_type.h"
#include "sources/fanout_program.h"

namespace dipper::packet_socket {
namespace {

static_assert(sizeof(FilterInstruction) == sizeof(sock_filter), "one layout");
static_assert(offsetof(FilterInstruction, k) == offsetof(sock_filter, k), "one layout");

// In <linux/if_packet.h> since 4.20 and 6.13.
constexpr int ignore_outgoing_option = 23;
constexpr unsigned fanout_ignore_outgoing = 0x4000;

template <typename T>
bool set(int fd, int level, int option, const T& value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

sock_fprog as_kernel(const std::vector<FilterInstruction>& program) {
  sock_fprog p;
  p.len = static_cast<unsigned short>(program.size());
  // The kernel copies it and does not write.
  p.filter = reinterpret_cast<sock_filter*>(const_cast<FilterInstruction*>(program.data()));
  return p;
}

}  // namespace

int open() { return socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); }

bool is_one(int fd) {
  int domain = 0, type = 0;
  socklen_t size = sizeof domain;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain != AF_PACKET)
    return false;
  size = sizeof type;
  return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_RAW;
}

std::optional<Link> find_link(int fd, const std::string& name) {
  if (name.empty() || name.size() >= IFNAMSIZ) return {};
  ifreq request{};
  memcpy(request.ifr_name, name.data(), name.size());
  if (ioctl(fd, SIOCGIFINDEX, &request) != 0) return {};
  Link link{request.ifr_ifindex, false, 0};
  if (ioctl(fd, SIOCGIFHWADDR, &request) != 0) return {};
  link.hardware = request.ifr_hwaddr.sa_family;
  if (ioctl(fd, SIOCGIFFLAGS, &request) != 0) return {};
  link.up = (request.ifr_flags & IFF_UP) != 0;
  return link;
}

std::string link_names() {
  std::string names;
  struct if_nameindex* const all = ::if_nameindex();
  for (const struct if_nameindex* i = all; i && i->if_index; ++i)
    names += (names.empty() ? "" : ", ") + std::string(i->if_name);
  if (all) if_freenameindex(all);
  return names.empty() ? "none" : names;
}

std::optional<uint16_t> link_type_of(uint16_t hardware) {
  const auto value = [](LinkType type) { return static_cast<uint16_t>(type); };
  switch (hardware) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK:
      return value(LinkType::ethernet);
    // Drivers without a header of their own show the IP packet; Linux' PPP is one of them.
    case ARPHRD_NONE:
    case 519:  // ARPHRD_RAWIP, since 4.14
    case ARPHRD_PPP:
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
    case ARPHRD_SIT:
      return value(LinkType::raw);
    case ARPHRD_IEEE80211:
      return value(LinkType::ieee802_11);
    case ARPHRD_IEEE80211_RADIOTAP:
      return value(LinkType::ieee802_11_radio);
    default:
      return {};
  }
}

std::string hardware_name(uint16_t hardware) {
  struct Row {
    uint16_t value;
    const char* name;
  };
  static constexpr Row rows[] = {
      {ARPHRD_SLIP, "SLIP"},           {ARPHRD_X25, "X.25"},
      {ARPHRD_HDLC, "HDLC"},           {ARPHRD_CAN, "CAN"},
      {ARPHRD_INFINIBAND, "InfiniBand"}, {ARPHRD_IEEE1394, "IEEE 1394"},
      {ARPHRD_FRAD, "frame relay"},    {ARPHRD_IPGRE, "GRE over IPv4"},
      {ARPHRD_IEEE802154, "IEEE 802.15.4"}, {824, "netlink"},
      {823, "GRE over IPv6"},          {ARPHRD_IEEE80211_PRISM, "802.11 with Prism header"},
  };
  for (const Row& row : rows)
    if (row.value == hardware) return row.name;
  return "ARPHRD " + std::to_string(hardware);
}

bool attach_filter(int fd, const std::vector<FilterInstruction>& program) {
  return set(fd, SOL_SOCKET, SO_ATTACH_FILTER, as_kernel(program));
}

bool detach_filter(int fd) {
  if (set(fd, SOL_SOCKET, SO_DETACH_FILTER, 0)) return true;
  return errno == ENOENT;  // there was none
}

bool reject_all(int fd) { return attach_filter(fd, {{BPF_RET | BPF_K, 0, 0, 0}}); }

bool bind_to(int fd, int index) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = index;
  return bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool set_promiscuous(int fd, int index) {
  packet_mreq request{};
  request.mr_ifindex = index;
  request.mr_type = PACKET_MR_PROMISC;
  return set(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request);
}

bool ignore_outgoing(int fd) { return set(fd, SOL_PACKET, ignore_outgoing_option, 1); }

bool join_fanout(int fd, uint16_t group, bool loopback) {
  const unsigned mode = PACKET_FANOUT_CBPF;
  const unsigned first = group | mode << 16 | (loopback ? fanout_ignore_outgoing << 16 : 0);
  if (!set(fd, SOL_PACKET, PACKET_FANOUT, first)) {
    if (!loopback || errno != EINVAL || !set(fd, SOL_PACKET, PACKET_FANOUT, group | mode << 16))
      return false;
  }
  return set(fd, SOL_PACKET, PACKET_FANOUT_DATA, as_kernel(fanout_program()));
}

int pending_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

void add_statistics(int fd, Statistics& sum) {
  tpacket_stats_v3 now{};
  socklen_t size = sizeof now;
  if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &now, &size) != 0) return;
  sum.received += now.tp_packets;
  sum.dropped += now.tp_drops;
  sum.freezes += now.tp_freeze_q_cnt;
}

}  // namespace dipper::packet_socket
