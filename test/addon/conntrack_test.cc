// The table of connections: found from all four sides, bounded, ended ones linger. And what
// messages make of it.
#include "core/conntrack.h"

#include <arpa/inet.h>

#include <atomic>
#include <thread>

#include "check.h"
#include "core/flow_id.h"
#include "core/message.h"
#include "worker_rig.h"

using namespace dipper;

namespace {

void address(const char* text, uint8_t* bytes, uint8_t& version) {
  version = inet_pton(AF_INET, text, bytes) == 1 ? 4 : 6;
  if (version == 6 && inet_pton(AF_INET6, text, bytes) != 1) abort();
}

struct End {
  const char* ip;
  uint16_t port;
};

ConntrackTuple tuple(End source, End destination) {
  ConntrackTuple t;
  uint8_t version;
  address(source.ip, t.source, version);
  address(destination.ip, t.destination, version);
  t.source_port = source.port;
  t.destination_port = destination.port;
  return t;
}

ConntrackEntry entry(uint32_t id, ConntrackTuple original, ConntrackTuple reply,
                     uint8_t protocol = 6, uint8_t version = 4) {
  ConntrackEntry e;
  e.original = original;
  e.reply = reply;
  e.id = id;
  e.mark = id * 3;
  e.ip_version = version;
  e.ip_protocol = protocol;
  return e;
}

// 192.168.1.10:40000 -> 203.0.113.9:443, leaving as 198.51.100.1:61000.
ConntrackEntry masqueraded(uint32_t id = 7) {
  return entry(id, tuple({"192.168.1.10", 40000}, {"203.0.113.9", 443}),
               tuple({"203.0.113.9", 443}, {"198.51.100.1", 61000}));
}

FlowKey key(End a, End b, uint8_t protocol = 6) {
  uint8_t bytes[16], version;
  address(a.ip, bytes, version);
  return conntrack_key(tuple(a, b), version, protocol);
}

uint32_t id_of(const ConntrackTable& table, const FlowKey& k) {
  ConntrackEntry found;
  return table.find(k, found) ? found.id : 0;
}

bool same(const ConntrackTuple& a, const ConntrackTuple& b) {
  return memcmp(a.source, b.source, 16) == 0 && memcmp(a.destination, b.destination, 16) == 0 &&
         a.source_port == b.source_port && a.destination_port == b.destination_port;
}

}  // namespace

TEST(conntrack_found_from_all_four_sides) {
  ConntrackTable table;
  table.put(masqueraded(), 1);
  const FlowKey keys[] = {key({"192.168.1.10", 40000}, {"203.0.113.9", 443}),
                          key({"203.0.113.9", 443}, {"192.168.1.10", 40000}),
                          key({"203.0.113.9", 443}, {"198.51.100.1", 61000}),
                          key({"198.51.100.1", 61000}, {"203.0.113.9", 443})};
  for (FlowKey k : keys) {
    k.vlan_id = 42;  // the host's tables know nothing of the link that a packet came by
    ConntrackEntry found;
    CHECK(table.find(k, found));
    CHECK(same(found.original, masqueraded().original));
    CHECK(same(found.reply, masqueraded().reply));
    CHECK_EQ(found.id, 7u);
    CHECK_EQ(found.mark, 21u);
    CHECK(found.translated());
  }
  CHECK_EQ(id_of(table, key({"192.168.1.10", 40001}, {"203.0.113.9", 443})), 0u);
  CHECK_EQ(id_of(table, key({"192.168.1.10", 40000}, {"203.0.113.9", 443}, 17)), 0u);
  CHECK_EQ(table.counters().records, 2u);
}

TEST(conntrack_untranslated_takes_one_record) {
  ConntrackTable table;
  const ConntrackEntry v6 = entry(9, tuple({"2001:db8::1", 5000}, {"2001:db8:1::2", 53}),
                                  tuple({"2001:db8:1::2", 53}, {"2001:db8::1", 5000}), 17, 6);
  CHECK(!v6.translated());
  table.put(v6, 1);
  table.put(v6, 2);
  CHECK_EQ(table.counters().records, 1u);
  CHECK_EQ(id_of(table, key({"2001:db8:1::2", 53}, {"2001:db8::1", 5000}, 17)), 9u);
}

TEST(conntrack_ended_lingers_then_goes) {
  ConntrackTable table({1024, 120, 3600});
  table.put(masqueraded(), 100);
  table.end(masqueraded(), 200);
  table.expire(319);
  const FlowKey k = key({"198.51.100.1", 61000}, {"203.0.113.9", 443});
  CHECK_EQ(id_of(table, k), 7u);
  table.expire(320);
  CHECK_EQ(id_of(table, k), 0u);
  CHECK_EQ(table.counters().records, 0u);
  CHECK_EQ(table.counters().expired, 2u);
  table.end(masqueraded(8), 400);  // of a connection that began before us
  CHECK_EQ(id_of(table, k), 8u);
}

TEST(conntrack_silent_goes_and_a_word_keeps_it) {
  ConntrackTable table({1024, 120, 3600});
  const FlowKey k = key({"192.168.1.10", 40000}, {"203.0.113.9", 443});
  table.put(masqueraded(), 0);
  table.put(masqueraded(), 3000);
  table.expire(6599);
  CHECK_EQ(id_of(table, k), 7u);
  table.expire(6600);
  CHECK_EQ(id_of(table, k), 0u);
}

TEST(conntrack_reused_tuple) {
  ConntrackTable table;
  const FlowKey k = key({"192.168.1.10", 40000}, {"203.0.113.9", 443});
  table.put(masqueraded(7), 1);
  table.put(masqueraded(8), 2);
  CHECK_EQ(id_of(table, k), 8u);
  table.end(masqueraded(7), 3);  // late: the tuple is another connection's by now
  table.expire(200);
  CHECK_EQ(id_of(table, k), 8u);
  CHECK_EQ(table.counters().records, 2u);
}

TEST(conntrack_full_table_evicts_ended_first_and_counts) {
  ConntrackTable table({64 * 4, 120, 3600});  // four records in each shard
  for (uint32_t i = 1; i <= 10000; ++i) {
    const auto port = static_cast<uint16_t>(i);
    const auto e = entry(i, tuple({"10.0.0.1", port}, {"10.0.0.2", 80}),
                         tuple({"10.0.0.2", 80}, {"10.0.0.1", port}));
    if (i % 2)
      table.put(e, i);
    else
      table.end(e, i);
    CHECK(table.counters().records <= 256);
  }
  CHECK_EQ(table.counters().records, 256u);
  CHECK_EQ(table.counters().evicted, 10000u - 256u);
  uint32_t live = 0, found = 0;
  for (uint32_t i = 1; i <= 10000; ++i) {
    const uint32_t id = id_of(table, key({"10.0.0.1", static_cast<uint16_t>(i)}, {"10.0.0.2", 80}));
    CHECK(id == 0 || id == i);
    found += id != 0;
    live += id % 2;
  }
  CHECK_EQ(found, 256u);
  CHECK(live > 200);  // an ended record stays only until the next one needs its place
  table.expire(1u << 30);
  CHECK_EQ(table.counters().records, 0u);
}

TEST(conntrack_writer_and_readers_at_once) {
  ConntrackTable table({4096, 1, 2});
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (int r = 0; r < 2; ++r)
    readers.emplace_back([&] {
      for (uint32_t i = 0; !done; ++i) {
        const auto port = static_cast<uint16_t>(i);
        ConntrackEntry found;
        if (table.find(key({"10.0.0.1", port}, {"10.0.0.2", 80}), found))
          CHECK_EQ(found.id % 65536, port);
      }
    });
  for (uint32_t i = 0; i < 100000; ++i) {
    const auto port = static_cast<uint16_t>(i);
    const auto e = entry(i, tuple({"10.0.0.1", port}, {"10.0.0.2", 80}),
                         tuple({"10.0.0.2", 80}, {"10.9.0.1", port}));
    table.put(e, i / 1000);
    if (i % 3 == 0) table.end(e, i / 1000);
    if (i % 1000 == 0) table.expire(i / 1000);
  }
  done = true;
  for (auto& reader : readers) reader.join();
  CHECK(table.counters().records <= 4096);
}

namespace {

const std::string lan_flow = "192.168.1.10", wan_flow = "198.51.100.1";

traffic::Traffic request(const std::string& from, uint16_t port) {
  using namespace traffic;
  const Endpoint client{from, port}, server{"203.0.113.9", 443};
  Traffic t;
  t.tcp(100, client, server, syn);
  t.tcp(101, server, client, syn | ack);
  t.tcp(102, client, server, ack | rst);
  return t;
}

std::string purge_with(const std::shared_ptr<ConntrackTable>& table, const traffic::Traffic& t) {
  WorkerOptions options;
  options.conntrack = table;
  traffic::WorkerRig rig(options);
  rig.feed(t);
  rig.end();
  return rig.purges().size() == 1 ? rig.purges()[0] : "";
}

std::string hex(const Sha1Digest& digest) {
  std::string text;
  for (const uint8_t byte : digest) {
    char two[3];
    snprintf(two, sizeof two, "%02x", byte);
    text += two;
  }
  return text;
}

}  // namespace

TEST(conntrack_both_sides_of_a_translated_connection_have_one_twin_digest) {
  const auto table = std::make_shared<ConntrackTable>();
  table->put(masqueraded(), 1);
  const std::string lan = purge_with(table, request(lan_flow, 40000));
  const std::string wan = purge_with(table, request(wan_flow, 61000));
  const std::string twin =
      hex(community_hash(key({"192.168.1.10", 40000}, {"203.0.113.9", 443}), 0, 0, true));
  for (const std::string& line : {lan, wan}) {
    CHECK_STR(traffic::field(line, "ip_nat"), "true");
    CHECK(
        line.find(",\"ip_nat\":true,\"ct_id\":7,\"ct_mark\":21,\"conntrack\":{\"id\":7,\"mark\":21,"
                  "\"reply_src_ip\":\"203.0.113.9\",\"reply_src_port\":443,\"reply_dst_ip\":\"198."
                  "51.100.1\","
                  "\"reply_dst_port\":61000},\"twin_digest\":\"" +
                  twin + "\",\"first_seen_at\":") != std::string::npos);
  }
  CHECK(traffic::field(lan, "digest") != traffic::field(wan, "digest"));
}

TEST(conntrack_routed_and_unknown_connections_have_their_own_hash_as_twin_digest) {
  const auto table = std::make_shared<ConntrackTable>();
  const std::string unknown = purge_with(table, request("10.1.1.1", 40000));
  table->put(entry(5, tuple({"10.1.1.1", 40000}, {"203.0.113.9", 443}),
                   tuple({"203.0.113.9", 443}, {"10.1.1.1", 40000})),
             1);
  const std::string routed = purge_with(table, request("10.1.1.1", 40000));
  CHECK(unknown.find(",\"ip_nat\":false,\"twin_digest\":\"") != std::string::npos);
  CHECK(routed.find(",\"ip_nat\":false,\"ct_id\":5,\"ct_mark\":15,\"conntrack\":{") !=
        std::string::npos);
  CHECK_STR(traffic::field(routed, "twin_digest"), traffic::field(unknown, "twin_digest"));
  CHECK_STR(traffic::field(routed, "twin_digest"),
            hex(community_hash(key({"10.1.1.1", 40000}, {"203.0.113.9", 443}), 0, 0, true)));
}

TEST(conntrack_ping_has_one_twin_digest_on_both_sides) {
  const auto table = std::make_shared<ConntrackTable>();
  table->put(entry(3, tuple({"192.168.1.10", 0}, {"203.0.113.9", 0}),
                   tuple({"203.0.113.9", 0}, {"198.51.100.1", 0}), 1),
             1);
  std::string twins[2];
  for (int wan = 0; wan < 2; ++wan) {
    traffic::Traffic t;
    t.icmp(100, {wan ? wan_flow : lan_flow}, {"203.0.113.9"}, 8, 0);
    t.icmp(100, {"203.0.113.9"}, {wan ? wan_flow : lan_flow}, 0, 0);
    const std::string line = purge_with(table, t);
    CHECK_STR(traffic::field(line, "ip_nat"), "true");
    twins[wan] = traffic::field(line, "twin_digest");
  }
  CHECK_STR(twins[0], twins[1]);
  CHECK_STR(twins[0],
            hex(community_hash(key({"192.168.1.10", 0}, {"203.0.113.9", 0}, 1), 8, 0, true)));
}

TEST(conntrack_without_a_table_messages_are_as_before) {
  const std::string line = purge_with(nullptr, request(lan_flow, 40000));
  CHECK(line.find("\"ip_nat\":false,\"first_seen_at\":") != std::string::npos);
}

TEST(conntrack_what_flow_said_is_still_in_flow_purge) {
  using namespace traffic;
  const auto table = std::make_shared<ConntrackTable>(ConntrackOptions{1024, 120, 3600});
  ConntrackEntry e = entry(7, tuple({"192.168.1.10", 5000}, {"203.0.113.9", 53}),
                           tuple({"203.0.113.9", 53}, {"198.51.100.1", 61000}), 17);
  table->put(e, 1);
  WorkerOptions options;
  options.conntrack = table;
  WorkerRig rig(options);
  Traffic query;
  query.udp(100, {"192.168.1.10", 5000}, {"203.0.113.9", 53},
            std::string("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07"
                        "example\x03org\x00\x00\x01\x00\x01",
                        29));
  rig.feed(query);
  table->end(e, 2);
  table->expire(1000);  // gone for good,
  e.id = 8;
  table->put(e, 1001);  // and the tuple in use again
  rig.end();
  CHECK_EQ(rig.lines("flow").size(), 1u);
  CHECK_EQ(rig.purges().size(), 1u);
  for (const std::string& line : rig.lines()) CHECK_STR(field(line, "ct_id"), "7");
}

// The LAN side sees a query before the kernel tells of its connection: the `flow` that went out too early is put right with the
// next interval of statistics, once, and within the first second or not at all.
TEST(conntrack_that_comes_after_the_flow_is_told_in_an_update) {
  using namespace traffic;
  const Endpoint client{"192.168.1.10", 5000}, server{"203.0.113.9", 53};
  const std::string query("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07"
                          "example\x03org\x00\x00\x01\x00\x01",
                          29);
  for (const bool in_time : {true, false}) {
    const auto table = std::make_shared<ConntrackTable>(ConntrackOptions{1024, 120, 3600});
    WorkerOptions options;
    options.conntrack = table;
    options.events = event_detected | event_updated | event_stats | event_expired;
    options.stats_interval_ns = 500000000;
    WorkerRig rig(options);
    Traffic first;
    first.udp(100, client, server, query);
    rig.feed(first);
    const auto told = rig.lines("flow");
    CHECK_EQ(told.size(), 1u);
    CHECK_STR(field(told.at(0), "ip_nat"), "false");
    const auto pass = [&rig](uint64_t milliseconds) {
      rig.worker().tick(milliseconds * 1000000);
      while (rig.worker().slice()) {
      }
    };
    if (!in_time) pass(101100);
    table->put(entry(7, tuple({"192.168.1.10", 5000}, {"203.0.113.9", 53}), tuple({"203.0.113.9", 53}, {"198.51.100.1", 61000}), 17), 1);
    for (const uint64_t milliseconds : {100600, 101200, 101800}) pass(milliseconds);
    const auto updates = rig.lines("flow_dpi_update");
    CHECK_EQ(updates.size(), in_time ? 1u : 0u);
    if (in_time) {
      CHECK_STR(field(updates.at(0), "ct_id"), "7");
      CHECK(updates.at(0).find("\"changed\":[\"ip_nat\"") != std::string::npos);
      CHECK(updates.at(0).find("\"previous\":{\"ip_nat\":false}") != std::string::npos);
    }
    rig.end();
    CHECK_STR(field(rig.purges().at(0), "ip_nat"), "true");
    check_conservation(rig);
  }
}
