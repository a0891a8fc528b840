// flow_stats: one line an interval for flows with traffic, in slices, and their sum is the flow_purge.
#include <algorithm>
#include <map>

#include "check.h"
#include "worker_rig.h"

using namespace dipper;
using namespace traffic;

namespace {

constexpr uint64_t second = 1000000000;
const Endpoint server{"93.184.216.34", 80};

Endpoint host(unsigned n, uint16_t port = 40000) {
  return {"10.0." + std::to_string(n / 250 % 250) + "." + std::to_string(1 + n % 250), port};
}

WorkerOptions every(uint64_t seconds) {
  WorkerOptions options;
  options.stats_interval_ns = seconds * second;
  options.events = event_expired | event_stats;
  return options;
}

struct Sums {
  uint64_t packets[2] = {}, bytes[2] = {};
  bool operator==(const Sums& o) const {
    return packets[0] == o.packets[0] && packets[1] == o.packets[1] && bytes[0] == o.bytes[0] && bytes[1] == o.bytes[1];
  }
};

void add(Sums& sums, const std::string& line) {
  sums.packets[0] += number(line, "local_packets");
  sums.packets[1] += number(line, "other_packets");
  sums.bytes[0] += number(line, "local_bytes");
  sums.bytes[1] += number(line, "other_bytes");
}

void check_sums(WorkerRig& rig) {
  std::map<std::string, Sums> stats;
  for (const auto& line : rig.lines("flow_stats")) add(stats[field(line, "digest")], line);
  for (const auto& line : rig.purges()) {
    Sums whole;
    add(whole, line);
    CHECK(stats[field(line, "digest")] == whole);
  }
}

}  // namespace

TEST(stats_one_line_for_each_interval_with_traffic) {
  WorkerRig rig(every(10));
  Traffic t;
  for (const uint64_t at : {1001u, 1003u, 1009u, 1011u, 1055u}) t.udp(at, host(1), server, "x");
  rig.feed(t, 1);
  rig.end();
  const auto lines = rig.lines("flow_stats");
  CHECK_EQ(lines.size(), 3u);  // 1000 to 1010, 1010 to 1020; the third after its idle time in a record of its own
  CHECK_EQ(number(lines.at(0), "local_packets"), 3u);
  CHECK_EQ(number(lines.at(1), "local_packets"), 1u);
  CHECK_EQ(number(lines.at(1), "total_packets"), 4u);
  CHECK_EQ(number(lines.at(0), "last_seen_at"), 1009000u);
  check_sums(rig);
}

TEST(stats_come_in_slices_and_say_the_same_however_late) {
  std::vector<std::string> runs;
  for (const bool sliced : {true, false}) {
    WorkerRig rig(every(10));
    for (uint64_t round = 0; round < 6; ++round) {
      Traffic t;
      for (unsigned i = 0; i < 3000; i += 1 + round % 2) t.udp(1000 + 5 * round, host(i), server, "x");
      rig.feed(t);
      if (sliced)
        while (rig.worker().slice()) rig.lines();
    }
    rig.end();
    check_sums(rig);
    auto lines = rig.lines("flow_stats");
    std::sort(lines.begin(), lines.end());
    std::string all;
    for (const auto& line : lines) all += line + "\n";
    runs.push_back(all);
  }
  CHECK(runs[0] == runs[1]);
}

TEST(stats_slice_is_bounded_and_silent_flows_cost_nothing) {
  WorkerRig rig(every(10));
  Traffic t, one;
  for (unsigned i = 0; i < 10000; ++i) t.udp(1000, host(i, static_cast<uint16_t>(i)), server, "x");
  rig.feed(t);
  rig.worker().tick(1011 * second);
  int slices = 0;
  while (rig.worker().slice()) rig.lines(), ++slices;
  CHECK_EQ(rig.lines("flow_stats").size(), 10000u);
  CHECK_EQ(slices, 10000 / 128 + 1);
  one.udp(1012, host(5, 5), server, "x");
  rig.feed(one);
  rig.worker().tick(1021 * second);
  slices = 0;
  while (rig.worker().slice()) ++slices;
  CHECK_EQ(rig.lines("flow_stats").size(), 10001u);
  CHECK_EQ(slices, 1);
  CHECK_EQ(rig.counters.ticks.get(), 2u);
}

TEST(stats_interval_changes_and_ends_live) {
  WorkerOptions options = every(10);
  options.udp_idle_ns = 3600 * second;
  WorkerRig rig(options);
  const auto feed = [&rig](uint64_t at) {
    Traffic t;
    t.udp(at, host(1), server, "x");
    rig.feed(t);
    while (rig.worker().slice()) {
    }
  };
  feed(1000);
  LiveOptions live = options;
  live.stats_interval_ns = 0;
  rig.command(live);
  CHECK_EQ(rig.lines("flow_stats").size(), 1u);  // what there was
  feed(1001);
  feed(1100);
  CHECK_EQ(rig.lines("flow_stats").size(), 1u);
  live.stats_interval_ns = 2 * second;
  rig.command(live);
  feed(1101);
  feed(1102);
  CHECK_EQ(rig.lines("flow_stats").size(), 2u);
  CHECK_EQ(number(rig.lines("flow_stats").at(1), "local_packets"), 3u);
  rig.end();
  check_sums(rig);
}

TEST(stats_of_a_flow_that_becomes_known_begin_with_all_it_had) {
  WorkerOptions options = every(1);
  options.dump_unknown = false;
  options.events = event_detected | event_expired | event_stats;
  WorkerRig rig(options);
  Traffic t;
  t.tcp(1000, host(1), server, syn);
  t.tcp(1002, server, host(1), syn | ack);
  t.tcp(1004, host(1), server, ack);
  t.tcp(1006, host(1), server, psh | ack, "GET /index.html HTTP/1.1\r\nHost: example.org\r\n\r\n");
  t.tcp(1008, server, host(1), psh | ack, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  rig.feed(t, 1);
  rig.end();
  const auto lines = rig.lines("flow_stats");
  CHECK(!lines.empty());
  if (!lines.empty()) CHECK(number(lines.at(0), "total_packets") >= 4);
  check_sums(rig);
}
