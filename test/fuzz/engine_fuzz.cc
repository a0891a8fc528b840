// Fuzz target: the whole data plane on one thread: input as a capture file -> decode -> flow table
// -> nDPI -> lines. The table is small and the times short, so that flows are evicted, expire and
// start again.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/decode.h"
#include "core/flow_key.h"
#include "core/worker.h"
#include "sources/streamed_capture.h"

using namespace dipper;

namespace {

void require(bool holds) {
  if (!holds) abort();
}

class MemoryStream final : public ByteStream {
 public:
  MemoryStream(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  StreamRead read(uint8_t* to, size_t room, bool) override {
    if (at_ == size_) return {StreamStatus::end};
    const size_t n = size_ - at_ < room ? size_ - at_ : room;
    memcpy(to, data_ + at_, n);
    at_ += n;
    return {StreamStatus::data, n};
  }
  void stop() noexcept override {}
  uint64_t position() const noexcept override { return at_; }
  SourceError error() const override { return {}; }

 private:
  const uint8_t* data_;
  size_t size_, at_ = 0;
};

// One for the process: setting up an nDPI module takes milliseconds.
struct Plane {
  WakeUp wake_up{[] {}};
  EventQueue queue{wake_up, false};  // full means dropped, not blocked: there is one thread
  WorkerCounters counters;
  std::unique_ptr<Worker> worker;

  explicit Plane(bool reference) {
    WorkerOptions options;
    options.max_flows = 64;
    options.max_dpi_states = 16;
    options.expiry = !reference;
    options.active_ns = reference ? 0 : 60000000000;
    options.stats_interval_ns = 5000000000;
    options.events = event_detected | event_updated | event_expired | event_stats;
    options.reference = reference;
    DpiOptions dpi_options;
    dpi_options.reference = reference;
    std::string error;
    auto dpi = Dpi::create(dpi_options, error);
    require(dpi != nullptr);
    worker =
        std::make_unique<Worker>(options, std::move(dpi), Envelope{"fuzz", true}, queue, counters);
  }
};

void check_lines(EventQueue& queue) {
  static std::vector<uint8_t> buffer(512 * 1024);
  while (const size_t n = queue.drain(buffer.data(), buffer.size())) {
    require(buffer[0] == '{' && n >= 2 && buffer[n - 2] == '}' && buffer[n - 1] == '\n');
    for (size_t i = 0; i < n; ++i) require(buffer[i] >= 0x20 || buffer[i] == '\n');
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const HashSecret secret = HashSecret::random();
  static auto burst = std::make_unique<Burst>();
  static auto batch = std::make_unique<PacketBatch>();
  static Plane ours(false), theirs(true);
  if (size == 0) return 0;
  const bool reference =
      data[size - 1] & 1;  // the last byte: captures keep their heads, mutated or not
  Plane& plane = reference ? theirs : ours;
  DecodeOptions decode_options;
  decode_options.reference = reference;
  Decoder decoder(decode_options);
  StreamedCapture source(std::make_unique<MemoryStream>(data, size), "fuzz", size);

  const uint64_t before = plane.counters.packets_in_flows.get();
  uint64_t in_flows = 0, last_ns = 0;
  ReadStatus status;
  do {
    status = source.read(*burst);
    batch->keep(burst->block);
    for (uint32_t i = 0; i < burst->size; ++i) {
      Packet& packet = batch->packets[batch->size];
      if (decoder.decode(burst->packets[i], packet) != Discard::none) continue;
      packet.hash = hash_flow_key(packet.key, secret);
      last_ns = packet.timestamp_ns;
      ++batch->size;
    }
    plane.worker->process(*batch);
    in_flows += batch->size;
    batch->clear();
    plane.worker->flush();
    check_lines(plane.queue);
  } while (status == ReadStatus::more);

  plane.worker->shut_down(last_ns, std::atomic<bool>{false});
  check_lines(plane.queue);
  require(plane.counters.packets_in_flows.get() - before == in_flows);
  require(plane.counters.flows_active.get() == 0);
  require(plane.counters.dpi_states.get() == 0);
  require(plane.counters.metadata_bytes.get() == 0);
  return 0;
}
