// The queue of lines: whole lines only, bounded, lossless blocks and live drops, closing wakes
// whoever waits.
#include "core/event_queue.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "check.h"

using namespace dipper;

namespace {

std::string drained(EventQueue& queue, size_t size) {
  std::string out(size, '\0');
  out.resize(queue.drain(reinterpret_cast<uint8_t*>(out.data()), size));
  return out;
}

Lines made(std::string_view text) {
  Lines lines;
  lines.append(text);
  return lines;
}
bool push(EventQueue& queue, std::string_view text) {
  Lines lines = made(text);
  return queue.push(lines);
}

// Fills the queue with chunks of 64 KiB until it is at its capacity.
void fill(EventQueue& queue) {
  for (size_t i = 0; i < EventQueue::capacity_bytes / EventQueue::chunk_bytes; ++i)
    CHECK(push(queue, std::string(EventQueue::chunk_bytes - 1, 'x') + "\n"));
}

void wait_a_little() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }

}  // namespace

TEST(event_queue_gives_lines_in_order) {
  WakeUp wake([] {});
  EventQueue queue(wake, true);
  CHECK(queue.empty());
  CHECK(push(queue, "one\ntwo\n"));
  CHECK(push(queue, "three\n"));
  CHECK(!queue.empty());
  CHECK_STR(drained(queue, 100), "one\ntwo\nthree\n");
  CHECK_STR(drained(queue, 100), "");
  CHECK(queue.empty());
}

TEST(event_queue_never_cuts_a_line) {
  WakeUp wake([] {});
  EventQueue queue(wake, true);
  push(queue, "one\ntwo\nthree\n");
  push(queue, "four\n");
  CHECK_STR(drained(queue, 3), "");  // smaller than the first line
  CHECK_STR(drained(queue, 4), "one\n");
  CHECK_STR(drained(queue, 9), "two\n");     // "three\n" would be byte 10
  CHECK_STR(drained(queue, 10), "three\n");  // the next chunk is taken whole or not at all
  CHECK_STR(drained(queue, 10), "four\n");
  CHECK(queue.empty());
}

TEST(event_queue_nothing_is_no_chunk) {
  int wakes = 0;
  WakeUp wake([&] { ++wakes; });
  EventQueue queue(wake, true);
  CHECK(push(queue, ""));
  CHECK(queue.empty());
  CHECK_EQ(wakes, 0);
}

TEST(event_queue_wakes_once_until_the_consumer_looked) {
  int wakes = 0;
  WakeUp wake([&] { ++wakes; });
  EventQueue queue(wake, true), other(wake, true);
  push(queue, "a\n");
  push(queue, "b\n");
  push(other, "c\n");
  CHECK_EQ(wakes, 1);
  wake.taken();
  push(other, "d\n");
  push(queue, "e\n");
  CHECK_EQ(wakes, 2);
}

TEST(event_queue_leaves_the_callers_buffer_empty) {
  WakeUp wake([] {});
  EventQueue queue(wake, false);
  Lines lines = made("a\n");
  CHECK(queue.push(lines));
  CHECK_STR(lines, "");
  fill(queue);
  lines = made("b\n");
  CHECK(!queue.push(lines));
  CHECK_STR(lines, "");
}

TEST(event_queue_live_drops_when_full_and_recovers) {
  WakeUp wake([] {});
  EventQueue queue(wake, false);
  fill(queue);
  CHECK(!push(queue, "lost\n"));
  CHECK_EQ(drained(queue, EventQueue::chunk_bytes).size(), size_t{EventQueue::chunk_bytes});
  CHECK(push(queue, "kept\n"));
  std::string all;
  for (std::string part; !(part = drained(queue, 1 << 20)).empty();) all += part;
  CHECK_STR(all.substr(all.size() - 7), "x\nkept\n");
  CHECK(all.find("lost") == std::string::npos);
}

TEST(event_queue_lossless_waits_for_room) {
  WakeUp wake([] {});
  EventQueue queue(wake, true);
  fill(queue);
  std::atomic<bool> through{false};
  std::thread producer([&] {
    CHECK(push(queue, "late\n"));
    through = true;
  });
  wait_a_little();
  CHECK(!through);
  std::string all = drained(queue, EventQueue::chunk_bytes);
  producer.join();
  for (std::string part; !(part = drained(queue, 1 << 20)).empty();) all += part;
  CHECK_EQ(all.size(), EventQueue::capacity_bytes + 5);
  CHECK_STR(all.substr(all.size() - 5), "late\n");
}

TEST(event_queue_close_ends_waiting_and_pushing) {
  WakeUp wake([] {});
  EventQueue queue(wake, true);
  fill(queue);
  std::atomic<int> result{-1};
  std::thread producer([&] { result = push(queue, "never\n"); });
  wait_a_little();
  CHECK_EQ(result.load(), -1);
  queue.close();
  producer.join();
  CHECK_EQ(result.load(), 0);
  CHECK(!push(queue, "never\n"));
  queue.close();
  CHECK(!drained(queue, 1 << 20).empty());  // what was in it can still be taken
}

TEST(event_queue_all_lines_arrive_between_threads) {
  std::atomic<int> wakes{0};
  WakeUp wake([&] { ++wakes; });
  EventQueue queue(wake, true);
  constexpr int count = 20000;
  std::thread producer([&] {
    Lines lines;
    for (int i = 0; i < count; ++i) {
      lines.append(std::to_string(i) + std::string(500, '.') + "\n");
      if (lines.size() > 5000) queue.push(lines);
    }
    queue.push(lines);
  });
  int next = 0, wrong = 0;
  std::string buffer(10000, '\0');
  while (next < count) {
    wake.taken();
    const size_t n = queue.drain(reinterpret_cast<uint8_t*>(buffer.data()), buffer.size());
    for (size_t at = 0; at < n; ++next) {
      const size_t end = buffer.find('\n', at);
      wrong += end >= n ||
               buffer.compare(at, end - at, std::to_string(next) + std::string(500, '.')) != 0;
      at = end + 1;
    }
  }
  producer.join();
  CHECK_EQ(wrong, 0);
  CHECK(queue.empty());
  CHECK(wakes > 0);
}

TEST(event_queue_of_a_live_source_waits_once_nothing_more_is_captured) {
  WakeUp wake([] {});
  EventQueue queue(wake, false);
  fill(queue);
  CHECK(!push(queue, "dropped\n"));
  queue.wait_when_full();
  std::atomic<bool> pushed{false};
  std::thread worker([&] {
    CHECK(push(queue, "last\n"));
    pushed = true;
  });
  wait_a_little();
  CHECK(!pushed);
  std::string all = drained(queue, EventQueue::chunk_bytes);
  worker.join();
  for (std::string part; !(part = drained(queue, 1 << 20)).empty();) all += part;
  CHECK_STR(all.substr(all.size() - 5), "last\n");
}
