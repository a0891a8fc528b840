// Follows the kernel's connection tracking of this network namespace into a table that workers look into: the whole once,
// then events. Needs CAP_NET_ADMIN, for open() and for reading everything again after lost events.
// Threads: as NetlinkMonitor; the table may be read from any.
#pragma once
#include <memory>

#include "core/conntrack.h"
#include "host/netlink_monitor.h"

namespace dipper {

class ConntrackMonitor final : public NetlinkMonitor {
 public:
  ConntrackMonitor(const ConntrackOptions& options, int receive_buffer);
  ~ConntrackMonitor() override { stop(); }

  const std::shared_ptr<ConntrackTable>& table() const { return table_; }

 private:
  void message(const NetlinkMessage& message, bool of_dump) override;
  void dump_begins(size_t which) override;
  void dump_ends(size_t which) override;
  void settled() override {}
  void tick() override;

  const std::shared_ptr<ConntrackTable> table_;
  uint32_t dump_began_s_ = 0;
};

}  // namespace dipper
