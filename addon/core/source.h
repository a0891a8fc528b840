// What a capture source is to the data plane. addon/sources/ implements it; addon/core only declares it.
// Thread: read() is called by one reader thread; stop() by any thread, any number of times.
#pragma once
#include <time.h>

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
  int exit_code = 0;       // sysexits: 65 damaged data, 66 no input, 69 no such device, 77 no permission, 74 I/O
  const char* code = "";   // of src/errors.ts, where the exit code alone does not tell
};

// Where a source's interface or descriptor stands. The names are what `interface_stats` says; append, never reorder.
#define DIPPER_SOURCE_STATES(X) \
  X(none) X(up) X(down) X(removed) X(waiting) X(needs_descriptor)
//  none: a file, which has no states.      removed: was there, and is looked for once a second.
//  waiting: has not been there yet.        needs_descriptor: goes on with provide_descriptor().
enum class SourceState : uint8_t {
#define X(name) name,
  DIPPER_SOURCE_STATES(X)
#undef X
};

// Single writer (the reader thread); read by anyone.
struct SourceStats {
  uint64_t packets = 0;          // read
  uint64_t kernel_dropped = 0;   // live sources
  uint64_t bytes_read = 0;       // of the capture file (compressed bytes for gzip): progress
  uint64_t bytes_total = 0;      // 0 when unknown (stream)
  uint64_t kernel_received = 0;  // live sources: what passed the kernel's filter, kernel_dropped included
  uint64_t kernel_freezes = 0;   // times that the kernel found every block in use
  uint64_t truncated = 0;        // packets captured shorter than they were on the wire
  uint64_t filtered = 0;         // packets that were read and did not pass the filter: not in `packets`
  uint64_t reopened = 0;         // times that a source came back after its interface or stream had gone
  SourceState state = SourceState::none;
};

// Both clocks at one time. The steady one counts on while the machine sleeps, so that what was silent meanwhile ends.
struct ClockReading {
  uint64_t wall_ns = 0;    // CLOCK_REALTIME, which stamps live packets; 0: packets alone tell the time
  uint64_t steady_ns = 0;  // CLOCK_BOOTTIME

  static ClockReading now() noexcept {
    const auto read = [](clockid_t clock) {
      timespec t{};
      clock_gettime(clock, &t);
      return static_cast<uint64_t>(t.tv_sec) * 1000000000 + static_cast<uint64_t>(t.tv_nsec);
    };
    return {read(CLOCK_REALTIME), read(CLOCK_BOOTTIME)};
  }
};

class Source {
 public:
  virtual ~Source() = default;
  // Live sources give ClockReading::now(), and return `idle` at least every 100 ms: then flows end, and statistics come,
  // while nothing arrives. Thread: the reader's.
  virtual ClockReading clock() const noexcept { return {}; }
  // Fills `burst` (size and block are overwritten). Blocks when there is nothing to read; returns `idle`
  // with size 0 after stop(), a live source when it has handed over what it had received by then.
  virtual ReadStatus read(Burst& burst) = 0;
  virtual void stop() noexcept = 0;
  virtual SourceError error() const = 0;
  virtual SourceStats stats() const noexcept = 0;
  // True when waiting for the consumer loses nothing (files and pipes): queues block instead of dropping.
  virtual bool lossless() const noexcept = 0;
  // Takes the descriptor that needs_descriptor waits for, and owns it from then on. False: not one of its kind, or not
  // wanted; it is still the caller's. Any thread.
  virtual bool provide_descriptor(int) noexcept { return false; }
  // Looks at once whether what is missing has come back. Any thread.
  virtual void retry() noexcept {}
};

}  // namespace dipper
