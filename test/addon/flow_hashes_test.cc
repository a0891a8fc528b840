// The table of flow hashes by itself, and the members that a worker's messages have from it.
#include "core/flow_hashes.h"

#include <thread>

#include "check.h"
#include "worker_rig.h"

using namespace dipper;
using namespace traffic;

namespace {

FlowKey key_of(uint32_t n) {
  FlowKey key{};
  memcpy(key.lower_address, &n, sizeof n);
  key.ip_version = 4;
  return key;
}

Sha1Digest digest_of(uint32_t n) {
  Sha1Digest digest{};
  memcpy(digest.data(), &n, sizeof n);
  return digest;
}

bool has(FlowHashes& table, const FlowHashes::Scope& scope, uint32_t n, uint32_t value) {
  Sha1Digest digest;
  return table.find(scope.id(key_of(n)), digest) && digest == digest_of(value);
}

const Endpoint client{"192.0.2.1", 40000}, server{"198.51.100.1", 53};

// A DNS query and its answer.
void ask(Traffic& traffic, uint64_t seconds) {
  const std::string question("\x07" "example\x03" "com\x00\x00\x01\x00\x01", 17);
  traffic.udp(seconds, client, server, std::string("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12) + question);
  traffic.udp(seconds, server, client,
              std::string("\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00", 12) + question +
                  std::string("\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x01\x02\x03\x04", 16),
              1000);
}

}  // namespace

TEST(flow_hashes_forget_the_longest_unused) {
  FlowHashes table(3);
  const auto scope = table.scope("eth0");
  for (uint32_t n = 1; n <= 3; ++n) table.put(scope.id(key_of(n)), digest_of(n));
  CHECK(has(table, scope, 1, 1));  // 2 is the oldest now
  table.put(scope.id(key_of(4)), digest_of(4));
  CHECK(!has(table, scope, 2, 2));
  CHECK(has(table, scope, 1, 1) && has(table, scope, 3, 3) && has(table, scope, 4, 4));
  table.put(scope.id(key_of(1)), digest_of(11));  // takes the place of what it had, and 3 is the oldest
  table.put(scope.id(key_of(5)), digest_of(5));
  CHECK(has(table, scope, 1, 11) && !has(table, scope, 3, 3));
  const auto counters = table.counters();
  CHECK_EQ(counters.entries, 3u);
  CHECK_EQ(counters.forgotten, 2u);
  CHECK_EQ(counters.hits, 5u);
  CHECK_EQ(counters.misses, 2u);
}

TEST(flow_hashes_tell_interfaces_apart) {
  FlowHashes table(8);
  const auto one = table.scope("eth0"), other = table.scope("eth1"), again = table.scope("eth0");
  table.put(one.id(key_of(1)), digest_of(1));
  CHECK(!has(table, other, 1, 1));
  CHECK(has(table, again, 1, 1));
  FlowHashes stranger(8);
  CHECK(!(stranger.scope("eth0").id(key_of(1)) == one.id(key_of(1))));
}

TEST(flow_hashes_stay_within_their_bound) {
  for (const uint32_t capacity : {1u, 2u, 1023u, 5000u, 20000u}) {
    FlowHashes table(capacity);
    const auto scope = table.scope("eth0");
    for (uint32_t n = 0; n < 60000; ++n) table.put(scope.id(key_of(n)), digest_of(n));
    CHECK_EQ(table.counters().entries, capacity);
    CHECK_EQ(table.counters().forgotten, 60000 - capacity);
    CHECK(has(table, scope, 59999, 59999));
  }
}

TEST(flow_hashes_outlive_a_restart) {
  for (const uint32_t capacity : {100u, 20000u}) {
    std::vector<uint8_t> bytes;
    {
      FlowHashes table(capacity);
      const auto scope = table.scope("eth0");
      for (uint32_t n = 0; n < 100; ++n) table.put(scope.id(key_of(n)), digest_of(n));
      CHECK(has(table, scope, 0, 0));  // used last
      bytes = table.export_bytes();
      CHECK_EQ(bytes.size(), FlowHashes::header_bytes + 100 * FlowHashes::entry_bytes);
    }
    FlowHashes same(capacity), small(10);
    std::string error;
    CHECK(same.import_bytes(bytes.data(), bytes.size(), error));
    CHECK(same.export_bytes() == bytes);
    const auto scope = same.scope("eth0");
    for (uint32_t n = 0; n < 100; ++n) CHECK(has(same, scope, n, n));
    CHECK(!same.import_bytes(bytes.data(), bytes.size(), error));  // in use
    CHECK(small.import_bytes(bytes.data(), bytes.size(), error));
    CHECK_EQ(small.counters().entries, 10u);
    if (capacity == 100) CHECK(has(small, small.scope("eth0"), 0, 0));
  }
}

TEST(flow_hashes_refuse_damaged_bytes) {
  FlowHashes source(10), table(10);
  const auto scope = source.scope("eth0");
  for (uint32_t n = 0; n < 10; ++n) source.put(scope.id(key_of(n)), digest_of(n));
  const std::vector<uint8_t> bytes = source.export_bytes();
  std::string error;
  CHECK(table.import_bytes(bytes.data(), bytes.size(), error));
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<long>(size));
    error.clear();
    CHECK(!table.import_bytes(cut.data(), cut.size(), error) && !error.empty());
  }
  for (size_t at = 0; at < 8; ++at) {  // magic and number
    for (const int bit : {1, 128}) {
      std::vector<uint8_t> damaged = bytes;
      damaged[at] = static_cast<uint8_t>(damaged[at] ^ bit);
      CHECK(!table.import_bytes(damaged.data(), damaged.size(), error));
    }
  }
  CHECK(table.export_bytes() == bytes);
  // All entries alike, as no export is: one of them stays.
  std::vector<uint8_t> alike(FlowHashes::header_bytes + 10 * FlowHashes::entry_bytes);
  std::copy(bytes.begin(), bytes.begin() + FlowHashes::header_bytes, alike.begin());
  CHECK(table.import_bytes(alike.data(), alike.size(), error));
  CHECK_EQ(table.counters().entries, 1u);
}

TEST(flow_hashes_by_several_threads) {
  FlowHashes table(3000);
  const auto scope = table.scope("eth0");
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      for (uint32_t n = 0; n < 20000; ++n) {
        Sha1Digest digest;
        if (t == 2 && n % 4000 == 0) table.export_bytes();
        table.put(scope.id(key_of(n * (t + 1))), digest_of(n));
        table.find(scope.id(key_of(n)), digest);
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK_EQ(table.counters().entries, 3000u);
  CHECK_EQ(table.counters().hits + table.counters().misses, 60000u);
}

TEST(worker_names_the_record_before) {
  WorkerOptions options;
  options.events = event_detected | event_updated | event_expired;
  options.flow_hashes = std::make_shared<FlowHashes>(100);
  std::string first;
  {
    WorkerRig rig(options);
    Traffic traffic;
    ask(traffic, 1000);
    rig.feed(traffic);
    rig.end();
    CHECK_EQ(rig.purges().size(), 1u);
    first = field(rig.purges()[0], "digest");
    for (const std::string& line : rig.lines()) CHECK(line.find("fhc_hit") == std::string::npos);
    check_conservation(rig);
  }
  WorkerRig rig(options);
  Traffic traffic;
  ask(traffic, 2000);
  ask(traffic, 3000);  // past the idle limit: another record
  rig.feed(traffic);
  rig.end();
  CHECK_EQ(rig.purges().size(), 2u);
  const std::string second = field(rig.purges()[0], "digest"), third = field(rig.purges()[1], "digest");
  CHECK(first != second && second != third);
  const std::string members = ",\"fhc_hit\":true,\"digest_prev\":[\"";
  unsigned flows = 0;
  for (const std::string& line : rig.lines()) {
    const std::string& before = field(line, "digest") == second ? first : second;
    CHECK(line.find(members + before + "\"]") != std::string::npos);
    flows += field(line, "type") == "flow";
  }
  CHECK_EQ(flows, 2u);
  check_conservation(rig);
}

TEST(worker_names_the_record_that_a_flow_goes_on_from) {
  WorkerOptions options;
  options.flow_hashes = std::make_shared<FlowHashes>(100);
  options.active_ns = 20000000000;
  WorkerRig rig(options);
  Traffic traffic;
  for (uint64_t second = 1000; second < 1060; second += 10) ask(traffic, second);
  rig.feed(traffic);
  rig.end();
  const auto purges = rig.purges();
  CHECK_EQ(purges.size(), 3u);
  CHECK(purges[0].find("fhc_hit") == std::string::npos);
  for (size_t i = 1; i < purges.size(); ++i) {
    CHECK(purges[i].find("\"digest_prev\":[\"" + field(purges[i - 1], "digest") + "\"]") != std::string::npos);
    CHECK(purges[i].find("fhc_hit") == purges[i].rfind("fhc_hit"));
    CHECK_STR(field(purges[i], "host_server_name"), "example.com");
  }
  check_conservation(rig);
}

TEST(worker_remembers_nothing_of_quiet_flows) {
  WorkerOptions options;
  options.flow_hashes = std::make_shared<FlowHashes>(100);
  options.dump_unknown = false;
  WorkerRig rig(options);
  Traffic traffic;
  traffic.udp(1000, {"192.0.2.1", 40001}, {"198.51.100.1", 40002}, "\x01zzzzzzzz");
  rig.feed(traffic);
  rig.end();
  CHECK_EQ(rig.purges().size(), 0u);
  CHECK_EQ(options.flow_hashes->counters().entries, 0u);
}
