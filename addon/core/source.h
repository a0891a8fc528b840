// What a capture source is to the data plane. addon/sources/ implements it; addon/core only declares it.
// Thread: read() is called by one reader thread; stop() by any thread, any number of times.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "packet.h"

namespace dipper {

// The memory behind a burst's views. Null when the bytes live as long as the source (memory-mapped file).
using BlockRef = std::shared_ptr<const void>;

struct Burst {
  static constexpr uint32_t capacity = 256;
  std::array<PacketView, capacity> packets;
  uint32_t size = 0;
  BlockRef block;  // a burst never spans two blocks
};

enum class ReadStatus : uint8_t {
  more,    // views were read, call again
  idle,    // a stream or interface has nothing more for now: what was read should be passed on at once
  end,     // the source is at its end; the burst may still hold views
  failed,  // error() says why; the burst may still hold views that were good
};

struct SourceError {
  std::string message;     // what is wrong, in words for a person; empty when nothing is
  uint64_t offset = 0;     // byte offset in the capture where it was found
  int exit_code = 0;       // sysexits: 65 damaged data, 66 no input, 77 no permission, 74 I/O
};

// Single writer (the reader thread); read by anyone.
struct SourceStats {
  uint64_t packets = 0;          // read
  uint64_t kernel_dropped = 0;   // live sources
  uint64_t bytes_read = 0;       // of the capture file (compressed bytes for gzip): progress
  uint64_t bytes_total = 0;      // 0 when unknown (stream)
};

class Source {
 public:
  virtual ~Source() = default;
  // Fills `burst` (size and block are overwritten). Blocks when there is nothing to read; returns `idle`
  // with size 0 after stop().
  virtual ReadStatus read(Burst& burst) = 0;
  virtual void stop() noexcept = 0;
  virtual SourceError error() const = 0;
  virtual SourceStats stats() const noexcept = 0;
  // True when waiting for the consumer loses nothing (files and pipes): queues block instead of dropping.
  virtual bool lossless() const noexcept = 0;
};

}  // namespace dipper
