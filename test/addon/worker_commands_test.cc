// Commands to a worker: networks replaced, options changed, every flow ended, snapshots in slices.
#include <map>

#include "check.h"
#include "worker_rig.h"

using namespace dipper;
using namespace traffic;

namespace {

const Endpoint server{"93.184.216.34", 80};

Endpoint host(unsigned n, uint16_t port = 40000) {
  return {"203.0." + std::to_string(n / 250 % 250) + "." + std::to_string(1 + n % 250), port};
}

Roles network(std::initializer_list<uint8_t> prefix, uint8_t bits) {
  Roles roles;
  roles.add(4, prefix.begin(), bits, AddressClass::local_net);
  return roles;
}

// A DNS query and its answer, which nDPI names at once.
void dns(Traffic& t, uint64_t seconds, const Endpoint& from, const Endpoint& to) {
  const std::string name("\7example\3org\0\0\1\0\1", 17);
  t.udp(seconds, from, to, std::string("\x12\x34\1\0\0\1\0\0\0\0\0\0", 12) + name);
  t.udp(seconds, to, from,
        std::string("\x12\x34\x81\x80\0\1\0\1\0\0\0\0", 12) + name +
            std::string("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\0\0\1", 16));
}

std::shared_ptr<Snapshot> one_worker(uint64_t id) { return std::make_shared<Snapshot>(id, 1); }

std::vector<std::string> snapshot_lines(WorkerRig& rig, uint64_t id) {
  std::vector<std::string> found;
  const std::string start = "{\"snapshot\":" + std::to_string(id) + ",\"type\":\"flow\",";
  for (auto& line : rig.lines())
    if (line.compare(0, start.size(), start) == 0) found.push_back(line);
  return found;
}

}  // namespace

TEST(commands_networks_decide_the_local_side_from_then_on) {
  WorkerRig rig({});
  Traffic t;
  t.udp(1000, host(1), server, "x");
  t.udp(1000, host(2), server, "x");
  rig.feed(t);
  rig.command(network({93, 184, 216, 0}, 24));
  rig.command(ExpireAll{});
  for (const auto& line : rig.purges()) CHECK_STR(field(line, "local_ip"), "93.184.216.34");
  rig.feed(t);
  rig.command(Roles{});  // none: the client is the local side again
  rig.end();
  const auto purges = rig.purges();
  CHECK_EQ(purges.size(), 4u);
  CHECK_STR(field(purges.back(), "other_ip"), "93.184.216.34");
  check_conservation(rig);
}

TEST(commands_expire_all_ends_what_is_there) {
  WorkerRig rig({});
  Traffic t;
  for (unsigned i = 0; i < 1000; ++i) t.udp(1000, host(i), server, "x");
  rig.feed(t);
  rig.command(ExpireAll{});
  CHECK_EQ(rig.purges().size(), 1000u);
  CHECK_STR(field(rig.purges().at(0), "reason"), "shutdown");
  CHECK_EQ(rig.counters.flows_active.get(), 0u);
  rig.end();
  CHECK_EQ(rig.purges().size(), 1000u);
  check_conservation(rig);
}

// Flows that begin between its slices are none of its business.
TEST(commands_expire_all_spares_later_flows) {
  WorkerRig rig({});
  Traffic t, later;
  for (unsigned i = 0; i < 1000; ++i) t.udp(1000, host(i), server, "x");
  for (unsigned i = 0; i < 500; ++i) later.udp(1001, host(i, 5), server, "x");
  rig.feed(t);
  rig.worker().apply(ExpireAll{});
  CHECK(rig.worker().slice());
  rig.feed(later);
  while (rig.worker().slice()) {
  }
  CHECK_EQ(rig.counters.flows_active.get(), 500u);
  rig.end();
  check_conservation(rig);
}

TEST(commands_shorter_idle_times_end_flows_that_wait_for_longer_ones) {
  WorkerOptions options;
  options.udp_idle_ns = 600000000000;
  WorkerRig rig(options);
  Traffic t, tick;
  for (unsigned i = 0; i < 100; ++i) t.udp(1000, host(i), server, "x");
  rig.feed(t);
  LiveOptions live = options;
  live.udp_idle_ns = 5000000000;
  rig.command(live);
  tick.udp(1008, host(500), server, "x");
  rig.feed(tick);
  CHECK_EQ(rig.purges().size(), 64u);  // as many as go with a batch
  while (rig.worker().slice()) rig.lines();
  CHECK_EQ(rig.purges().size(), 100u);
  CHECK_EQ(rig.counters.flows_expired_idle.get(), 100u);
  rig.end();
  check_conservation(rig);
}

TEST(commands_events_and_packet_limits_change) {
  WorkerRig rig({});
  Traffic t;
  dns(t, 1000, host(1), {"10.0.0.1", 53});
  LiveOptions live;
  live.events = 0;
  rig.command(live);
  rig.feed(t);
  rig.command(ExpireAll{});
  CHECK(rig.lines().empty());
  live.events = event_expired;
  live.max_packets_tcp = live.max_packets_udp = 2;
  rig.command(live);
  Traffic silent;
  for (int i = 0; i < 5; ++i) silent.udp(1001, host(7), server, "\xff\xfe\xfd" + std::to_string(i));
  rig.feed(silent);
  rig.end();
  CHECK_EQ(rig.purges().size(), 1u);
  CHECK_EQ(number(rig.purges().at(0), "detection_packets"), 2u);
}

TEST(commands_unknown_flows_stay_quiet) {
  WorkerOptions options;
  options.dump_unknown = false;
  options.events = event_detected | event_updated | event_expired | event_stats;
  options.stats_interval_ns = 1000000000;
  WorkerRig rig(options);
  Traffic t;
  for (unsigned i = 0; i < 200; ++i) t.tcp(1000 + i / 50, host(i), {"198.51.100.1", 50000}, syn);
  dns(t, 1004, host(1), {"10.0.0.1", 53});
  rig.feed(t);
  rig.end();
  CHECK_EQ(rig.purges().size(), 1u);
  CHECK_STR(field(rig.purges().at(0), "detected_protocol_name"), "DNS");
  CHECK_EQ(rig.lines("flow").size(), 1u);
  CHECK_EQ(rig.counters.flows_unknown_quiet.get(), 200u);
  for (const auto& line : rig.lines()) CHECK(line.find("\"detected_protocol\":0,") == std::string::npos);
  CHECK_EQ(rig.counters.packets_in_flows.get(), 202u);
}

TEST(commands_unknown_flows_are_announced_where_asked) {
  WorkerOptions options;
  options.events = event_detected | event_expired | event_unknown;
  for (const bool dump : {true, false}) {
    options.dump_unknown = dump;
    WorkerRig rig(options);
    Traffic t;
    t.udp(1000, host(2), {"198.51.100.1", 50000}, "\xff\xfe\xfd");
    rig.feed(t);
    rig.end();
    CHECK_EQ(rig.lines("flow").size(), dump ? 1u : 0u);
    CHECK_EQ(rig.purges().size(), dump ? 1u : 0u);
  }
}

TEST(snapshot_has_every_announced_flow_once_with_its_counters) {
  WorkerOptions options;
  options.dump_unknown = false;
  WorkerRig rig(options);
  Traffic t;
  for (unsigned i = 0; i < 300; ++i) dns(t, 1000, host(i), {"10.0.0.1", 53});
  for (unsigned i = 0; i < 300; ++i) t.tcp(1001, host(i), {"198.51.100.1", 50000}, syn);
  rig.feed(t);
  const auto snapshot = one_worker(7);
  rig.command(snapshot);
  CHECK(snapshot->completed());
  const auto lines = snapshot_lines(rig, 7);
  CHECK_EQ(lines.size(), 300u);
  CHECK_EQ(rig.counters.snapshot_flows.get(), 300u);
  std::map<std::string, int> digests;
  for (const auto& line : lines) {
    ++digests[field(line, "digest")];
    CHECK_STR(field(line, "established"), "true");
    CHECK_EQ(number(line, "total_packets"), 2u);
    CHECK_EQ(number(line, "local_packets"), 1u);
    CHECK_STR(field(line, "host_server_name"), "example.org");
  }
  CHECK_EQ(digests.size(), 300u);
  rig.end();
  for (const auto& line : rig.purges()) CHECK_EQ(digests[field(line, "digest")], 1);
}

TEST(snapshot_counters_and_the_flow_stats_after_it_add_up) {
  WorkerOptions options;
  options.events |= event_stats;
  options.stats_interval_ns = 15'000'000'000;
  WorkerRig rig(options);
  Traffic first, second;
  dns(first, 1001, host(1), {"10.0.0.1", 53});
  dns(second, 1002, host(1), {"10.0.0.1", 53});
  rig.feed(first);
  rig.command(one_worker(1));
  const auto lines = snapshot_lines(rig, 1);
  CHECK_EQ(lines.size(), 1u);
  CHECK_EQ(number(lines.at(0), "total_packets"), 2u);
  const size_t before = rig.lines("flow_stats").size();
  CHECK_EQ(before, 1u);  // told before the line that contains it
  rig.feed(second);
  rig.end();
  const auto stats = rig.lines("flow_stats");
  CHECK_EQ(stats.size(), before + 1);
  CHECK_EQ(number(stats.back(), "local_packets"), 1u);
  CHECK_EQ(number(rig.purges().at(0), "local_packets"), 2u);
}

TEST(snapshot_has_unknown_flows_where_they_are_dumped) {
  WorkerOptions options;
  WorkerRig rig(options);
  Traffic t;
  t.tcp(1000, host(1), {"198.51.100.1", 50000}, syn);  // in detection still
  LiveOptions live;
  live.max_packets_tcp = live.max_packets_udp = 1;
  rig.feed(t);
  rig.command(live);
  Traffic more;
  more.udp(1000, host(2), {"198.51.100.1", 50000}, "\xff\xfe\xfd");  // given up on
  rig.feed(more);
  rig.command(one_worker(1));
  const auto lines = snapshot_lines(rig, 1);
  CHECK_EQ(lines.size(), 1u);
  CHECK_EQ(number(lines.at(0), "ip_protocol"), 17u);
}

TEST(snapshot_waits_for_room_and_takes_none_from_events) {
  WorkerOptions options;
  WorkerRig rig(options);
  Traffic t;
  for (unsigned i = 0; i < 6000; ++i) dns(t, 1000, host(i, static_cast<uint16_t>(1000 + i / 100)), {"10.0.0.1", 53});
  rig.feed(t);
  rig.lines();
  const auto snapshot = one_worker(3);
  rig.worker().apply(WorkerCommand(snapshot));
  int slices = 0;
  while (rig.worker().slice()) ++slices;  // nobody drains
  CHECK(!snapshot->completed());
  CHECK(slices > 10 && slices < 60);
  rig.worker().flush();
  CHECK_EQ(rig.counters.events_lost.get(), 0u);
  // Half of the queue is left for events.
  Traffic more;
  for (unsigned i = 0; i < 1000; ++i) dns(more, 1001, host(i, 9), {"10.0.0.1", 53});
  rig.feed(more);
  CHECK_EQ(rig.counters.events_lost.get(), 0u);
  while (rig.worker().slice()) rig.lines();
  CHECK(snapshot->completed());
  const auto lines = snapshot_lines(rig, 3);
  CHECK(lines.size() >= 6000u && lines.size() <= 7000u);
}

TEST(snapshot_with_flows_that_come_and_go_meanwhile) {
  WorkerRig rig({});
  Traffic t;
  for (unsigned i = 0; i < 2000; ++i) dns(t, 1000, host(i), {"10.0.0.1", 53});
  rig.feed(t);
  rig.lines();
  rig.worker().apply(WorkerCommand(one_worker(4)));
  for (unsigned round = 0; round < 20; ++round) {
    rig.worker().slice();
    Traffic more;  // each second after the 30th ends flows, new ones take their places
    for (unsigned i = 0; i < 50; ++i)
      dns(more, 1000 + 20 * round, host(round * 50 + i, 77), {"10.0.0.1", 53});
    rig.feed(more);
  }
  while (rig.worker().slice()) {
  }
  rig.end();
  std::map<std::string, int> in_snapshot, ended_before;
  std::map<std::string, bool> ended;
  for (const auto& line : rig.lines()) {
    const std::string digest = field(line, "digest");
    if (line.compare(0, 12, "{\"snapshot\":") == 0) {
      ++in_snapshot[digest];
      CHECK(!ended[digest]);
    } else if (field(line, "type") == "flow_purge") {
      ended[digest] = true;
    }
  }
  for (const auto& [digest, times] : in_snapshot) {
    CHECK_EQ(times, 1);
    CHECK(ended[digest]);
  }
  CHECK(in_snapshot.size() > 150);
  check_conservation(rig);
}

TEST(snapshot_cancelled_writes_no_more) {
  WorkerRig rig({});
  Traffic t;
  for (unsigned i = 0; i < 2000; ++i) dns(t, 1000, host(i), {"10.0.0.1", 53});
  rig.feed(t);
  const auto first = one_worker(1), second = one_worker(2);
  rig.worker().apply(WorkerCommand(first));
  rig.worker().apply(WorkerCommand(second));
  rig.worker().slice();
  first->cancel();
  while (rig.worker().slice()) rig.lines();
  CHECK_EQ(snapshot_lines(rig, 1).size(), 64u);
  CHECK_EQ(snapshot_lines(rig, 2).size(), 2000u);
  CHECK(first->completed() && second->completed());
}

TEST(packets_are_counted_by_protocol) {
  WorkerOptions options;
  options.packet_counters = true;
  WorkerRig rig(options);
  Traffic t;
  for (int i = 0; i < 5; ++i) t.udp(1000, host(2), {"198.51.100.1", 50000}, "\xff\xfe\xfd" + std::to_string(i), 7);
  dns(t, 1000, host(1), {"10.0.0.1", 53});
  t.tcp(1000, host(3), {"198.51.100.1", 50000}, rst, std::string(1200, 'x'));
  rig.feed(t);
  CHECK_EQ(rig.counters.ip.get(), 8u);
  CHECK_EQ(rig.counters.udp.get(), 7u);
  CHECK_EQ(rig.counters.tcp_resets.get(), 1u);
  CHECK_EQ(rig.counters.largest_bytes.get(), 1240u);
  CHECK_EQ(rig.counters.wire_bytes.get(), rig.bytes_fed() + 8 * 24);
}
