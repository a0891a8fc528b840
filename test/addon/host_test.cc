// What the host grants, as far as it needs no root: accounts, the PID file's lock, programs that are no opener. The drop
// and the opener themselves are tested in test/live.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "check.h"
#include "host/opener.h"
#include "host/pid_file.h"
#include "host/privileges.h"

namespace dipper {
namespace {

std::string scratch() {
  char path[] = "/tmp/dipper-host-XXXXXX";
  const char* made = mkdtemp(path);
  return made ? made : "";
}

std::string content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// What the PID file of this process holds.
std::string own_line() { return std::to_string(getpid()) + "\n"; }

}  // namespace

TEST(host_reads_its_privileges) {
  Privileges p;
  HostError error;
  CHECK(read_privileges(p, error));
  CHECK_EQ(p.uid, geteuid());
  CHECK_EQ(p.effective & ~p.permitted, 0u);  // capabilities(7): effective is a subset
}

TEST(host_finds_accounts_by_name_and_number) {
  Account account;
  HostError error;
  CHECK(find_account("root", "", account, error));
  CHECK_EQ(account.uid, 0u);
  CHECK_EQ(account.gid, 0u);
  CHECK(find_account("12345", "54321", account, error));
  CHECK_EQ(account.uid, 12345u);
  CHECK_EQ(account.gid, 54321u);
  CHECK_EQ(account.groups.size(), 1u);
  for (const char* nobody : {"no-such-user-here", "", "4294967295", "99999999999", "12x", "12345"}) {
    error = {};
    CHECK(!find_account(nobody, "", account, error));
    CHECK_EQ(error.exit_code, 67);
  }
  error = {};
  CHECK(!find_account("root", "no-such-group-here", account, error));
  CHECK_EQ(error.exit_code, 67);
}

TEST(host_never_drops_to_root) {
  HostError error;
  CHECK(!drop_privileges(Account{"root", 0, 0, {0}}, error));
  CHECK_EQ(error.exit_code, 77);
}

TEST(host_sees_that_nothing_was_dropped) {
  HostError error;
  CHECK_EQ(verify_dropped(Account{"x", 4242, 4242, {4242}}, error), 0u);
  CHECK_EQ(error.exit_code, 77);
  CHECK(error.message.find("has kept Uid ") != std::string::npos);
}

TEST(host_pid_file_is_locked_once) {
  const std::string folder = scratch(), path = folder + "/pid";
  HostError error;
  pid_t holder;
  const int first = lock_pid_file(path, holder, error);
  CHECK(first >= 0);
  CHECK_STR(content(path), own_line());
  CHECK_EQ(lock_pid_file(path, holder, error), -1);
  CHECK_EQ(holder, getpid());
  CHECK_EQ(error.exit_code, 73);
  CHECK_EQ(pid_file_holder(path), getpid());
  close(first);
  CHECK_EQ(pid_file_holder(path), 0);
  // Longer than a number: what was there before is gone.
  std::ofstream(path) << "999999999999999999999999 and more\n";
  const int second = lock_pid_file(path, holder, error);
  CHECK(second >= 0);
  CHECK_STR(content(path), own_line());
  close(second);
  unlink(path.c_str());
  mkfifo(path.c_str(), 0600);  // would block whoever opens it carelessly
  error = {};
  const int fifo = lock_pid_file(path, holder, error);
  if (fifo >= 0) close(fifo);
  CHECK_EQ(pid_file_holder(path), 0);
  unlink(path.c_str());
  rmdir(folder.c_str());
}

TEST(host_opener_that_is_none_is_an_error_in_time) {
  const Account account{"x", 4242, 4242, {4242}};
  Opener opener;
  HostError error;
  CHECK(!opener.start("/nonexistent/opener", account, false, 1000, error));
  CHECK_EQ(error.exit_code, 69);
  error = {};
  CHECK(!opener.start("/bin/true", account, false, 5000, error));
  CHECK(error.message.find("it has ended") != std::string::npos);
  error = {};
  CHECK_EQ(opener.request("packet", 100, error), -1);
  CHECK(error.message.find("it is not running") != std::string::npos);
  CHECK_EQ(opener.pid(), -1);
  opener.close();
}

}  // namespace dipper
