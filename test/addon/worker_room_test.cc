// The worker without room: who is evicted from a full table, that detection states are bounded.
#include "check.h"
#include "core/worker.h"
#include "worker_rig.h"

using namespace dipper;
using namespace traffic;

namespace {

const Endpoint server{"93.184.216.34", 80};

}  // namespace

// The table is full: a flood of unanswered SYNs must not push out who talks.
TEST(worker_established_flows_survive_a_syn_flood) {
  for (const bool expiry : {true, false}) {
    WorkerOptions options;
    options.max_flows = 2000;  // their records fit into the queue at the end
    options.events = event_expired;
    options.expiry = expiry;
    constexpr int established = 1000;
    Traffic t;
    const auto host = [](int i) {
      return Endpoint{"192.168." + std::to_string(i / 250) + "." + std::to_string(1 + i % 250),
                      40000};
    };
    for (int i = 0; i < established; ++i) {
      t.tcp(1000, host(i), server, syn);
      t.tcp(1000, server, host(i), syn | ack);
    }
    int flood = 0;
    for (uint64_t s = 1001; s < 1011; ++s) {
      for (int i = 0; i < established; ++i) t.tcp(s, host(i), server, ack, "alive");
      for (int i = 0; i < 5000; ++i, ++flood)
        t.tcp(s,
              {"198.51." + std::to_string(flood / 250 % 250) + "." + std::to_string(flood % 250),
               static_cast<uint16_t>(1024 + flood / 60000)},
              server, syn, "", 500000000);
    }
    WorkerRig rig(options);
    rig.feed(t);
    rig.end();
    int survived = 0, records = 0;
    for (const auto& line : rig.purges()) {
      if (field(line, "local_ip").compare(0, 8, "192.168.") != 0) continue;
      ++records;
      survived += number(line, "total_packets") == 12;
    }
    if (survived < established * 99 / 100)
      check::fail(__FILE__, __LINE__,
                  std::to_string(survived) + " of 1000 established flows survived, in " +
                      std::to_string(records) + " records");
    CHECK(rig.counters.flows_evicted.get() + rig.counters.flows_expired_idle.get() >= 48000u);
    CHECK(rig.counters.emergency_entered.get() >= 1);
    check_conservation(rig);
  }
}

TEST(worker_emergency_ends_when_there_is_room_again) {
  WorkerOptions options;
  options.max_flows = 100;
  Traffic t;
  for (uint16_t i = 0; i < 150; ++i) t.udp(1000, {"192.168.1.10", i}, server, "x");
  // In emergency a UDP flow ends after 3 s instead of 30; afterwards after 30 again.
  t.udp(1005, {"192.168.1.11", 1}, server, "x");
  t.udp(1020, {"192.168.1.11", 1}, server, "x");
  WorkerRig rig(options);
  rig.feed(t, 10);
  CHECK_EQ(rig.counters.emergency_entered.get(), 1u);
  rig.end();
  CHECK_EQ(rig.counters.flows_evicted.get(), 50u);
  check_conservation(rig);
}

TEST(worker_recovers_from_a_flood_without_new_packets) {
  WorkerOptions options;
  options.max_flows = 1000;
  Traffic t;
  // One connection that was answered, then more SYNs than there is room for.
  t.tcp(1000, {"192.168.1.10", 5000}, server, tcp_syn);
  t.tcp(1000, server, {"192.168.1.10", 5000}, tcp_syn | tcp_ack);
  for (uint16_t i = 0; i < 2000; ++i) t.tcp(1001, {"10.0.0.1", i}, server, tcp_syn);
  WorkerRig rig(options);
  rig.feed(t);
  CHECK_EQ(rig.counters.flows_active.get(), 1000u);
  constexpr uint64_t second = 1000000000;
  rig.worker().tick(1006 * second);  // 5 s of silence: a tenth of what is left of them
  while (rig.worker().slice()) rig.lines();
  CHECK_EQ(rig.counters.flows_active.get(), 1000u);
  rig.worker().tick(1007 * second);
  while (rig.worker().slice()) rig.lines();
  CHECK(rig.counters.flows_active.get() <= 500u);
  // The rest has its usual 60 s; the answered one 300 s.
  rig.worker().tick(1063 * second);
  while (rig.worker().slice()) rig.lines();
  CHECK_EQ(rig.counters.flows_active.get(), 1u);
  rig.end();
  check_conservation(rig);
}

TEST(worker_one_flow_table) {
  WorkerOptions options;
  options.max_flows = 1;
  Traffic t;
  for (uint16_t i = 0; i < 300; ++i) t.udp(1000, {"192.168.1.10", i}, server, "x");
  WorkerRig rig(options);
  rig.feed(t);
  rig.end();
  CHECK_EQ(rig.purges().size(), 300u);
  CHECK_EQ(rig.counters.flows_evicted.get(), 299u);
  check_conservation(rig);
}

TEST(worker_dpi_states_are_bounded) {
  WorkerOptions options;
  options.max_dpi_states = 10;
  Traffic t;
  for (uint16_t i = 0; i < 50; ++i) t.udp(1000 + i / 10, {"192.168.1.10", i}, server, "x", i);
  WorkerRig rig(options);
  rig.feed(t);
  CHECK_EQ(rig.counters.dpi_states.get(), 10u);
  CHECK_EQ(rig.counters.dpi_states_evicted.get(), 40u);
  // The longest silent gave up: the last ten are still looked at.
  Traffic more;
  for (uint16_t i = 0; i < 50; ++i) more.udp(1006, {"192.168.1.10", i}, server, "x", i);
  rig.feed(more);
  rig.end();
  for (const auto& line : rig.purges())
    CHECK_EQ(number(line, "detection_packets"), number(line, "local_port") >= 40 ? 2u : 1u);
  CHECK_EQ(rig.purges().size(), 50u);
  check_conservation(rig);
}
