// What a worker tells of a flow, and when: announcements, updates, records, and nothing that was not asked for.
#include "core/worker.h"

#include <map>

#include "check.h"
#include "worker_rig.h"

using namespace dipper;
using namespace traffic;

namespace {

constexpr uint64_t second = 1000000000;
const Endpoint client{"192.168.1.10", 40000}, server{"93.184.216.34", 80};

}  // namespace

TEST(worker_announces_once_and_purges_once) {
  Traffic t;
  t.tcp(100, client, server, syn);
  t.tcp(100, server, client, syn | ack);
  t.tcp(100, client, server, psh | ack,
        "GET /index.html HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: test\r\n\r\n");
  t.tcp(100, server, client, psh | ack,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok");
  for (int i = 0; i < 40; ++i) t.tcp(101, client, server, ack, "more");
  WorkerRig rig({});
  rig.feed(t);
  CHECK_EQ(rig.counters.dpi_states.get(), 0u);  // detection is over, the state given back
  CHECK(rig.counters.metadata_bytes.get() > 0);
  rig.end();
  CHECK_EQ(rig.lines("flow").size(), 1u);
  CHECK_STR(field(rig.lines("flow").at(0), "detected_protocol_name"), "HTTP");
  const std::string purge = rig.purges().at(0);
  CHECK_STR(field(purge, "host_server_name"), "www.example.org");
  CHECK_STR(field(purge, "digest"), field(rig.lines("flow")[0], "digest"));
  CHECK(number(purge, "detection_packets") <= 32);
  CHECK_EQ(rig.counters.flows_detected.get(), 1u);
  check_conservation(rig);
}

TEST(worker_writes_only_the_events_asked_for) {
  Traffic t;
  t.udp(100, {"192.168.1.10", 40000}, {"8.8.8.8", 53},
        std::string("\x12\x34\x01\0\0\1\0\0\0\0\0\0\7example\3org\0\0\1\0\1", 29));
  for (const uint8_t events : {uint8_t{0}, uint8_t{event_detected}, uint8_t{event_updated},
                               uint8_t{event_expired}, uint8_t{event_stats}}) {
    WorkerOptions options;
    options.events = events;
    options.stats_interval_ns = second;
    WorkerRig rig(options);
    rig.feed(t);
    rig.end();
    std::string types;
    for (const auto& line : rig.lines()) types += field(line, "type") + " ";
    CHECK_STR(types, events == event_detected  ? "flow "
                     : events == event_expired ? "flow_purge "
                     : events == event_stats   ? "flow_stats "
                     : events == event_updated ? "flow_dpi_update "
                                               : "");
    CHECK_EQ(rig.counters.events.get(), rig.lines().size());
    CHECK_EQ(rig.counters.flows_shutdown.get(), 1u);
  }
}

TEST(worker_tells_nothing_of_a_flow_before_it_is_announced) {
  WorkerOptions options;
  options.stats_interval_ns = second;
  options.events = event_detected | event_updated | event_stats | event_expired | event_unknown;
  WorkerRig rig(options);
  Traffic t;
  t.tcp(100, client, server, syn);
  t.tcp(103, server, client, syn | ack);
  t.tcp(106, client, server, psh | ack,
        "GET /index.html HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
  t.tcp(109, server, client, psh | ack, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  for (uint64_t i = 0; i < 60; ++i) t.tcp(110 + i, client, server, ack, "more");
  for (uint64_t i = 0; i < 40; ++i)
    t.udp(170 + i, {"192.168.1.77", 7777}, {"203.0.113.77", 7777}, std::string("\xee\x01\xfe\xdc", 4));
  rig.feed(t, 1);
  rig.end();
  std::map<std::string, int> announced;
  uint64_t stats = 0;
  for (const auto& line : rig.lines()) {
    const std::string type = field(line, "type"), digest = field(line, "digest");
    if (type == "flow") ++announced[digest];
    CHECK_EQ(announced[digest], 1);
    stats += type == "flow_stats";
  }
  CHECK(stats > 50);
  check_conservation(rig);
}

TEST(worker_update_says_what_was_told_before_and_how_much) {
  WorkerOptions options;
  options.stats_interval_ns = second;
  options.events = event_detected | event_updated | event_stats | event_expired;
  WorkerRig rig(options);
  Traffic t;
  t.tcp(100, client, server, psh | ack, "GET /index.html HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
  t.tcp(102, server, client, psh | ack,
        "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n");
  for (int i = 0; i < 40; ++i) t.tcp(103, client, server, ack, "more");
  rig.feed(t, 1);
  rig.end();
  const auto updates = rig.lines("flow_dpi_update");
  CHECK(!updates.empty());
  uint64_t told = 0, updated = 0;
  for (const auto& line : rig.lines()) {
    if (field(line, "type") == "flow_stats") told += number(line, "local_bytes") + number(line, "other_bytes");
    if (field(line, "type") != "flow_dpi_update") continue;
    ++updated;
    CHECK_EQ(number(line, "total_bytes"), told);
    CHECK(line.find("\"changed\":[\"") != std::string::npos);
    CHECK(line.find("\"previous\":{") != std::string::npos);
  }
  CHECK(updated > 0);
  check_conservation(rig);
}

// The fuzz target shuts one worker down again and again.
