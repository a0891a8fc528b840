// Every way for an engine to end, in every state: before the start, waiting, with a full ring and a
// full queue.
#include <map>

#include "engine_rig.h"

using namespace engine_rig;

TEST(engine_stop_before_start) {
  auto script = few_flows();
  Rig rig(script);
  rig.engine->stop();
  rig.engine->stop();
  CHECK(!rig.engine->finished());
  rig.engine->start();
  CHECK(rig.finish());
  CHECK_STR(rig.text, "");
}

TEST(engine_stop_twice_while_running) {
  auto script = few_flows();
  script->repeat = 1u << 30;  // without end
  Rig rig(script, 2, no_expiry());
  rig.engine->start();
  while (rig.total(&WorkerCounters::packets_in_flows) < 10000) std::this_thread::yield();
  rig.engine->stop();
  rig.engine->stop();
  rig.engine->start();  // again is nothing
  CHECK(rig.finish());
  CHECK_EQ(rig.purges().size(), 20u);
  CHECK_STR(field(rig.purges().at(0), "reason"), "shutdown");
  rig.engine->stop();
  CHECK_EQ(script->stops.load(), 3u);
  check_account(rig);
}

TEST(engine_stop_from_another_thread_while_it_starts) {
  for (int i = 0; i < 20; ++i) {
    auto script = few_flows();
    script->repeat = 1u << 30;
    Rig rig(script, 2, no_expiry());
    std::thread stopper([&] { rig.engine->stop(); });
    rig.engine->start();
    CHECK(rig.finish());
    stopper.join();
    check_account(rig);
  }
}

TEST(engine_waits_for_a_consumer_and_loses_nothing) {
  auto script = many_flows();
  script->repeat = 4;
  Rig rig(script, 2, small_table());
  rig.engine->start();
  uint64_t before = 0, now = 0;
  do {  // until it stands still: queue and ring are full
    before = now;
    wait_a_little();
    wait_a_little();
    now = rig.engine->counters()->reader.packets_read.get();
  } while (now != before || now == 0);
  rig.engine->stop();
  wait_a_little();
  CHECK(!rig.engine->finished());
  CHECK(now < 48000);
  CHECK(rig.finish());
  CHECK_EQ(rig.total(&WorkerCounters::events_lost), 0u);
  check_account(rig);
}

TEST(engine_live_source_drops_and_counts) {
  auto script = many_flows();
  script->lossless = false;
  Rig rig(script, 1, small_table());  // 11,000 records while packets come, 14 MB
  rig.engine->start();
  while (rig.total(&WorkerCounters::packets_in_flows) < 12000) wait_a_little();
  CHECK(rig.finish());
  const uint64_t kept = rig.total(&WorkerCounters::events),
                 lost = rig.total(&WorkerCounters::events_lost);
  CHECK_EQ(split_lines(rig.text).size(), kept);
  CHECK(lost > 0);
  CHECK(kept + lost >= 12000);
  CHECK_EQ(rig.total(&WorkerCounters::packets_in_flows), 12000u);
}

TEST(engine_of_a_live_source_loses_no_record_at_its_end) {
  auto script = many_flows();
  script->lossless = false;
  Rig rig(script, 1, no_expiry());  // 12,000 records at the end, 16 MB through a queue of 4
  rig.engine->start();
  wait_a_little();
  CHECK(rig.finish());
  CHECK_EQ(rig.total(&WorkerCounters::events_lost), 0u);
  CHECK_EQ(rig.purges().size(), 12000u);
}

TEST(engine_destructor_in_every_state) {
  { Rig never_started(few_flows()); }
  {
    Rig stopped(few_flows());
    stopped.engine->stop();
  }
  {
    Rig just_started(few_flows(), 4);
    just_started.engine->start();
  }
  {
    auto script = few_flows();
    script->last = ReadStatus::idle;
    Rig waiting(script, 2);
    waiting.engine->start();
    while (script->reads < 2) std::this_thread::yield();
  }
  {
    auto script = few_flows();
    script->repeat = 1u << 30;
    Rig busy(script, 2, no_expiry());
    busy.engine->start();
    while (busy.total(&WorkerCounters::packets_in_flows) < 5000) std::this_thread::yield();
  }
  {
    auto script = many_flows();
    script->repeat = 1000;
    Rig nobody_drains(script, 2,
                      small_table());  // blocked in a full queue, ring and reader behind it
    nobody_drains.engine->start();
    wait_a_little();
    wait_a_little();
    wait_a_little();
  }
  {
    WorkerOptions options = no_expiry();
    options.events = event_expired | event_updated;  // nothing to write before the last records
    Rig in_shut_down(many_flows(), 1, options);  // blocked in them
    in_shut_down.engine->start();
    while (in_shut_down.total(&WorkerCounters::flows_shutdown) < 100) std::this_thread::yield();
  }
  {
    Rig finished(few_flows());
    finished.engine->start();
    CHECK(finished.finish());
  }
}

// With nothing but final records asked for, the reader helps one worker to write them.
TEST(engine_shared_end_writes_every_record_once) {
  auto script = many_flows();
  WorkerOptions options = no_expiry();
  std::multimap<std::string, std::string> expected;
  for (const uint8_t events : {uint8_t{event_expired | event_detected}, uint8_t{event_expired}}) {
    options.events = events;
    Rig rig(script, 1, options);
    rig.engine->start();
    CHECK(rig.finish());
    std::multimap<std::string, std::string> records;
    for (const auto& line : rig.purges()) records.emplace(field(line, "digest"), line);
    if (expected.empty()) expected = records;
    CHECK_EQ(records.size(), 12000u);
    CHECK(records == expected);
    CHECK_EQ(rig.total(&WorkerCounters::metadata_bytes), 0u);
    check_account(rig);
  }
}

TEST(engine_destructor_in_the_shared_end) {
  WorkerOptions options = no_expiry();
  options.events = event_expired;
  for (const unsigned records : {1u, 1000u, 2900u}) {
    Rig rig(many_flows(), 1, options);
    rig.engine->start();
    while (rig.total(&WorkerCounters::flows_shutdown) < records) std::this_thread::yield();
  }
  Rig at_once(many_flows(), 1, options);
  at_once.engine->start();
}
