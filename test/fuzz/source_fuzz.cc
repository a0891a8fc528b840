// Fuzz target: the input as a capture file, streamed in pieces whose size its own bytes choose, and
// parsed as one window as a mapping would. Both must end, keep every view inside its memory, and
// find the same packets.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "sources/capture_format.h"
#include "sources/streamed_capture.h"

using namespace dipper;

namespace {

class MemoryStream final : public ByteStream {
 public:
  MemoryStream(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  StreamRead read(uint8_t* to, size_t room, bool wait) override {
    if (at_ == size_) return {StreamStatus::end};
    if (!wait && data_[at_] % 7 == 0) return {StreamStatus::waiting};
    const size_t n = std::min({room, size_ - at_, size_t{1} + data_[at_] * size_t{37}});
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

void require(bool condition) {
  if (!condition) abort();
}

// Reads the first and last byte of every view: a wrong one is the sanitizer's to find.
uint64_t touch(const PacketView& v, uint64_t sum) {
  require(v.captured_length <= max_captured_length);
  sum = sum * 31 + v.captured_length;
  if (v.captured_length) sum = sum * 31 + v.data[0] + v.data[v.captured_length - 1] * 7u;
  return sum * 31 + v.timestamp_ns + v.link_type;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto burst = std::make_unique<Burst>();
  StreamedCapture streamed(std::make_unique<MemoryStream>(data, size), "fuzz", size);
  uint64_t packets = 0, sum = 0;
  ReadStatus status;
  // A gzip input inflates to at most a thousand times its size: bounded work for bounded input.
  for (uint64_t calls = 0;; ++calls) {
    require(calls <= 2000 * (uint64_t{size} + 1));
    status = streamed.read(*burst);
    require(burst->size <= Burst::capacity);
    require(burst->size == 0 || burst->block);
    for (uint32_t i = 0; i < burst->size; ++i) sum = touch(burst->packets[i], sum);
    packets += burst->size;
    if (status == ReadStatus::end || status == ReadStatus::failed) break;
    require(burst->size > 0);
  }
  require(streamed.stats().packets == packets);
  require((status == ReadStatus::failed) == !streamed.error().message.empty());

  auto format = size < 4 ? nullptr : make_capture_format(data);
  if (!format) return 0;
  std::unique_ptr<uint8_t[]> exact(
      new uint8_t[size]);  // its own allocation: the sanitizer sees its end
  memcpy(exact.get(), data, size);
  uint64_t whole_packets = 0, whole_sum = 0;
  size_t at = 0;
  Parse result;
  do {
    size_t consumed = 0;
    burst->size = 0;
    result = format->parse(exact.get() + at, size - at, at, *burst, consumed);
    at += consumed;
    require(at <= size);
    for (uint32_t i = 0; i < burst->size; ++i) {
      const PacketView& v = burst->packets[i];
      require(v.data >= exact.get() && v.data + v.captured_length <= exact.get() + size);
      whole_sum = touch(v, whole_sum);
    }
    whole_packets += burst->size;
  } while (result == Parse::full);
  const bool clean = result == Parse::starved && format->finish(size - at, at);
  require(whole_packets == packets && whole_sum == sum);
  require(clean == (status == ReadStatus::end));
  if (!clean) require(format->defect().offset == streamed.error().offset);
  return 0;
}
