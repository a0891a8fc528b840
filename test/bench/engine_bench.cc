// The data plane without Node: runs a capture through source, decode, worker and lines, throws the lines away and prints
// one line of JSON. Callgrind counts its instructions; its memory has no JavaScript in it. The main thread drains, as
// Node's does.   engine-bench [--workers N] [--no-watch] [--applications COLUMNS] FILE
#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "columns_file.h"
#include "core/engine.h"
#include "sources/sources.h"

namespace {

// Anonymous resident bytes of this process.
uint64_t anonymous_bytes() {
  FILE* file = fopen("/proc/self/statm", "r");
  if (!file) return 0;
  unsigned long size = 0, resident = 0, shared = 0;
  const int read = fscanf(file, "%lu %lu %lu", &size, &resident, &shared);
  fclose(file);
  return read == 3 ? (resident - shared) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

uint64_t total(const dipper::CounterBlock& block, unsigned workers, dipper::Counter dipper::WorkerCounters::*counter) {
  uint64_t sum = 0;
  for (unsigned i = 0; i < workers; ++i) sum += (block.workers[i].*counter).get();
  return sum;
}

// Processor time of each thread by its id, as last seen: schedstat's first number, in ns.
void look_at_threads(std::map<int, double>& seconds) {
  DIR* tasks = opendir("/proc/self/task");
  if (!tasks) return;
  while (const dirent* task = readdir(tasks)) {
    const int id = atoi(task->d_name);
    if (id == 0) continue;
    FILE* file = fopen(("/proc/self/task/" + std::to_string(id) + "/schedstat").c_str(), "r");
    if (!file) continue;
    unsigned long ns = 0;
    if (fscanf(file, "%lu", &ns) == 1) seconds[id] = static_cast<double>(ns) / 1e9;
    fclose(file);
  }
  closedir(tasks);
}

struct Peak {
  uint64_t anonymous = 0, flows = 0, states = 0, table = 0, metadata = 0, dpi = 0, inspection = 0;
  void look(const dipper::CounterBlock& block, unsigned workers) {
    using W = dipper::WorkerCounters;
    anonymous = std::max(anonymous, anonymous_bytes());
    flows = std::max(flows, total(block, workers, &W::flows_active));
    states = std::max(states, total(block, workers, &W::dpi_states));
    table = std::max(table, total(block, workers, &W::table_bytes));
    metadata = std::max(metadata, total(block, workers, &W::metadata_bytes));
    dpi = std::max(dpi, total(block, workers, &W::dpi_state_bytes));
    inspection = std::max(inspection, total(block, workers, &W::inspection_bytes));
  }
};

}  // namespace

int main(int argc, char** argv) {
  dipper::EngineOptions options;
  const char* path = nullptr;
  bool watch = true;
  for (int i = 1; i < argc; ++i) {
    if (!strcmp(argv[i], "--workers") && i + 1 < argc) options.workers = static_cast<unsigned>(atoi(argv[++i]));
    else if (!strcmp(argv[i], "--no-watch")) watch = false;
    else if (!strcmp(argv[i], "--applications") && i + 1 < argc)
      options.worker.applications = bench::ColumnsFile(argv[++i]).table();
    else path = argv[i];
  }
  if (!path) {
    fprintf(stderr, "usage: engine-bench [--workers N] [--no-watch] [--applications COLUMNS] FILE\n");
    return 64;
  }
  options.envelope.interface = path;
  options.worker.expiry = false;  // as for capture files
  options.worker.max_flows = 1u << 22;
  options.worker.events = dipper::event_expired;
  options.dpi.max_packets_tcp = 80;  // ndpiReader's depth
  options.dpi.max_packets_udp = 24;

  dipper::SourceOptions source_options;
  source_options.path = path;
  dipper::SourceError source_error;
  auto source = dipper::open_source("pcap-file", source_options, source_error);
  if (!source) {
    fprintf(stderr, "engine-bench: %s\n", source_error.message.c_str());
    return source_error.exit_code;
  }
  std::mutex mutex;
  std::condition_variable woken;
  bool wake = false;
  std::string error;
  auto engine = dipper::Engine::create(
      options, std::move(source),
      [&] {
        std::lock_guard<std::mutex> lock(mutex);
        wake = true;
        woken.notify_one();
      },
      error);
  if (!engine) {
    fprintf(stderr, "engine-bench: %s\n", error.c_str());
    return 70;
  }
  const uint64_t empty = anonymous_bytes();
  const auto start = std::chrono::steady_clock::now();
  std::vector<uint8_t> buffer(1 << 20);
  uint64_t line_bytes = 0;
  Peak peak;
  std::map<int, double> thread_seconds;  // main, workers, reader
  engine->start();
  for (;;) {
    const size_t size = engine->drain(buffer.data(), buffer.size());
    line_bytes += size;
    if (size) continue;
    if (engine->finished()) break;
    if (watch) {
      peak.look(*engine->counters(), engine->workers());
      look_at_threads(thread_seconds);
    }
    std::unique_lock<std::mutex> lock(mutex);
    woken.wait_for(lock, std::chrono::milliseconds(5), [&] { return wake; });
    wake = false;
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  const dipper::CounterBlock& block = *engine->counters();
  std::string threads;
  for (const auto& [id, seconds] : thread_seconds) threads += (threads.empty() ? "" : ",") + std::to_string(seconds);
  printf("{\"wall_s\":%.4f,\"thread_cpu_s\":[%s],\"packets\":%lu,\"flows\":%lu,\"dpi_packets\":%lu,\"line_bytes\":%lu,\"anonymous_at_start\":%lu,"
         "\"anonymous_peak\":%lu,\"flows_peak\":%lu,\"dpi_states_peak\":%lu,\"table_bytes_peak\":%lu,"
         "\"metadata_bytes_peak\":%lu,\"dpi_state_bytes_peak\":%lu,\"dpi_state_size\":%zu,"
         "\"inspection_bytes_peak\":%lu,\"inspections_refused\":%lu}\n",
         wall.count(), threads.c_str(), block.reader.packets_read.get(),
         total(block, engine->workers(), &dipper::WorkerCounters::flows_created),
         total(block, engine->workers(), &dipper::WorkerCounters::dpi_packets), line_bytes, empty, peak.anonymous, peak.flows,
         peak.states, peak.table, peak.metadata, peak.dpi, dipper::Dpi::state_size(),
         peak.inspection, total(block, engine->workers(), &dipper::WorkerCounters::inspections_refused));
  return 0;
}
