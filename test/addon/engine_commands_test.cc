// Commands through the engine: to several workers at once, awake or asleep, before the start and after the end. Under TSan
// this is the test of mailbox and snapshot.
#include <map>

#include "engine_rig.h"

using namespace engine_rig;

namespace {

// A source that says what it has and then waits until stop().
std::shared_ptr<Script> waiting(std::shared_ptr<Script> script) {
  script->last = ReadStatus::idle;
  script->lossless = false;
  return script;
}

std::shared_ptr<Script> dns_flows(unsigned n) {
  auto script = std::make_shared<Script>();
  const std::string query = std::string("\x12\x34\1\0\0\1\0\0\0\0\0\0", 12) + std::string("\7example\3org\0\0\1\0\1", 17);
  for (unsigned i = 0; i < n; ++i)
    script->traffic.udp(1000, host(i, static_cast<uint16_t>(1000 + i / 10000)), {"10.9.9.9", 53}, query);
  return script;
}

size_t count(const std::string& text, const std::string& what) {
  size_t n = 0;
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++n;
  return n;
}

const char* const end_7 = "{\"snapshot\":7,\"type\":\"snapshot_end\"}\n";

}  // namespace

TEST(engine_snapshot_of_sleeping_workers) {
  Rig rig(waiting(dns_flows(500)), 4);
  rig.engine->start();
  CHECK(rig.consume([&] { return rig.total(&WorkerCounters::packets_in_flows) == 500; }));
  CHECK(rig.engine->snapshot(7));
  CHECK(rig.consume([&] { return count(rig.text, end_7) == 1; }));
  CHECK_EQ(count(rig.text, "{\"snapshot\":7,\"type\":\"flow\","), 500u);
  // All of them stand before the end.
  CHECK(rig.text.rfind("{\"snapshot\":7,\"type\":\"flow\",") < rig.text.find(end_7));
  rig.engine->stop();
  CHECK(rig.finish());
  CHECK_EQ(count(rig.text, "\"type\":\"snapshot_end\""), 1u);
  check_account(rig);
}

TEST(engine_snapshot_of_no_flows_ends) {
  auto script = waiting(std::make_shared<Script>());
  script->repeat = 0;
  Rig rig(script, 3);
  CHECK(rig.engine->snapshot(7));  // before the start: when it runs
  rig.engine->start();
  CHECK(rig.consume([&] { return !rig.text.empty(); }));
  CHECK_STR(rig.text, end_7);
  rig.engine->stop();
  CHECK(rig.finish());
}

TEST(engine_snapshots_end_with_the_engine) {
  auto script = few_flows();
  script->repeat = 2000;
  Rig rig(script, 2, no_expiry());
  rig.engine->start();
  for (uint64_t id = 1; id <= 20; ++id) CHECK(rig.engine->snapshot(id));
  rig.engine->stop();
  CHECK(rig.finish());
  CHECK_EQ(count(rig.text, "\"type\":\"snapshot_end\""), 20u);
  CHECK(rig.engine->snapshot(99));  // nobody is there any more: it ends at once
  CHECK(!rig.engine->finished());
  CHECK(rig.finish());
  CHECK_EQ(count(rig.text, "{\"snapshot\":99,"), 1u);
  CHECK(rig.engine->finished());
  CHECK(rig.engine->expire_all());
  check_account(rig);
}

TEST(engine_commands_during_traffic) {
  auto script = few_flows();
  script->repeat = 1u << 30;
  Rig rig(script, 4, no_expiry());
  rig.engine->start();
  uint64_t asked = 0;
  const uint8_t prefix[] = {10, 0, 0, 0};
  for (int round = 0; round < 40; ++round) {
    Roles roles;
    roles.add(4, prefix, 8, AddressClass::local_net);
    CHECK(rig.engine->set_networks(roles));
    if (round % 10 == 3) CHECK(rig.engine->expire_all());
    LiveOptions live = no_expiry();
    live.dump_unknown = round % 2;
    CHECK(rig.engine->set_live_options(live));
    asked += rig.engine->snapshot(static_cast<uint64_t>(round));
    if (round % 7 == 0) {
      rig.engine->cancel_snapshot(static_cast<uint64_t>(round));
      --asked;
    }
    const uint64_t seen = rig.total(&WorkerCounters::packets_in_flows);
    while (rig.total(&WorkerCounters::packets_in_flows) < seen + 1000) {
      CHECK(rig.consume([] { return true; }));
      std::this_thread::yield();
    }
  }
  rig.engine->stop();
  CHECK(rig.finish());
  CHECK_EQ(count(rig.text, "\"type\":\"snapshot_end\""), asked);
}

TEST(engine_snapshots_are_bounded) {
  Rig rig(few_flows());
  for (uint64_t id = 0; id < Engine::most_snapshots; ++id) CHECK(rig.engine->snapshot(id));
  CHECK(!rig.engine->snapshot(1000));
  // A mailbox that nobody empties fills although what is in it was cancelled.
  size_t taken = 0;
  for (uint64_t id = 0; id < 1000; ++id) {
    rig.engine->cancel_snapshot(id);
    taken += rig.engine->snapshot(id);
  }
  CHECK_EQ(taken, Mailbox::capacity - Engine::most_snapshots);
  CHECK(rig.engine->set_live_options({}));  // takes no room
  CHECK(rig.engine->set_live_options({}));
  rig.engine->start();
  CHECK(rig.finish());
}

// A consumer that reads nothing while a snapshot is asked for: capture goes on, and afterwards it gets all of it.
TEST(engine_snapshot_does_not_hold_packets_up) {
  auto script = dns_flows(20000);
  script->last = ReadStatus::idle;
  script->lossless = false;
  WorkerOptions options;
  options.events = 0;
  Rig rig(script, 1, options);
  rig.engine->start();
  while (rig.total(&WorkerCounters::packets_in_flows) < 10000) std::this_thread::yield();
  CHECK(rig.engine->snapshot(7));
  while (rig.total(&WorkerCounters::packets_in_flows) < 20000) wait_a_little();
  CHECK(rig.consume([&] { return count(rig.text, end_7) == 1; }));
  const size_t flows = count(rig.text, "{\"snapshot\":7,\"type\":\"flow\",");
  CHECK(flows >= 10000 && flows <= 20000);
  CHECK_EQ(rig.total(&WorkerCounters::events_lost), 0u);
  CHECK_EQ(flows, rig.total(&WorkerCounters::snapshot_flows));
}
