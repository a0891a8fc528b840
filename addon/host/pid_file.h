// The PID file: says which process the daemon is, and by an advisory lock (flock(2)) that it runs.
// A process that dies leaves the file but not the lock, so a stale file stops nobody. Thread: any.
#pragma once
#include <sys/types.h>

#include <string>

#include "host/host_error.h"

namespace dipper {

// Creates or takes over `path` and writes this process's PID and a newline. Returns the descriptor
// that holds the lock, to be closed when the process ends or `path` is removed. -1 and `error`: 73
// held by another process (its PID in `holder` if the file tells one) or the file cannot be made.
int lock_pid_file(const std::string& path, pid_t& holder, HostError& error);

// The PID in `path` when a process holds its lock; 0 when none does or there is no such file.
pid_t pid_file_holder(const std::string& path);

}  // namespace dipper
