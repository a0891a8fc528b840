// The whole data plane over every capture at hand, the bundled ones and those of DIPPER_CAPTURES: it ends, the account adds
// up, any number of workers makes the same flows and flow_stats, and a flow's flow_stats add up to its flow_purge. What it
// is for besides shows under the sanitizers.
#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "check.h"
#include "core/engine.h"
#include "sources/sources.h"
#include "traffic.h"

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

struct Account {
  // stats: sum of a hash of each flow_stats line, in whatever order they come. Not of flows whose label depends on what nDPI's
  // module saw of other flows: a flow's first one comes when it has a name.
  uint64_t flows = 0, stats = 0;
  bool operator!=(const Account& other) const { return flows != other.flows || stats != other.stats; }
};

// What flow_stats say of each flow, minus what its flow_purge says: nothing is left of it.
void check_lines(const std::string& path, const std::string& text, Account& account) {
  std::map<std::string, uint64_t> left[4];
  const bool by_module = path.find("wa_voice") != std::string::npos;  // STUN, by its cache
  const char* const names[] = {"local_packets", "other_packets", "local_bytes", "other_bytes"};
  for (const std::string& line : traffic::split_lines(text)) {
    const std::string type = traffic::field(line, "type"), digest = traffic::field(line, "digest");
    if (type == "flow_stats" && !by_module) account.stats += std::hash<std::string>()(line);
    for (int i = 0; i < 4; ++i) {
      if (type == "flow_stats") left[i][digest] += traffic::number(line, names[i]);
      if (type == "flow_purge") left[i][digest] -= traffic::number(line, names[i]);
    }
  }
  for (int i = 0; i < 4; ++i)
    for (const auto& [digest, rest] : left[i])
      if (rest) check::fail(__FILE__, __LINE__, path + ": " + names[i] + " of " + digest + " do not add up");
}

// Runs the capture to its end; returns the flows that it made.
Account flows_of(const std::string& path, unsigned workers, bool reference) {
  SourceOptions source_options;
  source_options.path = path;
  SourceError source_error;
  auto source = open_source("pcap-file", source_options, source_error);
  if (!source) {
    check::fail(__FILE__, __LINE__, path + ": " + source_error.message);
    return {};
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
    return {};
  }
  engine->start();
  std::string text;
  std::vector<uint8_t> buffer(Engine::minimum_drain_bytes);
  while (true) {
    if (const size_t n = engine->drain(buffer.data(), buffer.size())) {
      text.append(reinterpret_cast<const char*>(buffer.data()), n);
      continue;
    }
    if (engine->finished()) break;
    std::unique_lock<std::mutex> lock(mutex);
    woken.wait(lock, [&] { return wake; });
    wake = false;
  }
  const CounterBlock& counters = *engine->counters();
  uint64_t packets = 0, bytes = 0;
  Account account;
  for (int i = 0; i < discard_count; ++i) {
    packets += counters.reader.discarded_packets[i].get();
    bytes += counters.reader.discarded_bytes[i].get();
  }
  for (unsigned i = 0; i < workers; ++i) {
    packets += counters.workers[i].packets_in_flows.get();
    bytes += counters.workers[i].bytes_in_flows.get();
    account.flows += counters.workers[i].flows_created.get();
    if (counters.workers[i].events_lost.get() || counters.workers[i].dpi_states.get())
      check::fail(__FILE__, __LINE__, path + ": events lost or nDPI states left");
  }
  if (packets != counters.reader.packets_read.get() || bytes != counters.reader.bytes_read.get())
    check::fail(__FILE__, __LINE__, path + ": the account does not add up");
  check_lines(path, text, account);
  return account;
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
      const Account one = flows_of(path, 1, reference), three = flows_of(path, 3, reference);
      if (one != three)
        check::fail(__FILE__, __LINE__, path + ": " + std::to_string(one.flows) + " flows, " + std::to_string(three.flows) + " with 3 workers, or other flow_stats");
    }
  }
#ifdef __SANITIZE_THREAD__
  printf("data plane: %zu captures with 3 workers\n", paths.size());
#else
  printf("data plane: %zu captures, both modes, 1 and 3 workers\n", paths.size());
#endif
}
