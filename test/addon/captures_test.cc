// The whole data plane over every capture at hand, the bundled ones and those of DIPPER_CAPTURES: it ends, the account adds
// up, and any number of workers makes the same number of flows. What it is for shows under the sanitizers.
#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>

#include "check.h"
#include "core/engine.h"
#include "sources/sources.h"

using namespace dipper;

namespace {

std::vector<std::string> captures_in(const std::filesystem::path& folder) {
  std::vector<std::string> paths;
  if (!std::filesystem::is_directory(folder)) return paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string extension = entry.path().extension();
    if (extension == ".pcap" || extension == ".pcapng" || extension == ".cap" || extension == ".gz")
      paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// Runs the capture to its end; returns the flows that it made.
uint64_t flows_of(const std::string& path, unsigned workers, bool reference) {
  SourceOptions source_options;
  source_options.path = path;
  SourceError source_error;
  auto source = open_source("pcap-file", source_options, source_error);
  if (!source) {
    check::fail(__FILE__, __LINE__, path + ": " + source_error.message);
    return 0;
  }
  EngineOptions options;
  options.workers = workers;
  options.decode.reference = options.dpi.reference = options.worker.reference = reference;
  options.worker.expiry = !reference;
  options.worker.stats_interval_ns = 1000000000;
  options.worker.events = event_detected | event_updated | event_expired | event_stats;
  std::mutex mutex;
  std::condition_variable woken;
  bool wake = false;
  std::string error;
  auto engine = Engine::create(
      options, std::move(source),
      [&] {
        std::lock_guard<std::mutex> lock(mutex);
        wake = true;
        woken.notify_one();
      },
      error);
  if (!engine) {
    check::fail(__FILE__, __LINE__, error);
    return 0;
  }
  engine->start();
  std::vector<uint8_t> buffer(Engine::minimum_drain_bytes);
  while (true) {
    if (engine->drain(buffer.data(), buffer.size())) continue;
    if (engine->finished()) break;
    std::unique_lock<std::mutex> lock(mutex);
    woken.wait(lock, [&] { return wake; });
    wake = false;
  }
  const CounterBlock& counters = *engine->counters();
  uint64_t packets = 0, bytes = 0, flows = 0;
  for (int i = 0; i < discard_count; ++i) {
    packets += counters.reader.discarded_packets[i].get();
    bytes += counters.reader.discarded_bytes[i].get();
  }
  for (unsigned i = 0; i < workers; ++i) {
    packets += counters.workers[i].packets_in_flows.get();
    bytes += counters.workers[i].bytes_in_flows.get();
    flows += counters.workers[i].flows_created.get();
    if (counters.workers[i].events_lost.get() || counters.workers[i].dpi_states.get())
      check::fail(__FILE__, __LINE__, path + ": events lost or nDPI states left");
  }
  if (packets != counters.reader.packets_read.get() || bytes != counters.reader.bytes_read.get())
    check::fail(__FILE__, __LINE__, path + ": the account does not add up");
  return flows;
}

}  // namespace

TEST(captures_whole_data_plane) {
  const char* named = getenv("DIPPER_CAPTURES");
  const std::filesystem::path captures = named ? named : "../shared/captures";
  std::vector<std::string> paths;
  for (const auto& folder : {captures / "ndpi-4.2", captures / "snabbwall", std::filesystem::path(DIPPER_GOLDEN)})
    for (std::string& path : captures_in(folder)) paths.push_back(std::move(path));
  CHECK(paths.size() >= 60);  // the bundled ones
  for (const std::string& path : paths) {
#ifdef __SANITIZE_THREAD__
    flows_of(path, 3, false);  // what it looks for is between the workers, at a tenth of the speed
    continue;
#endif
    for (const bool reference : {false, true}) {
      const uint64_t one = flows_of(path, 1, reference), three = flows_of(path, 3, reference);
      if (one != three)
        check::fail(__FILE__, __LINE__, path + ": " + std::to_string(one) + " flows, " + std::to_string(three) + " with 3 workers");
    }
  }
#ifdef __SANITIZE_THREAD__
  printf("data plane: %zu captures with 3 workers\n", paths.size());
#else
  printf("data plane: %zu captures, both modes, 1 and 3 workers\n", paths.size());
#endif
}
