// Fuzz target: the whole data plane on one thread: input as a capture file -> decode -> flow table
// -> nDPI -> lines. The table is small and the times short, so that flows are evicted, expire and
// start again. Every line must be JSON, every packet in one record or discarded by name. The last
// byte of the input chooses the options, because captures keep their heads, mutated or not.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/decode.h"
#include "core/flow_key.h"
#include "core/worker.h"
#include "json_check.h"
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

constexpr uint64_t second = 1000000000;

// Kept from input to input: setting up an nDPI module takes milliseconds. Time goes on from one to
// the next, an input has ten minutes at most, so that what one did to the clock does not decide how
// the next is read.
struct Plane {
  static constexpr uint64_t most_ns = 600 * second;
  static constexpr unsigned inputs = 5000;  // then a new one, at the beginning of time

  WakeUp wake_up{[] {}};
  EventQueue queue{wake_up, false};  // full means dropped, not blocked: there is one thread
  WorkerCounters counters;
  std::unique_ptr<Worker> worker;
  uint64_t base_ns = 0;
  unsigned used = 0;

  Plane(bool reference, bool expiry) {
    WorkerOptions options;
    options.max_flows = 32;
    options.max_dpi_states = reference ? 1u << 30 : 16;
    options.expiry = expiry;
    options.active_ns = 60 * second;
    options.stats_interval_ns = 5 * second;
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

Plane& plane_for(bool reference, bool expiry) {
  static std::unique_ptr<Plane> planes[4];
  auto& plane = planes[reference * 2 + expiry];
  if (!plane || ++plane->used == Plane::inputs) plane = std::make_unique<Plane>(reference, expiry);
  plane->base_ns += 2 * Plane::most_ns;
  return *plane;
}

uint64_t number_after(std::string_view line, std::string_view key) {
  const size_t at = line.rfind(key);
  require(at != std::string_view::npos);
  return strtoull(line.data() + at + key.size(), nullptr, 10);
}

// Takes and checks all lines; adds what the final records count.
void check_lines(EventQueue& queue, uint64_t& packets, uint64_t& bytes) {
  static std::vector<uint8_t> buffer(512 * 1024);
  while (const size_t n = queue.drain(buffer.data(), buffer.size())) {
    std::string_view text(reinterpret_cast<const char*>(buffer.data()), n);
    require(text.back() == '\n');
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(line.size() + 1);
      require(json_check::valid(line));
      constexpr std::string_view purge = "{\"type\":\"flow_purge\"";
      if (line.substr(0, purge.size()) != purge) continue;
      packets += number_after(line, "\"total_packets\":");
      bytes += number_after(line, "\"total_bytes\":");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const HashSecret secret = HashSecret::random();
  static auto burst = std::make_unique<Burst>();
  static auto batch = std::make_unique<PacketBatch>();
  if (size == 0) return 0;
  const uint8_t choice = data[size - 1];
  Plane& plane = plane_for(choice & 1, choice & 2);
  DecodeOptions decode_options;
  decode_options.reference = choice & 1;
  Decoder decoder(decode_options);
  StreamedCapture source(std::make_unique<MemoryStream>(data, size), "fuzz", size);

  const uint64_t lost_before = plane.counters.events_lost.get(),
                 before = plane.counters.packets_in_flows.get();
  uint64_t read = 0, discarded = 0, fed_packets = 0, fed_bytes = 0, packets = 0, bytes = 0,
           first_ns = 0, last_ns = 0;
  ReadStatus status;
  do {
    status = source.read(*burst);
    batch->keep(burst->block);
    read += burst->size;
    for (uint32_t i = 0; i < burst->size; ++i) {
      Packet& packet = batch->packets[batch->size];
      if (decoder.decode(burst->packets[i], packet) != Discard::none) {
        ++discarded;
        continue;
      }
      if (!first_ns) first_ns = packet.timestamp_ns;
      last_ns = plane.base_ns + std::min(packet.timestamp_ns - first_ns, Plane::most_ns);
      packet.timestamp_ns = last_ns;
      packet.hash = hash_flow_key(packet.key, secret);
      fed_bytes += packet.captured_length;
      ++fed_packets;
      ++batch->size;
    }
    plane.worker->process(*batch);
    batch->clear();
    plane.worker->flush();
    check_lines(plane.queue, packets, bytes);
  } while (status == ReadStatus::more);

  plane.worker->shut_down(last_ns, std::atomic<bool>{false});
  check_lines(plane.queue, packets, bytes);
  require(read == fed_packets + discarded && source.stats().packets == read);
  require(plane.counters.packets_in_flows.get() - before == fed_packets);
  require(packets == fed_packets && bytes == fed_bytes);
  require(plane.counters.events_lost.get() == lost_before);
  require(plane.counters.flows_active.get() == 0);
  require(plane.counters.dpi_states.get() == 0);
  require(plane.counters.metadata_bytes.get() == 0);
  return 0;
}
