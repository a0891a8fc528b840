// Runs a command with its output thrown away and prints one line of JSON: wall and CPU time, peak resident memory,
// and the peak of its anonymous part (a mapped capture file is resident but costs no memory). GNU time is not on
// every machine and knows nothing of the latter. Two threads: one waits, one looks at /proc every 5 ms.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

namespace {

// Resident minus shared pages, in KiB; 0 when the process is gone.
long anonymous_kib(pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/statm", static_cast<int>(pid));
  FILE* file = fopen(path, "r");
  if (!file) return 0;
  long size = 0, resident = 0, shared = 0;
  const int read = fscanf(file, "%ld %ld %ld", &size, &resident, &shared);
  fclose(file);
  return read == 3 ? (resident - shared) * (sysconf(_SC_PAGESIZE) / 1024) : 0;
}

double seconds(const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: measure COMMAND [ARGUMENT]...\n");
    return 64;
  }
  const auto start = std::chrono::steady_clock::now();
  const pid_t pid = fork();
  if (pid == 0) {
    const int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    _exit(127);
  }
  std::atomic<bool> over{false};
  std::atomic<long> anonymous{0};
  std::thread watcher([&] {
    while (!over) {
      anonymous = std::max(anonymous.load(), anonymous_kib(pid));
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  int status = 0;
  rusage usage{};
  wait4(pid, &status, 0, &usage);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  over = true;
  watcher.join();
  printf("{\"exit_code\":%d,\"wall_s\":%.4f,\"user_s\":%.4f,\"system_s\":%.4f,\"peak_rss_kib\":%ld,\"peak_anonymous_kib\":%ld}\n",
         WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), wall.count(), seconds(usage.ru_utime),
         seconds(usage.ru_stime), usage.ru_maxrss, anonymous.load());
  return 0;
}
