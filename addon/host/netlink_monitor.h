// A netlink socket that is dumped once, then followed by a thread of its own: what both monitors (links and routes,
// connection tracking) have in common. Lost events (ENOBUFS) and torn dumps are counted and dumped again.
// Threads: open, start, stop and the destructor of one owner; message, dumped, settled and tick run on the monitor's thread.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "host/netlink_message.h"

namespace dipper {

class NetlinkMonitor {
 public:
  struct Dump {
    uint16_t type;                 // of the request
    std::vector<uint8_t> payload;  // behind its header
  };
  struct Settings {
    int protocol;                   // NETLINK_ROUTE, NETLINK_NETFILTER
    std::vector<unsigned> groups;   // multicast groups to follow
    std::vector<Dump> dumps;        // in this order, one after the other
    int receive_buffer;             // bytes
  };
  struct Counters {
    uint64_t messages, dumps, overruns, malformed, refused_dumps;
  };

  explicit NetlinkMonitor(Settings settings) : settings_(std::move(settings)) {}
  NetlinkMonitor(const NetlinkMonitor&) = delete;
  NetlinkMonitor& operator=(const NetlinkMonitor&) = delete;
  virtual ~NetlinkMonitor();  // a derived class stops in its own destructor

  // Opens the socket in the network namespace of the calling thread. 0, or errno and what failed in `error`.
  int open(std::string& error);
  // A socket of that kind in its groups, with a dump under way that was asked for with sequence number 1 (an opener's).
  // It is the monitor's, also after an error.
  int adopt(int descriptor, std::string& error);
  void start();           // after a successful open() or adopt()
  void stop() noexcept;   // joins; any number of times

  Counters counters() const;
  bool dumped_once() const { return dumped_once_.load(); }
  int refusal() const { return refusal_.load(); }  // errno of the last dump that was refused, 0 = none

 protected:
  virtual void message(const NetlinkMessage& message, bool of_dump) = 0;
  virtual void dump_begins(size_t which) = 0;
  virtual void dump_ends(size_t which) = 0;  // whole: what it did not name is not there
  virtual void settled() = 0;                // all that had arrived was handed over
  virtual void tick() = 0;                   // at least every tick_ms
  void dump_again() { dump_later(200); }     // from the monitor's thread

  static constexpr int tick_ms = 1000;
  int wait_ms_ = tick_ms;  // set by settled() and tick() for sooner

 private:
  void run();
  void reset();           // no socket, nothing asked for
  bool receive(std::vector<uint8_t>& buffer);  // false: nothing more now
  void take(const NetlinkMessage& message);
  void request_next();
  void dump_failed(int error);
  void dump_later(uint64_t pause_ms);

  const Settings settings_;
  int socket_ = -1, stop_ = -1;
  std::thread thread_;
  size_t next_dump_ = 0;          // of settings_.dumps
  bool dumping_ = false, torn_ = false, again_ = true;
  uint32_t sequence_ = 0;
  uint64_t asked_ms_ = 0;         // when the running dump last said something
  uint64_t not_before_ms_ = 0;    // of the next dump: no storm of them while everything changes
  std::atomic<uint64_t> messages_{0}, dumps_{0}, overruns_{0}, malformed_{0}, refused_{0};
  std::atomic<bool> dumped_once_{false};
  std::atomic<int> refusal_{0};
};

uint64_t monotonic_ms();

}  // namespace dipper
