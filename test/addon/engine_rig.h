// An engine over a source that the test drives, with a consumer that waits for wake-ups as Node's
// thread would.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "check.h"
#include "core/engine.h"
#include "traffic.h"

namespace engine_rig {

using namespace dipper;
using namespace traffic;

// What the test keeps in its hands of a source that the engine owns.
struct Script {
  Traffic traffic;
  ReadStatus last = ReadStatus::end;  // after the last frame; idle: until stop()
  SourceError error;
  uint32_t burst = Burst::capacity;
  unsigned repeat = 1;
  bool lossless = true;
  bool own_block = false;  // each burst in a block of its own
  std::atomic<uint64_t> wall_ns{0}, steady_ns{0};  // 0: no clock
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
    if (script_->wall_ns)
      wake_.wait_for(lock, std::chrono::milliseconds(2));
    else
      wake_.wait(lock, [&] { return stopped_.load(); });
    return ReadStatus::idle;
  }
  ClockReading clock() const noexcept override { return {script_->wall_ns, script_->steady_ns}; }
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

inline const Endpoint server{"93.184.216.34", 80};

inline Endpoint host(unsigned n, uint16_t port = 40000) {
  return {"10.0." + std::to_string(n / 250 % 250) + "." + std::to_string(1 + n % 250), port};
}

inline std::shared_ptr<Script> few_flows() {
  auto script = std::make_shared<Script>();
  for (unsigned i = 0; i < 20; ++i) {
    script->traffic.tcp(1000, host(i), server, syn);
    script->traffic.tcp(1000, server, host(i), syn | ack);
  }
  return script;
}

// More records than a queue holds, and more packets than a ring.
inline std::shared_ptr<Script> many_flows() {
  auto script = std::make_shared<Script>();
  for (unsigned i = 0; i < 12000; ++i)
    script->traffic.udp(1000 + i / 1000, host(i, static_cast<uint16_t>(1 + i / 50)), server, "x");
  return script;
}

// A table so small that nearly every packet writes a record.
inline WorkerOptions small_table() {
  WorkerOptions options;
  options.max_flows = 1000;
  return options;
}

inline WorkerOptions no_expiry() {
  WorkerOptions options;
  options.expiry = false;
  return options;
}

inline void check_account(Rig& rig) {
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

inline void wait_a_little() { std::this_thread::sleep_for(std::chrono::milliseconds(30)); }

}  // namespace engine_rig
