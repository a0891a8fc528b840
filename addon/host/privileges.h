// What the process may do, and how it gives that up for good (capabilities(7), credentials(7)). A
// process that was started by root opens what it needs first and then drops; one that a service
// manager gave ambient capabilities keeps those two. Credentials belong to threads on Linux: what
// is said of "the process" here is checked on every thread.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "host/host_error.h"

namespace dipper {

constexpr int cap_net_admin = 12;  // linux/capability.h
constexpr int cap_net_raw = 13;

// Of the calling thread. Bit n is capability n.
struct Privileges {
  uid_t uid = 0;
  gid_t gid = 0;
  uint64_t effective = 0;
  uint64_t permitted = 0;
  uint64_t inheritable = 0;
  bool no_new_privileges = false;
};

// False and `error` where the kernel does not answer capget(2).
bool read_privileges(Privileges& privileges, HostError& error);

struct Account {
  std::string user;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // all that the user is in, `gid` among them
};

// Looks up `user` and `group` (names or numbers; an empty group is the user's own). Exit code 67
// when there is none.
bool find_account(const std::string& user, const std::string& group, Account& account,
                  HostError& error);

// Becomes `account` on all threads, without a way back: groups, gid, uid; every capability set
// empty; no_new_privs; not dumpable, because whoever runs as the same user could otherwise take our
// packet sockets through ptrace(2). Then reads /proc/self/task/*/status. False when anything at all
// is not as it should be: the process must end then. Thread: any; other threads may run meanwhile.
bool drop_privileges(const Account& account, HostError& error);

// The check alone. Returns the number of threads looked at, 0 and `error` when one of them has kept
// anything.
unsigned verify_dropped(const Account& account, HostError& error);

}  // namespace dipper
