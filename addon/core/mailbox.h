// Commands to a worker: a bounded mailbox that it empties between bursts of packets. A command is a moved object; a
// sleeping worker is woken by a nudge of its ring, which is the sender's to give.
// Threads: post and close by anyone, take by the worker; waiting() is one relaxed load, the only cost of a burst.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

#include "applications.h"
#include "dpi.h"
#include "roles.h"
#include "snapshot.h"

namespace dipper {

// What can be changed while packets flow. Times are nanoseconds; the meaning of each is that of WorkerOptions.
struct LiveOptions {
  uint64_t udp_idle_ns = 30000000000, tcp_idle_ns = 300000000000, closed_ns = 10000000000;
  uint64_t other_idle_ns = 30000000000, active_ns = 0;  // active 0 = none
  uint64_t stats_interval_ns = 0;                       // flow_stats by packet time; 0 = none
  uint16_t max_packets_tcp = 0, max_packets_udp = 0;    // shown to nDPI; 0 = as it is
  uint8_t events = 1 | 2 | 4;                           // EventMask: detected, updated, expired
  bool dump_unknown = true;                             // false: flows of no known protocol give no line
  bool explain = false;                                 // `flow` and `flow_dpi_update` say why a flow is its application
};

struct ExpireAll {};  // every flow that is there now ends with reason shutdown

// Another nDPI module for the flows that begin from now on. Each worker gets one of its own, of which this is the only holder.
struct AdoptDpi {
  std::shared_ptr<Dpi> dpi;
};

using WorkerCommand = std::variant<Roles, LiveOptions, ExpireAll, std::shared_ptr<Snapshot>,
                                   std::shared_ptr<const ApplicationTable>, AdoptDpi>;

class Mailbox {
 public:
  static constexpr size_t capacity = 128;

  // False when it is full or the worker is gone. A command that makes an earlier one of its kind meaningless takes its
  // place: only snapshots can pile up.
  bool post(WorkerCommand&& command) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return false;
    if (!std::holds_alternative<std::shared_ptr<Snapshot>>(command)) {
      const auto same = std::find_if(commands_.begin(), commands_.end(),
                                     [&](const WorkerCommand& c) { return c.index() == command.index(); });
      if (same != commands_.end()) {
        *same = std::move(command);
        return true;
      }
    } else if (commands_.size() >= capacity) {
      return false;
    }
    commands_.push_back(std::move(command));
    waiting_.store(true, std::memory_order_relaxed);
    return true;
  }

  // Whether post() would take it, or the worker is gone.
  bool accepts(const WorkerCommand& command) {
    std::lock_guard<std::mutex> lock(mutex_);
    return closed_ || !std::holds_alternative<std::shared_ptr<Snapshot>>(command) || commands_.size() < capacity;
  }

  bool waiting() const { return waiting_.load(std::memory_order_relaxed); }

  std::vector<WorkerCommand> take() {
    std::lock_guard<std::mutex> lock(mutex_);
    waiting_.store(false, std::memory_order_relaxed);
    return std::exchange(commands_, {});
  }

  // The worker ends: nothing more is accepted. Returns what it never saw.
  std::vector<WorkerCommand> close() {
    std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    return std::exchange(commands_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<WorkerCommand> commands_;
  std::atomic<bool> waiting_{false};
  bool closed_ = false;
};

}  // namespace dipper
