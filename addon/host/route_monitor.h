// Follows links, addresses and routes of this network namespace by events of the kernel, never by polling.
// Threads: the monitor's own keeps the state; json() and the rest from the owner's.
#pragma once
#include <functional>
#include <mutex>

#include "host/host_networks.h"
#include "host/netlink_monitor.h"

namespace dipper {

class RouteMonitor final : public NetlinkMonitor {
 public:
  // `changed` is called on the monitor's thread when json() has something new, first when everything is known: changes
  // are gathered for pause_ms, and there is at most one call until json() was called.
  explicit RouteMonitor(std::function<void()> changed);
  ~RouteMonitor() override { stop(); }

  std::string json();  // HostNetworks::json(), with the monitor's counters

  static constexpr int pause_ms = 100;

 private:
  void message(const NetlinkMessage& message, bool of_dump) override;
  void dump_begins(size_t which) override;
  void dump_ends(size_t which) override;
  void settled() override;
  void tick() override {}

  const std::function<void()> changed_;
  std::mutex mutex_;
  HostNetworks state_;
  bool dirty_ = true, told_ = false;
  uint64_t told_ms_ = 0;
};

}  // namespace dipper
