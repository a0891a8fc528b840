// The engine over a source that the test drives: every way to end, in every state, with a full ring
// and a full queue; any number of workers gives the same records.
#include "core/engine.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <thread>

#include "check.h"
#include "traffic.h"

using namespace dipper;
using namespace traffic;

namespace {

// What the test keeps in its hands of a source that the engine owns.
struct Script {
  Traffic traffic;
  ReadStatus last = ReadStatus::end;  // after the last frame; idle: until stop()
  SourceError error;
  uint32_t burst = Burst::capacity;
  unsigned repeat = 1;
  bool lossless = true;
  bool own_block = false;  // each burst in a block of its own
  std::atomic<uint64_t> reads{0}, stops{0};
  std::atomic<int> blocks_alive{0}, most_blocks_alive{0};
};

class ScriptedSource final : public Source {
 public:
  explicit ScriptedSource(std::shared_ptr<Script> script) : script_(std::move(script)) {}
  ReadStatus read(Burst& burst) override {
    burst.size = 0;
    burst.block.reset();
    ++script_->reads;
    const auto& frames = script_->traffic.frames();
    while (round_ < script_->repeat && burst.size < script_->burst && !stopped_) {
      burst.packets[burst.size++] = frames[next_++];
      if (next_ == frames.size()) next_ = 0, ++round_;
    }
    packets_ += burst.size;
    if (script_->own_block && burst.size) {
      const int alive = ++script_->blocks_alive;
      if (alive > script_->most_blocks_alive) script_->most_blocks_alive = alive;
      burst.block = std::shared_ptr<const void>(new int, [script = script_](const void* p) {
        delete static_cast<const int*>(p);
        --script->blocks_alive;
      });
    }
    if (stopped_) return ReadStatus::idle;
    if (round_ < script_->repeat) return ReadStatus::more;
    if (script_->last != ReadStatus::idle) return script_->last;
    if (burst.size) return ReadStatus::idle;
    std::unique_lock<std::mutex> lock(mutex_);
    wake_.wait(lock, [&] { return stopped_.load(); });
    return ReadStatus::idle;
  }
  void stop() noexcept override {
    ++script_->stops;
    std::lock_guard<std::mutex> lock(mutex_);
    stopped_ = true;
    wake_.notify_all();
  }
  SourceError error() const override { return script_->error; }
  SourceStats stats() const noexcept override { return {packets_, 0, next_, frames_total()}; }
  bool lossless() const noexcept override { return script_->lossless; }

 private:
  uint64_t frames_total() const { return script_->traffic.frames().size(); }
  std::shared_ptr<Script> script_;
  size_t next_ = 0;
  unsigned round_ = 0;
  uint64_t packets_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> stopped_{false};
};

// An engine, and a consumer that waits for its wake-ups as Node's thread would.
struct Rig {
  std::mutex mutex;
  std::condition_variable changed;
  int woken = 0;
  std::unique_ptr<Engine> engine;
  std::string text;

  Rig(const std::shared_ptr<Script>& script, unsigned workers = 1, WorkerOptions worker = {}) {
    EngineOptions options;
    options.workers = workers;
    options.worker = worker;
    options.envelope.interface = "test";
    std::string error;
    engine = Engine::create(
        options, std::make_unique<ScriptedSource>(script),
        [this] {
          std::lock_guard<std::mutex> lock(mutex);
          ++woken;
          changed.notify_all();
        },
        error);
    if (!engine) abort();
  }
  // Takes lines until `enough` says so or the engine has finished. False after ten seconds without
  // progress.
  template <typename Enough>
  bool consume(Enough&& enough) {
    std::vector<uint8_t> buffer(Engine::minimum_drain_bytes);
    for (;;) {
      if (const size_t n = engine->drain(buffer.data(), buffer.size())) {
        text.append(reinterpret_cast<char*>(buffer.data()), n);
        continue;
      }
      if (engine->finished() || enough()) return true;
      std::unique_lock<std::mutex> lock(mutex);
      if (!changed.wait_for(lock, std::chrono::seconds(10), [&] { return woken > 0; }))
        return false;
      woken = 0;
    }
  }
  bool finish() {
    return consume([] { return false; });
  }
  std::vector<std::string> purges() const {
    std::vector<std::string> found;
    for (auto& line : split_lines(text))
      if (field(line, "type") == "flow_purge") found.push_back(line);
    return found;
  }
  uint64_t total(Counter WorkerCounters::*counter) const {
    uint64_t sum = 0;
    for (unsigned i = 0; i < engine->workers(); ++i)
      sum += (engine->counters()->workers[i].*counter).get();
    return sum;
  }
};

const Endpoint server{"93.184.216.34", 80};

Endpoint host(unsigned n, uint16_t port = 40000) {
  return {"10.0." + std::to_string(n / 250 % 250) + "." + std::to_string(1 + n % 250), port};
}

std::shared_ptr<Script> few_flows() {
  auto script = std::make_shared<Script>();
  for (unsigned i = 0; i < 20; ++i) {
    script->traffic.tcp(1000, host(i), server, syn);
    script->traffic.tcp(1000, server, host(i), syn | ack);
  }
  return script;
}

// More records than a queue holds, and more packets than a ring.
std::shared_ptr<Script> many_flows() {
  auto script = std::make_shared<Script>();
  for (unsigned i = 0; i < 12000; ++i)
    script->traffic.udp(1000 + i / 1000, host(i, static_cast<uint16_t>(1 + i / 50)), server, "x");
  return script;
}

// A table so small that nearly every packet writes a record.
WorkerOptions small_table() {
  WorkerOptions options;
  options.max_flows = 1000;
  return options;
}

WorkerOptions no_expiry() {
  WorkerOptions options;
  options.expiry = false;
  return options;
}

void check_account(Rig& rig) {
  uint64_t packets = 0, bytes = 0, discarded = 0;
  for (const auto& line : rig.purges()) {
    packets += number(line, "total_packets");
    bytes += number(line, "total_bytes");
  }
  const ReaderCounters& reader = rig.engine->counters()->reader;
  for (const Counter& counter : reader.discarded_packets) discarded += counter.get();
  CHECK_EQ(rig.total(&WorkerCounters::packets_in_flows), packets);
  CHECK_EQ(rig.total(&WorkerCounters::bytes_in_flows), bytes);
  CHECK_EQ(reader.packets_read.get(), packets + discarded);
}

void wait_a_little() { std::this_thread::sleep_for(std::chrono::milliseconds(30)); }

}  // namespace

TEST(engine_to_the_end) {
  auto script = few_flows();
  script->traffic.raw(1001, std::string(14, '\0'));  // in no flow
  Rig rig(script);
  CHECK(!rig.engine->finished());
  rig.engine->start();
  CHECK(rig.finish());
  CHECK_EQ(rig.purges().size(), 20u);
  CHECK(rig.engine->failure().message.empty());
  CHECK_EQ(rig.engine->counters()->reader.packets_read.get(), 41u);
  CHECK_EQ(rig.engine->counters()->reader.bytes_read.get(), script->traffic.bytes());
  CHECK_EQ(rig.engine->counters()->reader.first_packet_ns.get(), 1000000000000u);
  check_account(rig);
}

TEST(engine_empty_source) {
  auto script = std::make_shared<Script>();
  script->repeat = 0;
  Rig rig(script, 3);
  rig.engine->start();
  CHECK(rig.finish());
  CHECK_STR(rig.text, "");
}

TEST(engine_failed_source_keeps_what_was_read) {
  auto script = few_flows();
  script->last = ReadStatus::failed;
  script->error = {"packet 41 claims too much", 4711, 65};
  Rig rig(script);
  rig.engine->start();
  CHECK(rig.finish());
  CHECK_EQ(rig.purges().size(), 20u);
  CHECK_STR(rig.engine->failure().message, "packet 41 claims too much");
  CHECK_EQ(rig.engine->failure().offset, 4711u);
  CHECK_EQ(rig.engine->failure().exit_code, 65);
  check_account(rig);
}

TEST(engine_idle_source_passes_events_on) {
  // The lines of a stream that pauses come now, not when a chunk of 64 KiB is full; with any number
  // of workers.
  for (const unsigned workers : {1u, 4u}) {
    auto script = std::make_shared<Script>();
    script->last = ReadStatus::idle;
    script->traffic.tcp(1000, host(1), server, syn);
    script->traffic.tcp(1000, server, host(1), rst);
    script->traffic.tcp(1050, host(1), server, syn);  // the first one ended 40 s ago
    Rig rig(script, workers);
    rig.engine->start();
    CHECK(rig.consume([&] { return !rig.purges().empty(); }));
    CHECK_EQ(rig.purges().size(), 1u);
    CHECK(!rig.engine->finished());
    rig.engine->stop();
    CHECK(rig.finish());
    CHECK_EQ(rig.purges().size(), 2u);
    CHECK_STR(field(rig.purges().at(1), "reason"), "shutdown");
    check_account(rig);
  }
}

TEST(engine_any_number_of_workers_gives_the_same_records) {
  auto script = std::make_shared<Script>();
  for (unsigned i = 0; i < 6000; ++i) {
    const Endpoint from = host(i * 7 % 300, static_cast<uint16_t>(i % 3));
    script->traffic.tcp(1000 + i / 50, from, server,
                        i % 13 == 0   ? fin | ack
                        : i % 17 == 0 ? rst
                        : i % 5 == 0  ? syn
                                      : ack,
                        "data");
    if (i % 3) script->traffic.udp(1000 + i / 50, host(i % 40), host(i % 41, 53), "question");
    if (i % 5 == 0) script->traffic.udp(1000 + i / 50, host(i % 41, 53), host(i % 40), "answer");
    if (i % 100 == 0)
      script->traffic.udp_fragments(1000 + i / 50, host(i), server, static_cast<uint16_t>(i));
    if (i % 77 == 0) script->traffic.raw(1000 + i / 50, std::string(20, '\1'));
  }
  std::multimap<std::string, std::string> expected;
  for (const unsigned workers : {1u, 2u, 4u}) {
    WorkerOptions options;
    options.active_ns = 30000000000;
    Rig rig(script, workers, options);
    rig.engine->start();
    CHECK(rig.finish());
    std::multimap<std::string, std::string> records;
    for (const auto& line : rig.purges()) records.emplace(field(line, "digest"), line);
    if (workers == 1) expected = records;
    CHECK(records.size() > 1000);
    CHECK_EQ(records.size(), expected.size());
    CHECK(records == expected);
    check_account(rig);
    if (workers == 4)
      for (unsigned i = 0; i < 4; ++i)
        CHECK(rig.engine->counters()->workers[i].packets_in_flows.get() > 0);
  }
}

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
  Rig rig(script, 1, no_expiry());
  rig.engine->start();
  while (rig.total(&WorkerCounters::flows_shutdown) < 12000) wait_a_little();
  CHECK(rig.finish());
  const uint64_t kept = rig.total(&WorkerCounters::events),
                 lost = rig.total(&WorkerCounters::events_lost);
  CHECK_EQ(split_lines(rig.text).size(), kept);
  CHECK(lost > 0);
  CHECK(kept + lost >= 12000);
  CHECK_EQ(rig.total(&WorkerCounters::packets_in_flows), 12000u);
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
    Rig in_shut_down(many_flows(), 1, no_expiry());  // blocked in the last records
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

TEST(engine_counters_outlive_it) {
  std::shared_ptr<CounterBlock> counters;
  {
    Rig rig(few_flows(), 2);
    counters = rig.engine->counters();
    rig.engine->start();
    CHECK(rig.finish());
  }
  CHECK_EQ(counters->reader.packets_read.get(), 40u);
}

// A worker that gets nothing must not hold the memory of what others got.
TEST(engine_idle_workers_hold_no_blocks) {
  auto script = std::make_shared<Script>();
  for (unsigned i = 0; i < 256; ++i) script->traffic.udp(1000, host(1), server, "x");
  script->own_block = true;
  script->burst = 16;
  script->repeat = 1000;  // 16,000 blocks for one worker of four
  Rig rig(script, 4, no_expiry());
  rig.engine->start();
  CHECK(rig.finish());
  // Ring of 32 batches of 16 bursts, and a little.
  if (script->most_blocks_alive > 1000)
    check::fail(__FILE__, __LINE__,
                std::to_string(script->most_blocks_alive) + " blocks alive at a time");
  rig.engine.reset();
  CHECK_EQ(script->blocks_alive.load(), 0);
}

TEST(engine_drain_takes_workers_in_turn) {
  // Both queues hold more than a call can take: two calls in a row must not serve the same worker.
  auto script = many_flows();
  Rig rig(script, 2, no_expiry());
  rig.engine->start();
  while (rig.total(&WorkerCounters::flows_shutdown) < 6000) wait_a_little();
  wait_a_little();
  std::vector<uint8_t> buffer(Engine::minimum_drain_bytes);
  const auto worker_of_next = [&] {
    const size_t n = rig.engine->drain(buffer.data(), buffer.size());
    rig.text.append(reinterpret_cast<char*>(buffer.data()), n);
    const std::string line(reinterpret_cast<char*>(buffer.data()), n);
    Traffic one;
    one.udp(1, {field(line, "local_ip"), static_cast<uint16_t>(number(line, "local_port"))},
            server);
    Packet packet;
    Decoder({}).decode(one.frames()[0], packet);
    return hash_address_pair(packet.key) % 2;
  };
  const uint32_t first = worker_of_next(), second = worker_of_next();
  CHECK(first != second);
  CHECK(rig.finish());
  check_account(rig);
}
