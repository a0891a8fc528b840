// The timing wheel: every flow is visited when its slot has passed, never lost, whatever the gaps
// in time.
#include "core/timing_wheel.h"

#include <map>
#include <random>

#include "check.h"

using namespace dipper;

namespace {

constexpr uint64_t second = 1000000000;

// A table, a wheel, and deadlines kept aside: advance() erases what is due and says which keys
// went.
struct Rig {
  FlowTable table{1 << 20};
  TimingWheel wheel{table};
  std::map<uint32_t, uint64_t> deadlines;
  int visits = 0;

  explicit Rig(uint64_t now) { advance(now); }

  Flow& add(uint32_t n, uint64_t deadline) {
    FlowKey key{};
    memcpy(key.lower_address, &n, sizeof n);
    Flow& flow = *table.insert(key, n);
    deadlines[n] = deadline;
    wheel.add(flow, deadline);
    return flow;
  }
  std::vector<uint32_t> advance(uint64_t now, uint32_t budget = ~0u) {
    std::vector<uint32_t> gone;
    wheel.advance(now, budget, [&](Flow& flow) -> uint64_t {
      ++visits;
      uint32_t n;
      memcpy(&n, flow.key.lower_address, sizeof n);
      if (deadlines[n] > now) return deadlines[n];
      gone.push_back(n);
      deadlines.erase(n);
      table.erase(&flow);
      return 0;
    });
    return gone;
  }
};

}  // namespace

TEST(timing_wheel_visits_when_the_slot_has_passed) {
  Rig rig(100 * second);
  rig.add(1, 130 * second);
  CHECK_EQ(rig.advance(130 * second).size(), 0u);  // its slot is the one being filled
  CHECK_EQ(rig.advance(131 * second - 1).size(), 0u);
  CHECK_EQ(rig.advance(131 * second).size(), 1u);
  CHECK_EQ(rig.visits, 1);
  CHECK_EQ(rig.advance(5000 * second).size(), 0u);
}

TEST(timing_wheel_from_time_zero) {
  // Captures with relative times begin at 0.
  Rig rig(0);
  rig.add(1, 30 * second);
  CHECK_EQ(rig.advance(100 * second).size(), 1u);
}

TEST(timing_wheel_past_deadline_is_visited_next) {
  Rig rig(100 * second);
  rig.add(1, 5 * second);
  CHECK_EQ(rig.advance(101 * second).size(), 1u);
}

TEST(timing_wheel_time_does_not_run_backwards) {
  Rig rig(100 * second);
  rig.add(1, 101 * second);
  CHECK_EQ(rig.advance(50 * second).size(), 0u);
  CHECK_EQ(rig.advance(102 * second).size(), 1u);
}

TEST(timing_wheel_re_arms) {
  Rig rig(100 * second);
  rig.add(1, 110 * second);
  rig.deadlines[1] = 150 * second;  // packets came meanwhile
  CHECK_EQ(rig.advance(120 * second).size(), 0u);
  CHECK_EQ(rig.visits, 1);
  CHECK_EQ(rig.advance(149 * second).size(), 0u);
  CHECK_EQ(rig.visits, 1);
  CHECK_EQ(rig.advance(151 * second).size(), 1u);
}

TEST(timing_wheel_deadline_beyond_the_wheel) {
  Rig rig(100 * second);
  rig.add(1, 5000 * second);
  for (uint64_t t = 101; t <= 5000; ++t) CHECK_EQ(rig.advance(t * second).size(), 0u);
  CHECK_EQ(rig.advance(5001 * second).size(), 1u);
  CHECK(rig.visits <= 6);  // once a round, not once a tick
}

TEST(timing_wheel_gaps) {
  for (const uint64_t gap :
       {uint64_t{1023}, uint64_t{1024}, uint64_t{1025}, uint64_t{4096}, uint64_t{31536000} * 50}) {
    Rig rig(100 * second);
    for (uint32_t n = 0; n < 2000; ++n) rig.add(n, (100 + n) * second);
    const uint64_t now = (100 + gap) * second;
    const auto before = rig.deadlines;
    const auto gone = rig.advance(now);
    for (const uint32_t n : gone) CHECK(before.at(n) <= now);
    for (const auto& entry : rig.deadlines) CHECK(entry.second >= now);  // none that is due stays
    CHECK_EQ(gone.size() + rig.deadlines.size(), 2000u);
    CHECK_EQ(rig.advance(now + 5000 * second).size(), 2000 - gone.size());
    CHECK_EQ(rig.table.size(), 0u);
  }
}

TEST(timing_wheel_works_off_a_full_slot_in_pieces) {
  Rig rig(100 * second);
  for (uint32_t n = 0; n < 1000; ++n) rig.add(n, 130 * second);
  for (uint32_t n = 1000; n < 1500; ++n) rig.add(n, 131 * second);
  CHECK_EQ(rig.advance(133 * second, 10 * TimingWheel::end_cost).size(), 10u);
  CHECK(rig.wheel.behind());
  // Time goes on meanwhile, flows come and go, and those that go on wait for their own deadline.
  rig.deadlines[3] = 500 * second;
  rig.add(2000, 140 * second);
  size_t gone = 10, calls = 1;
  for (; rig.wheel.behind(); ++calls) {
    const auto now = rig.advance(141 * second + calls * second / 100, 10 * TimingWheel::end_cost);
    CHECK(now.size() <= 10);
    gone += now.size();
  }
  CHECK_EQ(gone, 1500u);  // all but number 3
  CHECK_EQ(calls, 150u);
  CHECK_EQ(rig.advance(501 * second).size(), 1u);
  CHECK_EQ(rig.table.size(), 0u);
}

TEST(timing_wheel_piecewise_across_gaps) {
  std::mt19937_64 random(11);
  Rig rig(1000 * second);
  uint64_t now = 1000 * second;
  uint32_t next = 0;
  int early = 0;
  for (int round = 0; round < 5000; ++round) {
    for (int i = 0; i < 3; ++i) rig.add(next++, now + random() % (3000 * second));
    now += random() % (random() % 20 == 0 ? 2500 * second : 3 * second);
    const auto before = rig.deadlines;
    for (const uint32_t n : rig.advance(now, 4 * TimingWheel::end_cost)) early += before.at(n) > now;
  }
  CHECK_EQ(early, 0);
  for (int i = 0; rig.table.size() && i < 20000; ++i) rig.advance(now += second, 4 * TimingWheel::end_cost);
  CHECK_EQ(rig.table.size(), 0u);  // none is lost, and none turns in circles
}

TEST(timing_wheel_remove_and_move) {
  Rig rig(100 * second);
  // Three in one slot: take the middle, the head, the tail away in turn.
  for (const uint32_t taken : {0u, 1u, 2u}) {
    std::vector<Flow*> flows;
    for (uint32_t n = 0; n < 3; ++n)
      flows.push_back(&rig.add(10 * taken + n, (200 + taken * 100) * second));
    rig.wheel.remove(*flows[taken]);
    rig.wheel.remove(*flows[taken]);  // again is nothing
    rig.table.erase(flows[taken]);
    rig.deadlines.erase(10 * taken + taken);
    CHECK_EQ(rig.advance((200 + taken * 100 + 1) * second).size(), 2u);
  }
  Flow& flow = rig.add(99, 5000 * second);
  rig.deadlines[99] = 450 * second;
  rig.wheel.move(flow, 450 * second);  // a TCP flow closed: earlier than it stood
  CHECK_EQ(rig.advance(450 * second).size(), 0u);
  CHECK_EQ(rig.advance(451 * second).size(), 1u);
}

TEST(timing_wheel_random_against_a_list) {
  std::mt19937_64 random(7);
  Rig rig(1000 * second);
  uint64_t now = 1000 * second;
  uint32_t next = 0;
  int early = 0, late = 0;
  for (int round = 0; round < 3000; ++round) {
    for (int i = 0; i < 3; ++i) rig.add(next++, now + random() % (3000 * second));
    now += random() % (random() % 50 == 0 ? 2000 * second : 3 * second);
    const auto before = rig.deadlines;
    for (const uint32_t n : rig.advance(now)) early += before.at(n) > now;
    // All that was due before the tick being filled is gone.
    for (const auto& entry : rig.deadlines) late += entry.second / second < now / second;
  }
  CHECK_EQ(early, 0);
  CHECK_EQ(late, 0);
}
