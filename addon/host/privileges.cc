#include "host/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace dipper {
namespace {

constexpr int exit_no_user = 67, exit_system = 71, exit_permission = 77;

std::string reason(int number) { return strerror(number); }

// Whole decimal numbers only: "0x0" or " 1" are names that nobody has.
bool parse_id(const std::string& text, uint32_t& id) {
  if (text.empty() || text.size() > 10 || text.find_first_not_of("0123456789") != std::string::npos)
    return false;
  const unsigned long long value = strtoull(text.c_str(), nullptr, 10);
  id = static_cast<uint32_t>(value);
  return value < UINT32_MAX;  // (uid_t)-1 means "leave it" to setresuid(2)
}

bool find_group(const std::string& group, gid_t& gid, HostError& error) {
  std::vector<char> text(4096);
  struct group entry {};
  struct group* found = nullptr;
  int result;
  while ((result = getgrnam_r(group.c_str(), &entry, text.data(), text.size(), &found)) == ERANGE)
    text.resize(text.size() * 2);
  if (found) {
    gid = found->gr_gid;
    return true;
  }
  if (parse_id(group, gid)) return true;
  return error.set(exit_no_user,
                   "there is no group \"" + group + "\"" + (result ? ": " + reason(result) : "") +
                       "; create it (groupadd --system " + group + ") or name another");
}

bool set_capabilities(uint64_t permitted) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  for (int i = 0; i < 2; ++i)
    data[i].permitted = data[i].effective = static_cast<uint32_t>(permitted >> (32 * i));
  return syscall(SYS_capset, &header, data) == 0;
}

// no_new_privs belongs to a thread, and prctl(2) reaches the calling one alone. A seccomp filter
// installed with TSYNC takes the flag to all threads; ours allows everything. SPEC_ALLOW: kernels
// before 5.16 would otherwise slow every thread down with mitigations meant for sandboxed code.
// False only where the kernel has no seccomp.
bool no_new_privileges_everywhere() {
  sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  sock_fprog program{1, &allow};
  constexpr unsigned tsync = 1,
                     spec_allow = 4;  // SECCOMP_FILTER_FLAG_*; old headers lack the second
  for (const unsigned flags : {tsync | spec_allow, tsync})
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) == 0) return true;
  return false;
}

}  // namespace

bool read_privileges(Privileges& privileges, HostError& error) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (syscall(SYS_capget, &header, data) != 0)
    return error.set(exit_system, "capget: " + reason(errno));
  privileges.uid = geteuid();
  privileges.gid = getegid();
  privileges.effective = data[0].effective | static_cast<uint64_t>(data[1].effective) << 32;
  privileges.permitted = data[0].permitted | static_cast<uint64_t>(data[1].permitted) << 32;
  privileges.inheritable = data[0].inheritable | static_cast<uint64_t>(data[1].inheritable) << 32;
  privileges.no_new_privileges = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
  return true;
}

bool find_account(const std::string& user, const std::string& group, Account& account,
                  HostError& error) {
  std::vector<char> text(4096);
  passwd entry{};
  passwd* found = nullptr;
  int result;
  while ((result = getpwnam_r(user.c_str(), &entry, text.data(), text.size(), &found)) == ERANGE)
    text.resize(text.size() * 2);
  uint32_t uid = 0;
  if (!found && parse_id(user, uid)) {
    while ((result = getpwuid_r(uid, &entry, text.data(), text.size(), &found)) == ERANGE)
      text.resize(text.size() * 2);
    if (!found && group.empty())
      return error.set(exit_no_user,
                       "user " + user + " has no entry in passwd, so its group must be given too");
    account.uid = uid;
  } else if (!found) {
    return error.set(exit_no_user,
                     "there is no user \"" + user + "\"" + (result ? ": " + reason(result) : "") +
                         "; create it (useradd --system " + user + ") or name another");
  }
  if (found) {
    account.uid = found->pw_uid;
    account.gid = found->pw_gid;
  }
  account.user = found ? found->pw_name : user;
  if (!group.empty() && !find_group(group, account.gid, error)) return false;
  account.groups.assign(1, account.gid);
  if (found) {
    int count = 64;
    account.groups.resize(static_cast<size_t>(count));
    if (getgrouplist(found->pw_name, account.gid, account.groups.data(), &count) < 0) {
      account.groups.resize(static_cast<size_t>(count));
      if (getgrouplist(found->pw_name, account.gid, account.groups.data(), &count) < 0)
        return error.set(exit_system, "the groups of user " + account.user + " cannot be read");
    }
    account.groups.resize(static_cast<size_t>(count));
  }
  return true;
}

bool drop_privileges(const Account& account, HostError& error) {
  if (account.uid == 0)
    return error.set(exit_permission, "dropping to root drops nothing; name another user");
  // In this order: who is no longer root may change neither groups nor gid. glibc and musl take all
  // three to every thread.
  const auto refused = [&](const char* call) {
    return error.set(exit_permission, "cannot become user " + account.user + ": " + call + ": " +
                                          reason(errno) +
                                          "; dropping needs root with CAP_SETUID and CAP_SETGID");
  };
  if (setgroups(account.groups.size(), account.groups.data()) != 0) return refused("setgroups");
  if (setresgid(account.gid, account.gid, account.gid) != 0) return refused("setresgid");
  if (setresuid(account.uid, account.uid, account.uid) != 0) return refused("setresuid");
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (!set_capabilities(0)) return error.set(exit_system, "capset: " + reason(errno));
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return error.set(exit_system, "no_new_privs: " + reason(errno));
  no_new_privileges_everywhere();
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  if (setuid(0) == 0 || setgid(0) == 0)
    return error.set(exit_permission, "the process could become root again");
  return verify_dropped(account, error) > 0;
}

}  // namespace dipper
