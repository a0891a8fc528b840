#include "host/conntrack_monitor.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <sys/socket.h>

#include "host/conntrack_message.h"

namespace dipper {
namespace {

NetlinkMonitor::Settings settings(int receive_buffer) {
  nfgenmsg every_family{};
  every_family.nfgen_family = AF_UNSPEC;
  every_family.version = NFNETLINK_V0;
  const auto* bytes = reinterpret_cast<const uint8_t*>(&every_family);
  NetlinkMonitor::Settings s;
  s.protocol = NETLINK_NETFILTER;
  s.groups = {NFNLGRP_CONNTRACK_NEW, NFNLGRP_CONNTRACK_UPDATE, NFNLGRP_CONNTRACK_DESTROY};
  s.dumps = {{NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET, {bytes, bytes + sizeof every_family}}};
  s.receive_buffer = receive_buffer;
  return s;
}

uint32_t now_s() { return static_cast<uint32_t>(monotonic_ms() / 1000); }

}  // namespace

ConntrackMonitor::ConntrackMonitor(const ConntrackOptions& options, int receive_buffer)
    : NetlinkMonitor(settings(receive_buffer)), table_(std::make_shared<ConntrackTable>(options)) {}

void ConntrackMonitor::message(const NetlinkMessage& message, bool) {
  ConntrackEntry entry;
  switch (parse_conntrack(message, entry)) {
    case ConntrackEvent::changed: return table_->put(entry, now_s());
    case ConntrackEvent::ended: return table_->end(entry, now_s());
    case ConntrackEvent::none: return;
  }
}

void ConntrackMonitor::dump_begins(size_t) { dump_began_s_ = now_s(); }

// What a whole dump did not name ended while events were lost.
void ConntrackMonitor::dump_ends(size_t) { table_->end_unseen(dump_began_s_, now_s()); }

void ConntrackMonitor::tick() {
  table_->expire(now_s());
  // A connection may be silent for days (TCP: five): asked for in time, those that the kernel still has stay.
  const uint32_t half = table_->options().idle_s / 2;
  if (half && now_s() - dump_began_s_ >= half) dump_again();
}

}  // namespace dipper
