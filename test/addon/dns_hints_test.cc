// DNS answers, and the names that flows get by them: chains, clamps, bounds, hostile messages and imports.
#include "core/dns_hints.h"

#include <set>
#include <thread>

#include "check.h"
#include "worker_rig.h"

using namespace dipper;
using namespace traffic;

namespace {

constexpr uint64_t second = 1000000000;

std::string be16(unsigned v) { return {static_cast<char>(v >> 8), static_cast<char>(v)}; }

std::string encoded(const std::string& name) {
  std::string out;
  for (size_t from = 0; from <= name.size();) {
    const size_t dot = std::min(name.find('.', from), name.size());
    out += static_cast<char>(dot - from) + name.substr(from, dot - from);
    from = dot + 1;
  }
  return out + '\0';
}

std::string record(const std::string& owner, unsigned type, unsigned ttl, const std::string& data) {
  return owner + be16(type) + be16(1) + be16(ttl >> 16) + be16(ttl & 0xffff) + be16(static_cast<unsigned>(data.size())) + data;
}

std::string response(const std::string& question, const std::vector<std::string>& records, unsigned flags = 0x8180) {
  std::string out = be16(0x1234) + be16(flags) + be16(1) + be16(static_cast<unsigned>(records.size())) + be16(0) + be16(0) +
                    encoded(question) + be16(1) + be16(1);
  for (const auto& one : records) out += one;
  return out;
}

std::vector<DnsAnswer> parsed(const std::string& message, bool multicast = false) {
  // On the heap and of exact size: a read past it is seen by ASan.
  const std::vector<uint8_t> bytes(message.begin(), message.end());
  return dns_answers(bytes.data(), bytes.size(), multicast);
}

const std::string pointer("\xc0\x0c", 2), address("\x5d\xb8\xd8\x22", 4);

}  // namespace

TEST(dns_answers_by_the_name_that_was_asked_for) {
  const auto answers = parsed(response("WWW.Example.org", {
      record(encoded("cdn.example.net"), 1, 60, address),  // in any order
      record(pointer, 5, 30, encoded("alias.example.net")),
      record(encoded("alias.example.net"), 5, 90, encoded("cdn.example.net")),
      record(encoded("other.example.net"), 1, 60, std::string(4, '\1')),
  }));
  CHECK_EQ(answers.size(), 1u);
  CHECK_STR(answers.at(0).name, "www.example.org");
  CHECK_EQ(answers.at(0).ttl_s, 30u);
  CHECK_EQ(answers.at(0).address[0], 0x5d);
  const auto six = parsed(response("a.example", {record(pointer, 28, 60, std::string(16, '\x20'))}));
  CHECK_EQ(six.size(), 1u);
  CHECK_EQ(six.at(0).ip_version, 6);
}

TEST(dns_answers_none_for_errors_queries_and_odd_names) {
  const std::vector<std::string> one{record(pointer, 1, 60, address)};
  CHECK_EQ(parsed(response("example.org", one)).size(), 1u);
  CHECK(parsed(response("example.org", one, 0x0100)).empty());  // a query
  CHECK(parsed(response("example.org", one, 0x8183)).empty());  // NXDOMAIN
  CHECK(parsed(response("example.org", one, 0x8380)).empty());  // truncated
  CHECK(parsed(response("ex\"ample.org", one)).empty());
  CHECK(parsed(response("", one)).empty());
  CHECK(parsed(response("example.org", {record(pointer, 1, 60, address + "x")})).empty());
  CHECK(parsed("").empty());
}

TEST(dns_answers_end_whatever_the_message_says) {
  const std::string good = response("www.example.org", {record(pointer, 5, 60, encoded("cdn.example.net")),
                                                       record(encoded("cdn.example.net"), 1, 60, address)});
  for (size_t cut = 0; cut < good.size(); ++cut) parsed(good.substr(0, cut)), parsed(good.substr(0, cut), true);
  for (size_t at = 0; at < good.size(); ++at)
    for (const char byte : {'\0', '\x3f', '\x40', '\xc0', '\xff'}) {
      std::string changed = good;
      changed[at] = byte;
      parsed(changed);
      parsed(changed, true);
    }
  // Pointers to themselves, to each other and forward; CNAMEs in a circle.
  CHECK(parsed(response("a.example", {record(std::string("\xc0\x1b", 2), 1, 60, address)})).empty());
  CHECK(parsed(response("a.example", {record(pointer, 5, 60, pointer)})).empty());
  CHECK(parsed(response("a.example", {record(pointer, 5, 60, encoded("b.example")),
                                      record(encoded("b.example"), 5, 60, encoded("a.example"))})).empty());
  std::vector<std::string> many(200, record(pointer, 1, 60, address));
  CHECK_EQ(parsed(response("a.example", many)).size(), 64u);
}

TEST(dns_answers_multicast_below_local_alone) {
  const std::string head = be16(0) + be16(0x8400) + be16(0) + be16(2) + be16(0) + be16(1);
  const auto answers = parsed(head + record(encoded("printer.local"), 1, 120, address) +
                              record(encoded("www.bank.example"), 1, 120, address) +
                              record(encoded("printer.local"), 28, 120, std::string(16, '\xfe')), true);
  CHECK_EQ(answers.size(), 2u);
  CHECK_STR(answers.at(0).name, "printer.local");
}

TEST(dns_hints_latest_counts_and_ends_by_its_ttl) {
  DnsHints::Options options;
  options.min_ttl_s = 10;
  options.max_ttl_s = 100;
  DnsHints hints(options);
  const uint8_t client[4] = {10, 0, 0, 1}, other[4] = {10, 0, 0, 2};
  DnsAnswer answer{4, {93, 184, 216, 34}, 5, "first.example"};
  hints.learn(client, answer, 1000 * second);
  CHECK_STR(hints.find(4, client, answer.address, 1010 * second), "first.example");  // not before the least life
  CHECK_STR(hints.find(4, other, answer.address, 1001 * second), "");
  answer.name = "second.example";
  answer.ttl_s = 1000000;
  hints.learn(client, answer, 1001 * second);
  CHECK_STR(hints.find(4, client, answer.address, 1101 * second), "second.example");
  CHECK_STR(hints.find(4, client, answer.address, 1102 * second), "");
  CHECK_EQ(hints.size(), 0u);
  answer.name = "printer.local";
  hints.learn(nullptr, answer, 1001 * second);
  CHECK_STR(hints.find(4, other, answer.address, 1002 * second), "printer.local");
  CHECK_EQ(hints.counters().learned, 3u);
  CHECK_EQ(hints.counters().hits, 3u);
  CHECK_EQ(hints.counters().misses, 2u);
}

TEST(dns_hints_are_bounded_and_come_back) {
  DnsHints::Options options;
  options.capacity = 1600;
  DnsHints hints(options);
  uint8_t client[4] = {10, 0, 0, 1};
  for (unsigned i = 0; i < 10000; ++i) {
    DnsAnswer answer{4, {1, static_cast<uint8_t>(i >> 16), static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)}, 3600,
                     "host" + std::to_string(i) + ".example"};
    hints.learn(client, answer, 1000 * second);
  }
  CHECK_EQ(hints.size(), 1600u);
  CHECK_EQ(hints.counters().evicted, 8400u);
  const std::vector<uint8_t> bytes = hints.export_bytes();
  DnsHints again(options);
  CHECK_EQ(again.import_bytes(bytes.data(), bytes.size()), 1600);
  const uint8_t last[16] = {1, 0, 9999 >> 8, 9999 & 0xff};
  CHECK_STR(again.find(4, client, last, 1001 * second), "host9999.example");
  CHECK_EQ(again.import_bytes(bytes.data(), bytes.size()), -1);  // it is used
  DnsHints smaller({100, 300, 86400});
  CHECK(smaller.import_bytes(bytes.data(), bytes.size()) <= 112);
  // Cut and damaged exports are refused whole.
  int accepted = 0;
  for (size_t cut = 0; cut < 400; ++cut) {
    DnsHints fresh({});
    accepted += fresh.import_bytes(bytes.data(), cut) >= 0;
    if (fresh.size() > cut / 22) ++accepted;
  }
  CHECK(accepted < 15);  // where an entry ends
  std::vector<uint8_t> damaged = bytes;
  damaged[20 + 16 + 4 + 1] = '"';
  CHECK_EQ(DnsHints({}).import_bytes(damaged.data(), damaged.size()), -1);
}

TEST(dns_hints_by_many_threads) {
  DnsHints hints({200, 300, 86400});
  std::vector<std::thread> threads;
  for (uint8_t t = 0; t < 4; ++t)
    threads.emplace_back([&hints, t] {
      const uint8_t client[4] = {10, 0, 0, t};
      for (unsigned i = 0; i < 3000; ++i) {
        DnsAnswer answer{4, {1, 2, 3, static_cast<uint8_t>(i)}, 60, "a.example"};
        hints.learn(client, answer, 1000 * second);
        hints.find(4, client, answer.address, 1000 * second);
        if (i % 500 == 0) hints.export_bytes();
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(hints.size() <= 208);
  // One may have been pushed out by another thread's before it was looked for.
  CHECK_EQ(hints.counters().hits + hints.counters().misses, 12000u);
  CHECK(hints.counters().hits > 6000);
}

TEST(dns_hints_name_flows_that_do_not_say_their_host) {
  WorkerOptions options;
  options.dns_hints = std::make_shared<DnsHints>(DnsHints::Options{});
  const Endpoint client{"192.168.1.10", 40000}, resolver{"192.168.1.1", 53}, server{"93.184.216.34", 50000};
  const std::string query = be16(0x1234) + be16(0x0100) + be16(1) + std::string(6, '\0') + encoded("www.example.org") +
                            be16(1) + be16(1);
  const std::string answer = response("www.example.org", {record(pointer, 1, 60, address)});
  for (const bool asked : {true, false}) {
    options.dns_hints = std::make_shared<DnsHints>(DnsHints::Options{});
    WorkerRig rig(options);
    Traffic t;
    if (asked) t.udp(1000, client, resolver, query);
    t.udp(1000, resolver, client, answer);
    t.udp(1001, client, server, "\xff\xfe\xfd");
    t.udp(1001, {"192.168.1.11", 40000}, server, "\xff\xfe\xfd");  // another host asked for nothing
    rig.feed(t);
    rig.end();
    CHECK_EQ(options.dns_hints->size(), asked ? 1u : 0u);
    unsigned named = 0;
    for (const auto& line : rig.purges()) {
      if (line.find("\"dns_host_name\":\"www.example.org\",\"dhc_hit\":true") == std::string::npos) continue;
      ++named;
      CHECK_STR(field(line, "local_ip"), "192.168.1.10");
      CHECK_EQ(number(line, "other_port"), 50000u);
    }
    CHECK_EQ(named, asked ? 1u : 0u);
    CHECK_EQ(rig.counters.dns_hints_used.get(), named);
    check_conservation(rig);
  }
}

TEST(dns_hints_from_tcp_whole_in_one_segment) {
  WorkerOptions options;
  const Endpoint client{"192.168.1.10", 40000}, resolver{"192.168.1.1", 53};
  const std::string answer = response("www.example.org", {record(pointer, 1, 60, address)});
  for (const size_t cut : {size_t{0}, size_t{5}}) {
    options.dns_hints = std::make_shared<DnsHints>(DnsHints::Options{});
    WorkerRig rig(options);
    Traffic t;
    t.tcp(1000, client, resolver, psh | ack, "xx");
    const std::string segment = be16(static_cast<unsigned>(answer.size())) + answer;
    t.tcp(1000, resolver, client, psh | ack, segment.substr(0, segment.size() - cut));
    rig.feed(t);
    CHECK_EQ(options.dns_hints->size(), cut ? 0u : 1u);
  }
}
