// The worker on hand-made packets with a real nDPI: who is the client, when records end and why,
// that counters add up.
#include "core/worker.h"

#include <map>

#include "check.h"
#include "worker_rig.h"

using namespace dipper;
using namespace traffic;

namespace {

constexpr uint64_t second = 1000000000;
const Endpoint client{"192.168.1.10", 40000}, server{"93.184.216.34", 80};

// Reasons of the purges in their order, with each one's packets: "idle 3, shutdown 1".
std::string summary(WorkerRig& rig) {
  std::string text;
  for (const std::string& line : rig.purges())
    text += (text.empty() ? "" : ", ") + field(line, "reason") + " " + field(line, "total_packets");
  return text;
}

// "local" or "other": who the record says is the client; the local side is 192.168.1.10.
std::string client_of(const Traffic& packets) {
  WorkerRig rig({});
  rig.feed(packets);
  rig.end();
  CHECK_EQ(rig.purges().size(), 1u);
  if (rig.purges().empty()) return "";
  return field(rig.purges()[0], "local_origin") == "true" ? "local" : "other";
}

}  // namespace

TEST(worker_client_by_syn) {
  Traffic t;
  t.tcp(100, client, server, syn);
  t.tcp(100, server, client, syn | ack);
  CHECK_STR(client_of(t), "local");
}

TEST(worker_client_by_syn_that_came_late) {
  Traffic t;  // reordered: data of the server, then the client's SYN
  t.tcp(100, server, client, ack, "hello");
  t.tcp(100, client, server, syn);
  CHECK_STR(client_of(t), "local");
}

TEST(worker_client_by_syn_ack) {
  Traffic t;  // the SYN was not captured
  t.tcp(100, server, client, syn | ack);
  t.tcp(100, client, server, ack);
  CHECK_STR(client_of(t), "local");
}

TEST(worker_client_by_first_packet) {
  Traffic tcp, udp;
  tcp.tcp(100, server, client, ack, "hello");
  tcp.tcp(100, client, server, ack);
  CHECK_STR(client_of(tcp), "other");
  udp.udp(100, server, client, "hello");
  udp.udp(100, client, server, "hello");
  CHECK_STR(client_of(udp), "other");
}

TEST(worker_client_is_fixed_by_the_first_syn) {
  Traffic t;  // a simultaneous open: the first SYN decides
  t.tcp(100, client, server, syn);
  t.tcp(100, server, client, syn);
  CHECK_STR(client_of(t), "local");
}

TEST(worker_record_of_a_flow) {
  Traffic t;
  t.tcp(1700000000, client, server, syn, "", 5000000);
  t.tcp(1700000001, server, client, syn | ack);
  t.tcp(1700000002, client, server, ack, "x");
  WorkerRig rig({});
  rig.feed(t);
  rig.end();
  const std::string line = rig.purges().at(0);
  CHECK_STR(field(line, "local_ip") + " " + field(line, "local_port"), "192.168.1.10 40000");
  CHECK_STR(field(line, "other_ip") + " " + field(line, "other_port"), "93.184.216.34 80");
  CHECK_STR(field(line, "local_mac"), "02:00:00:00:00:0a");
  CHECK_STR(field(line, "other_mac"), "02:00:00:00:00:22");
  CHECK_STR(field(line, "first_seen_at"), "1700000000005");
  CHECK_STR(field(line, "last_seen_at"), "1700000002000");
  CHECK_EQ(number(line, "local_packets"), 2u);
  CHECK_EQ(number(line, "local_bytes"), 54u + 55);
  CHECK_EQ(number(line, "other_packets"), 1u);
  CHECK_EQ(number(line, "other_bytes"), 54u);
  check_conservation(rig);
}

TEST(worker_udp_idle_at_the_exact_time) {
  Traffic t;
  t.udp(100, client, server, "a");
  t.udp(129, client, server, "b", 999999999);  // 29.999999999 s: the same record
  t.udp(159, client, server, "c", 999999998);  // the same
  t.udp(189, client, server, "d", 999999998);  // 30 s: a new one
  WorkerRig rig({});
  rig.feed(t, 1);
  rig.end();
  CHECK_STR(summary(rig), "idle 3, shutdown 1");
  CHECK_EQ(rig.counters.flows_expired_idle.get(), 1u);
  CHECK_EQ(rig.counters.flows_shutdown.get(), 1u);
  const auto lines = rig.purges();
  CHECK(field(lines.at(0), "digest") != field(lines.at(1), "digest"));
  CHECK_STR(field(lines[0], "community_id"), field(lines[1], "community_id"));
  CHECK_STR(field(lines[1], "first_seen_at"), "189999");
  check_conservation(rig);
}

TEST(worker_other_flows_expire_with_packet_time) {
  Traffic t;
  t.udp(100, client, server, "a");
  t.udp(132, {"192.168.1.11", 1}, server, "b");  // the first has been silent for 32 s
  WorkerRig rig({});
  rig.feed(t);
  CHECK_STR(summary(rig), "idle 1");
  CHECK_STR(field(rig.purges().at(0), "local_ip"), "192.168.1.10");
}

TEST(worker_tcp_and_other_idle_limits) {
  WorkerOptions options;
  options.tcp_idle_ns = 50 * second;
  options.other_idle_ns = 7 * second;
  Traffic t;
  t.tcp(100, client, server, ack, "a");
  t.tcp(149, client, server, ack, "b", 999999999);
  t.tcp(199, client, server, ack, "c", 999999999);
  t.icmp(200, client, server, 8, 0);
  t.icmp(206, client, server, 8, 0);
  t.icmp(213, client, server, 8, 0);
  WorkerRig rig(options);
  rig.feed(t, 1);
  rig.end();
  CHECK_STR(summary(rig), "idle 2, idle 2, shutdown 1, shutdown 1");
  check_conservation(rig);
}

TEST(worker_closed_by_both_fins_or_rst) {
  Traffic t;
  const Endpoint second_client{"192.168.1.11", 40000}, third{"192.168.1.12", 40000};
  t.tcp(100, client, server, syn);
  t.tcp(100, client, server, fin | ack);
  t.tcp(100, server, client, fin | ack);
  t.tcp(101, client, server, ack);  // the last ACK belongs to it and delays its end
  t.tcp(100, second_client, server, syn);
  t.tcp(100, server, second_client, rst | ack);
  t.tcp(100, third, server, syn);
  t.tcp(100, third, server, fin | ack);  // half closed: not closed
  t.udp(113, client, server, "tick");
  WorkerRig rig({});
  rig.feed(t);
  std::map<std::string, std::string> reasons;
  for (const auto& line : rig.purges()) reasons[field(line, "local_ip")] = field(line, "reason");
  CHECK_EQ(reasons.size(), 2u);
  CHECK_STR(reasons["192.168.1.10"], "closed");
  CHECK_STR(reasons["192.168.1.11"], "closed");
  rig.end();
  CHECK_EQ(rig.counters.flows_expired_closed.get(), 2u);
  check_conservation(rig);
}

TEST(worker_port_reuse_after_close) {
  Traffic t;
  t.tcp(100, client, server, syn);
  t.tcp(100, server, client, rst | ack);
  t.tcp(101, client, server, syn, "", 1);  // one second later, the same ports: another flow
  t.tcp(101, server, client, syn | ack, "", 2);
  t.tcp(102, client, server, syn);  // a SYN again in an open flow: the same flow
  WorkerRig rig({});
  rig.feed(t);
  CHECK_STR(summary(rig), "closed 2");
  rig.end();
  CHECK_STR(summary(rig), "closed 2, shutdown 3");
  CHECK(field(rig.purges().at(0), "digest") != field(rig.purges().at(1), "digest"));
  check_conservation(rig);
}

TEST(worker_what_is_due_at_the_end_says_so) {
  Traffic t;
  t.udp(100, client, server, "a");
  t.udp(130, {"192.168.1.11", 1}, server, "b");  // exactly due, the wheel has not come round
  WorkerRig rig({});
  rig.feed(t);
  CHECK_EQ(rig.purges().size(), 0u);
  rig.end();
  CHECK_STR(summary(rig), "idle 1, shutdown 1");
}

TEST(worker_active_timeout_continues_in_a_new_record) {
  WorkerOptions options;
  options.active_ns = 60 * second;
  options.events |= event_stats;
  options.stats_interval_ns = 10 * second;
  Traffic t;
  for (uint64_t s = 100; s <= 250; s += 5)
    t.udp(s, s % 2 ? client : server, s % 2 ? server : client, "tick");
  WorkerRig rig(options);
  rig.feed(t);
  rig.end();
  CHECK_STR(summary(rig), "active 12, active 12, shutdown 7");
  const auto lines = rig.purges();
  CHECK_STR(field(lines.at(1), "first_seen_at"), "160000");
  CHECK_STR(field(lines.at(0), "last_seen_at"), "155000");
  CHECK_EQ(rig.counters.flows_continued.get(), 2u);
  CHECK_EQ(rig.counters.flows_created.get(), 1u);
  check_conservation(rig);
}

TEST(worker_stats_add_up_to_the_purge) {
  WorkerOptions options;
  options.events = event_expired | event_stats;
  options.stats_interval_ns = 3 * second;
  options.active_ns = 40 * second;
  Traffic t;
  for (uint64_t s = 100; s < 200; ++s) {
    t.udp(s, client, server, std::string(s % 30, 'u'));
    if (s % 3 == 0) t.udp(s, server, client, std::string(s % 17, 'd'));
    if (s % 20 == 0) t.udp(s, {"192.168.1.11", static_cast<uint16_t>(s)}, server, "once");
  }
  WorkerRig rig(options);
  rig.feed(t);
  rig.end();
  const char* const counters[] = {"local_packets", "local_bytes", "other_packets", "other_bytes"};
  std::map<std::string, std::map<std::string, uint64_t>> sums;
  for (const auto& line : rig.lines("flow_stats"))
    for (const char* name : counters) sums[field(line, "digest")][name] += number(line, name);
  CHECK(rig.lines("flow_stats").size() > 30);
  CHECK(rig.purges().size() > 5);
  for (const auto& line : rig.purges())
    for (const char* name : counters)
      CHECK_EQ(sums[field(line, "digest")][name], number(line, name));
  check_conservation(rig);
}

TEST(worker_without_expiry_a_flow_is_one_record) {
  WorkerOptions options;
  options.expiry = false;
  options.active_ns = second;
  Traffic t;
  t.udp(100, client, server, "a");
  t.udp(100000, client, server, "b");
  t.tcp(100000, client, server, rst);
  t.tcp(200000, client, server, syn);
  WorkerRig rig(options);
  rig.feed(t);
  CHECK_EQ(rig.purges().size(), 0u);
  rig.end();
  CHECK_STR(summary(rig), "shutdown 2, shutdown 2");
  check_conservation(rig);
}

TEST(worker_time_zero_and_a_jump_of_years) {
  Traffic t;
  t.udp(0, client, server, "a");
  t.udp(40, {"192.168.1.11", 1}, server, "b");
  t.udp(uint64_t{86400} * 365 * 60, {"192.168.1.12", 1}, server, "c");
  WorkerRig rig({});
  rig.feed(t, 1);
  rig.end();
  CHECK_STR(summary(rig), "idle 1, idle 1, shutdown 1");
  check_conservation(rig);
}

TEST(worker_counts_later_fragments_in_their_flow) {
  Traffic t;
  t.udp_fragments(100, client, {"93.184.216.34", 5000}, 77);
  t.udp_fragments(100, client, {"93.184.216.34", 5000}, 78);
  WorkerRig rig({});
  rig.feed(t);
  rig.end();
  CHECK_STR(summary(rig), "shutdown 4");
  CHECK_EQ(rig.counters.later_fragments.get(), 2u);
  CHECK_EQ(number(rig.purges().at(0), "detection_packets"), 2u);
  check_conservation(rig);
}

TEST(worker_icmp_has_the_community_id_of_its_type) {
  Traffic t;
  t.icmp(100, {"192.168.0.89"}, {"192.168.0.1"}, 8, 0);
  t.icmp(100, {"192.168.0.1"}, {"192.168.0.89"}, 0, 0);
  t.icmp(100, {"fe80::200:86ff:fe05:80da"}, {"fe80::260:97ff:fe07:69ea"}, 135, 0);
  WorkerRig rig({});
  rig.feed(t);
  rig.end();
  CHECK_EQ(rig.purges().size(), 2u);
  CHECK_STR(field(rig.purges().at(0), "community_id"), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
  CHECK_STR(field(rig.purges().at(1), "community_id"), "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=");
}

TEST(worker_batch_size_makes_no_difference) {
  Traffic t;
  for (uint64_t i = 0; i < 2000; ++i) {
    const Endpoint from{"192.168.1." + std::to_string(i * 7 % 50), static_cast<uint16_t>(i % 11)};
    t.tcp(100 + i / 10, from, server,
          i % 13 == 0   ? fin | ack
          : i % 17 == 0 ? rst
          : i % 5 == 0  ? syn
                        : ack,
          "data");
    if (i % 3) t.udp(100 + i / 10, server, from, "answer");
  }
  std::multimap<std::string, std::string> expected;
  for (const uint32_t batch : {1u, 7u, 256u}) {
    WorkerRig rig({});
    rig.feed(t, batch);
    rig.end();
    std::multimap<std::string, std::string> lines;
    for (const auto& line : rig.purges()) lines.emplace(field(line, "digest"), line);
    if (expected.empty()) expected = lines;
    CHECK(lines == expected);
    check_conservation(rig);
  }
}

TEST(worker_expires_many_in_pieces) {
  WorkerOptions options;
  options.events = event_expired;
  options.max_dpi_states = 1000;
  WorkerRig rig(options);
  constexpr unsigned flows = 20000;
  Traffic t;
  for (unsigned i = 0; i < flows; ++i)
    t.udp(1000, {"10.0." + std::to_string(i / 200) + "." + std::to_string(1 + i % 200), 1000}, server, "x");
  rig.feed(t);
  size_t ended = rig.purges().size();
  CHECK_EQ(ended, 0u);
  // All are due at the same second. Packets go on, and neither they nor a slice ends more than a piece at a time.
  rig.worker().tick(1040 * second);
  int slices = 0;
  for (uint64_t round = 0; ended < flows && round < 1000; ++round) {
    const size_t before = ended;
    Traffic one;
    one.udp(1041, client, server, "y");
    rig.feed(one);
    const size_t after_packets = rig.purges().size();
    CHECK(after_packets - before <= 2 * 64);  // the tick's and the batch's
    slices += rig.worker().slice();
    ended = rig.purges().size();
    CHECK(ended - after_packets <= 64);
  }
  CHECK_EQ(ended, flows);
  CHECK(slices > 100);
  // One whose packet comes before its turn ends all the same, and the packet begins a new record.
  rig.end();
  check_conservation(rig);
}

TEST(worker_goes_on_after_a_shut_down) {
  WorkerRig rig({});
  for (uint64_t round = 0; round < 3; ++round) {
    Traffic t;
    for (uint16_t i = 0; i < 20; ++i)
      t.udp(1000 + round * 100 + i, {"192.168.1.10", i}, server, "x");
    rig.feed(t);
    rig.end();
    CHECK_EQ(rig.purges().size(), 20 * (round + 1));
    check_conservation(rig);
  }
}
