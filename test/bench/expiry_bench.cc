// A million flows that are due in the same second, beside one connection that goes on: how long a packet waits at most while
// they end, and how long all of them take. The worker runs as the engine runs it, a batch of packets, then a slice; another
// thread takes the lines. Prints one line of JSON.   expiry-bench [FLOWS] [PACKETS A BATCH]
#include <time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/decode.h"
#include "core/worker.h"

using namespace dipper;

namespace {

constexpr uint64_t second_ns = 1000000000, begin_ns = 1700000000 * second_ns;

// Processor time of this thread: what other programs take is not the worker's.
uint64_t worked_ns() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<uint64_t>(t.tv_sec) * second_ns + static_cast<uint64_t>(t.tv_nsec);
}

// Batches of UDP datagrams of four bytes from 10.0.0.0/8, a source address and port for each flow.
class Sender {
 public:
  void add(uint32_t flow, uint64_t ns) {
    std::array<uint8_t, 60>& frame = frames_[batch_->size];
    constexpr uint8_t head[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0};
    memcpy(frame.data(), head, sizeof head);
    const uint8_t rest[] = {10, static_cast<uint8_t>(flow >> 16), static_cast<uint8_t>(flow >> 8), static_cast<uint8_t>(flow),
                            192, 0, 2, 1, 0xc0, 0, 0xc3, 0x50, 0, 12, 0, 0, 'x', 'y', 'z', 0};
    memcpy(frame.data() + sizeof head, rest, sizeof rest);
    PacketView view{};
    view.data = frame.data();
    view.captured_length = view.wire_length = 60;
    view.timestamp_ns = ns;
    view.link_type = 1;
    if (decoder_.decode(view, batch_->packets[batch_->size]) != Discard::none) abort();
    ++batch_->size;
  }
  bool full() const { return batch_->size == PacketBatch::capacity; }
  uint32_t size() const { return batch_->size; }
  void pass_to(Worker& worker) {
    worker.process(*batch_);
    batch_->clear();
  }

 private:
  Decoder decoder_{{}};
  std::unique_ptr<PacketBatch> batch_ = std::make_unique<PacketBatch>();
  std::array<std::array<uint8_t, 60>, PacketBatch::capacity> frames_;
};

struct Pauses {
  uint64_t longest_ns, p999_ns, median_ns, total_ns;
};

Pauses summary(std::vector<uint64_t>& spans) {
  std::sort(spans.begin(), spans.end());
  uint64_t total = 0;
  for (const uint64_t span : spans) total += span;
  return {spans.back(), spans[spans.size() * 999 / 1000], spans[spans.size() / 2], total};
}

}  // namespace

int main(int argc, char** argv) {
  const uint32_t flows = argc > 1 ? static_cast<uint32_t>(atoi(argv[1])) : 1000000;
  const uint32_t a_batch = argc > 2 ? static_cast<uint32_t>(atoi(argv[2])) : 1;
  if (flows < 1 || flows >= 1u << 24 || a_batch < 1 || a_batch > PacketBatch::capacity) return 64;
  std::string error;
  std::shared_ptr<Dpi> dpi = Dpi::create({}, error);
  if (!dpi) {
    fprintf(stderr, "%s\n", error.c_str());
    return 69;
  }
  WorkerOptions options;
  options.max_flows = flows + 16;
  options.events = event_expired;
  WakeUp wake{[] {}};
  EventQueue queue{wake, true};
  WorkerCounters counters;
  Worker worker(options, std::move(dpi), Envelope{"bench", true}, queue, counters);
  std::atomic<bool> over{false};
  uint64_t bytes = 0;
  std::thread consumer([&] {
    std::string part(1 << 20, '\0');
    while (!over || !queue.empty()) {
      const size_t n = queue.drain(reinterpret_cast<uint8_t*>(part.data()), part.size());
      bytes += n;
      if (!n) std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  });

  Sender sender;
  for (uint32_t flow = 1; flow <= flows; ++flow) {  // all within one second
    sender.add(flow, begin_ns + flow * (second_ns / 2 / flows));
    if (sender.full() || flow == flows) sender.pass_to(worker);
  }
  const uint64_t began = counters.flows_active.get();
  uint64_t now_ns = begin_ns + second_ns;
  const auto step = [&] {  // the connection that goes on is flow 0
    for (uint32_t i = 0; i < a_batch; ++i) sender.add(0, now_ns += 1000);
    const uint64_t from = worked_ns();
    sender.pass_to(worker);
    worker.slice();
    return worked_ns() - from;
  };
  std::vector<uint64_t> quiet, busy;
  for (int i = 0; i < 100000; ++i) quiet.push_back(step());
  now_ns = begin_ns + options.udp_idle_ns + 2 * second_ns;
  while (counters.flows_active.get() > 1) busy.push_back(step());
  worker.flush();
  over = true;
  consumer.join();
  const Pauses before = summary(quiet), during = summary(busy);
  printf("{\"flows\":%llu,\"ended\":%llu,\"batch_packets\":%u,\"batches\":%zu,\"total_ms\":%.1f,\"longest_us\":%.1f,"
         "\"p999_us\":%.1f,\"median_us\":%.1f,\"quiet_longest_us\":%.1f,\"quiet_p999_us\":%.1f,\"quiet_median_us\":%.1f,"
         "\"line_bytes\":%llu}\n",
         static_cast<unsigned long long>(began), static_cast<unsigned long long>(counters.flows_expired_idle.get()), a_batch,
         busy.size(), during.total_ns / 1e6, during.longest_ns / 1e3, during.p999_ns / 1e3, during.median_ns / 1e3,
         before.longest_ns / 1e3, before.p999_ns / 1e3, before.median_ns / 1e3, static_cast<unsigned long long>(bytes));
}
