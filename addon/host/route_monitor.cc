#include "host/route_monitor.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace dipper {
namespace {

template <typename Header>
NetlinkMonitor::Dump dump_of(uint16_t type) {
  return {type, std::vector<uint8_t>(sizeof(Header))};  // all zero: every family
}

NetlinkMonitor::Settings settings() {
  NetlinkMonitor::Settings s;
  s.protocol = NETLINK_ROUTE;
  s.groups = {RTNLGRP_LINK,       RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
              RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE};
  // In the order of HostNetworks::Kind.
  s.dumps = {dump_of<ifinfomsg>(RTM_GETLINK), dump_of<ifaddrmsg>(RTM_GETADDR), dump_of<rtmsg>(RTM_GETROUTE)};
  s.receive_buffer = 1 << 20;
  return s;
}

}  // namespace

RouteMonitor::RouteMonitor(std::function<void()> changed) : NetlinkMonitor(settings()), changed_(std::move(changed)) {}

void RouteMonitor::message(const NetlinkMessage& message, bool) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (state_.apply(message)) dirty_ = true;
  if (state_.stale() && dumped_once()) dump_again();
}

void RouteMonitor::dump_begins(size_t which) {
  const std::lock_guard<std::mutex> lock(mutex_);
  state_.dump_begins(static_cast<HostNetworks::Kind>(which));
}

void RouteMonitor::dump_ends(size_t which) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (state_.dump_ends(static_cast<HostNetworks::Kind>(which))) dirty_ = true;
}

void RouteMonitor::settled() {
  if (!dumped_once()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!dirty_ || told_) return;
    const uint64_t now = monotonic_ms();
    if (told_ms_ && now - told_ms_ < pause_ms) {
      wait_ms_ = static_cast<int>(pause_ms - (now - told_ms_));
      return;
    }
    told_ms_ = now;
    told_ = true;
  }
  changed_();
}

std::string RouteMonitor::json() {
  const Counters c = counters();
  std::string text;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    dirty_ = told_ = false;
    text = state_.json();
  }
  text.pop_back();
  return text + ",\"complete\":" + (dumped_once() ? "true" : "false") + ",\"messages\":" + std::to_string(c.messages) +
         ",\"dumps\":" + std::to_string(c.dumps) + ",\"overruns\":" + std::to_string(c.overruns) + "}";
}

}  // namespace dipper
