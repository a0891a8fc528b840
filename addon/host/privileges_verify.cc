// The proof that nothing was kept: every thread's own status, as the kernel tells it
// (proc_pid_status(5)).
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "host/privileges.h"

namespace dipper {
namespace {

constexpr int exit_system = 71, exit_permission = 77;

std::string read_status(const std::string& thread) {
  std::string text;
  const int fd = open(("/proc/self/task/" + thread + "/status").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  char block[4096];
  ssize_t n;
  while ((n = read(fd, block, sizeof block)) > 0) text.append(block, static_cast<size_t>(n));
  close(fd);
  return text;
}

// The rest of the line that begins with `name` and a colon; empty when there is none.
std::string field(const std::string& status, const char* name) {
  const std::string start = std::string("\n") + name + ":";
  const size_t at = status.find(start);
  if (at == std::string::npos) return {};
  const size_t from = at + start.size();
  return status.substr(from, status.find('\n', from) - from);
}

std::vector<gid_t> numbers(const std::string& text) {
  std::vector<gid_t> list;
  const char* p = text.c_str();
  char* end = nullptr;
  for (unsigned long n = strtoul(p, &end, 10); end != p; n = strtoul(p, &end, 10)) {
    list.push_back(static_cast<gid_t>(n));
    p = end;
  }
  return list;
}

// What the thread has kept, in the kernel's words; empty when nothing.
std::string kept(const std::string& status, const Account& account) {
  const auto wrong = [&](const char* name) { return std::string(name) + field(status, name); };
  for (const auto& [name, id] : {std::pair{"Uid", account.uid}, std::pair{"Gid", account.gid}})
    if (numbers(field(status, name)) != std::vector<gid_t>(4, id)) return wrong(name);
  auto wanted = account.groups;
  auto groups = numbers(field(status, "Groups"));
  std::sort(wanted.begin(), wanted.end());
  std::sort(groups.begin(), groups.end());
  if (groups != wanted) return wrong("Groups");
  for (const char* name : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
    const std::string set = field(status, name);
    if (set.find_first_not_of(" \t0") != std::string::npos || set.find('0') == std::string::npos)
      return wrong(name);
  }
  return {};
}

}  // namespace

unsigned verify_dropped(const Account& account, HostError& error) {
  DIR* threads = opendir("/proc/self/task");
  if (!threads) {
    error.set(exit_system,
              "/proc/self/task cannot be read, so nothing shows that the privileges are gone; "
              "mount /proc");
    return 0;
  }
  unsigned seen = 0;
  std::string fault;
  while (const dirent* entry = readdir(threads)) {
    if (entry->d_name[0] == '.') continue;
    const std::string status = read_status(entry->d_name);
    if (status.empty()) continue;  // the thread has ended
    ++seen;
    const std::string what = kept(status, account);
    if (!what.empty() && fault.empty())
      fault = std::string("thread ") + entry->d_name + " has kept " + what;
  }
  closedir(threads);
  if (fault.empty() && seen > 0) return seen;
  for (char& c : fault)
    if (c == '\t') c = ' ';
  error.set(
      exit_permission,
      "the privileges were not dropped: " + fault +
          "; start with no inheritable capabilities (setpriv --inh-caps=-all), or as the user "
          "itself with ambient capabilities");
  return 0;
}

}  // namespace dipper
