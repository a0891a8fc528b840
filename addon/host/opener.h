// The daemon's side of the opener (addon/opener): a small process, started while we are root, that
// hands over packet sockets after we no longer are. Thread: one at a time; requests block for as
// long as the caller says at most.
#pragma once
#include <sys/types.h>

#include <string>

#include "host/host_error.h"
#include "host/privileges.h"

namespace dipper {

class Opener {
 public:
  Opener() = default;
  Opener(const Opener&) = delete;
  Opener& operator=(const Opener&) = delete;
  ~Opener() { close(); }

  // Runs the program `path`, which becomes `account` and keeps CAP_NET_RAW, and CAP_NET_ADMIN with
  // `conntrack`. Returns when it is ready. False: 69 no such program, 71 no resources, 77
  // privileges are missing.
  bool start(const std::string& path, const Account& account, bool conntrack, int timeout_ms,
             HostError& error);

  // A new socket ("packet", "conntrack": opener/protocol.h), owned by the caller; -1 and `error`
  // otherwise.
  int request(const std::string& kind, int timeout_ms, HostError& error);

  // Ends the process and waits for it. Idempotent.
  void close();

  pid_t pid() const { return pid_; }

 private:
  int receive(unsigned long number, int timeout_ms, HostError& error);
  int fail(HostError& error, int code, const std::string& what);

  int socket_ = -1;
  pid_t pid_ = -1;
  unsigned long last_number_ = 0;
};

}  // namespace dipper
