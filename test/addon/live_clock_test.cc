// The clock of live sources: time goes on while nothing arrives, and a wall clock that is set changes nothing but what the
// messages say.
#include "core/live_clock.h"

#include "engine_rig.h"

using namespace engine_rig;

namespace {

constexpr uint64_t second = 1000000000, hour = 3600 * second, start = 1700000000 * second;

uint64_t adjusted(const LiveClock& clock, uint64_t stamp) {
  Burst burst;
  burst.size = 1;
  burst.packets[0].timestamp_ns = stamp;
  clock.adjust(burst);
  return burst.packets[0].timestamp_ns;
}

}  // namespace

TEST(live_clock_follows_slow_changes_and_takes_steps_out) {
  for (const int64_t step : {static_cast<int64_t>(hour), -static_cast<int64_t>(hour), int64_t{-1000000000}}) {
    LiveClock clock;
    clock.read({start, 50 * second});
    clock.read({start + second + 500000000, 51 * second});  // half a second of NTP
    CHECK(!clock.adjusts());
    CHECK_EQ(clock.now_ns(), start + second + 500000000);
    const uint64_t wall = start + 2 * second + 500000000 + static_cast<uint64_t>(step);
    clock.read({wall, 52 * second});
    CHECK_EQ(clock.offset_ns(), step);
    CHECK_EQ(clock.now_ns(), start + 2 * second + 500000000);
    CHECK(clock.adjusts());
    // A packet from after the step, and one that was stamped just before it.
    CHECK_EQ(adjusted(clock, wall - 1000), clock.now_ns() - 1000);
    CHECK_EQ(adjusted(clock, start + 2 * second + 400000000), start + 2 * second + 400000000);
    // Later only the new clock counts, and stepping back ends it all.
    clock.read({wall + 20 * second, 72 * second});
    CHECK_EQ(adjusted(clock, wall + 20 * second), clock.now_ns());
    clock.read({wall + 21 * second - static_cast<uint64_t>(step), 73 * second});
    CHECK_EQ(clock.offset_ns(), 0);
    CHECK_EQ(clock.now_ns(), start + 23 * second + 500000000);
  }
}

TEST(live_clock_files_have_none) {
  Script script;
  CHECK_EQ(ScriptedSource(std::make_shared<Script>()).clock().wall_ns, 0u);
}

// Flows end, and statistics come, although no packet follows.
TEST(engine_live_flows_end_on_a_silent_interface) {
  for (const unsigned workers : {1u, 3u}) {
    auto script = std::make_shared<Script>();
    for (unsigned i = 0; i < 50; ++i) script->traffic.udp(1700000000, host(i), server, "x");
    script->last = ReadStatus::idle;
    script->lossless = false;
    script->wall_ns = start;
    script->steady_ns = second;
    WorkerOptions options;
    options.udp_idle_ns = 30 * second;
    options.stats_interval_ns = 10 * second;
    options.events = event_expired | event_stats;
    Rig rig(script, workers, options);
    rig.engine->start();
    const auto advance = [&](uint64_t ns) {
      script->steady_ns += ns;
      script->wall_ns += ns;
    };
    while (rig.total(&WorkerCounters::packets_in_flows) < 50) wait_a_little();
    advance(11 * second);
    CHECK(rig.consume([&] { return split_lines(rig.text).size() >= 50; }));
    CHECK_EQ(rig.purges().size(), 0u);
    advance(60 * second);
    CHECK(rig.consume([&] { return rig.purges().size() == 50; }));
    CHECK_EQ(rig.total(&WorkerCounters::flows_expired_idle), 50u);
    CHECK_EQ(rig.total(&WorkerCounters::flows_active), 0u);
    CHECK(rig.total(&WorkerCounters::ticks) > 0);  // what a watchdog looks at
    CHECK_EQ(split_lines(rig.text).size(), 100u);
    rig.engine->stop();
    CHECK(rig.finish());
  }
}

TEST(engine_live_survives_a_clock_that_is_set) {
  for (const int64_t step : {static_cast<int64_t>(hour), -static_cast<int64_t>(hour)}) {
    auto script = std::make_shared<Script>();
    for (unsigned i = 0; i < 50; ++i) script->traffic.udp(1700000000, host(i), server, "x");
    script->last = ReadStatus::idle;
    script->lossless = false;
    script->wall_ns = start;
    script->steady_ns = 5000 * second;
    WorkerOptions options;
    options.udp_idle_ns = 30 * second;
    options.events = event_expired;
    Rig rig(script, 2, options);
    rig.engine->start();
    while (rig.total(&WorkerCounters::packets_in_flows) < 50) wait_a_little();
    script->wall_ns += static_cast<uint64_t>(step);
    // The reader sees it as a step whatever it reads between these two stores.
    for (int i = 0; i < 5; ++i) {
      wait_a_little();
      script->steady_ns += 200000000;
      script->wall_ns += 200000000;
    }
    CHECK_EQ(rig.total(&WorkerCounters::flows_active), 50u);  // nothing ended
    script->steady_ns += 40 * second;
    script->wall_ns += 40 * second;
    CHECK(rig.consume([&] { return rig.purges().size() == 50; }));  // and ending goes on
    const uint64_t told = number(rig.purges().at(0), "first_seen_at");
    CHECK(told / 1000 == (start + static_cast<uint64_t>(step)) / second);
    rig.engine->stop();
    CHECK(rig.finish());
  }
}
