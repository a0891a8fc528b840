#include "opener/seccomp.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace dipper {

#if defined(__x86_64__)
#define DIPPER_AUDIT_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define DIPPER_AUDIT_ARCH AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define DIPPER_AUDIT_ARCH AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define DIPPER_AUDIT_ARCH AUDIT_ARCH_RISCV64
#endif

#ifndef DIPPER_AUDIT_ARCH
bool allow_only_what_is_needed(bool) { return true; }
#else

bool allow_only_what_is_needed(bool conntrack) {
  const auto word = [](size_t offset) -> sock_filter {
    return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset));
  };
  const auto unless = [](uint32_t value, uint8_t skip) -> sock_filter {
    return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip);
  };
  constexpr sock_filter kill = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  constexpr sock_filter pass = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  sock_filter program[64];
  size_t n = 0;
  const auto add = [&](sock_filter instruction) { program[n++] = instruction; };
  const auto allow = [&](uint32_t call) {
    add(unless(call, 1));
    add(pass);
  };
  add(word(offsetof(seccomp_data, arch)));
  add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DIPPER_AUDIT_ARCH, 1, 0));
  add(kill);
  add(word(offsetof(seccomp_data, nr)));
  for (const uint32_t call : {SYS_sendmsg, SYS_recvfrom, SYS_close, SYS_exit_group,
                              SYS_clock_gettime, SYS_restart_syscall})
    allow(call);
#ifdef SYS_recv
  allow(SYS_recv);
#endif
#ifdef SYS_clock_gettime64
  allow(SYS_clock_gettime64);
#endif
  if (conntrack)
    for (const uint32_t call : {SYS_bind, SYS_setsockopt, SYS_sendto}) allow(call);
  // socket(2) of the two families alone. The low half of the first argument: both are small
  // numbers, little-endian.
  add(unless(SYS_socket, 5));
  add(word(offsetof(seccomp_data, args)));
  add(unless(AF_PACKET, 1));
  add(pass);
  add(unless(conntrack ? AF_NETLINK : AF_PACKET, 1));
  add(pass);
  add(kill);
  const sock_fprog filter{static_cast<unsigned short>(n), program};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0) return true;
  return errno == EINVAL || errno == ENOSYS;  // a kernel without it
}
#endif

}  // namespace dipper
