// The data plane: one source, one reader thread, N workers, a queue of lines from each. Knows neither Node nor files.
//   reader: source -> decode -> hash -> rings        worker: ring -> flow table -> nDPI -> lines -> queue
// Threads: create, start, stop, drain and the destructor from one thread (the owner's); wake is called from workers.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "counters.h"
#include "decode.h"
#include "event_queue.h"
#include "live_clock.h"
#include "packet_ring.h"
#include "source.h"
#include "worker.h"

namespace dipper {

struct EngineOptions {
  unsigned workers = 1;
  Envelope envelope;
  DecodeOptions decode;
  WorkerOptions worker;
  DpiOptions dpi;
};

// Counters of a whole engine in one block of 64-bit cells; it outlives the engine as long as someone reads it.
struct CounterBlock {
  static constexpr unsigned max_workers = 64;
  ReaderCounters reader;
  WorkerCounters workers[max_workers];
};

class Engine {
 public:
  // `wake` is called when there is something to drain or the engine has finished; at most once until the next drain.
  // Null and a message when nDPI can't be set up.
  static std::unique_ptr<Engine> create(const EngineOptions& options, std::unique_ptr<Source> source,
                                        std::function<void()> wake, std::string& error);
  ~Engine();  // ends at once, whatever it is doing, and joins

  void start();
  // Graceful: reads no more; what was read is processed, live flows end with reason shutdown and their lines are still to
  // be drained. May be called any number of times, before start() as well.
  void stop() noexcept;

  // For a source that waits (source.h): the descriptor it needs, owned by it when this returns true; or a look at once.
  bool provide_descriptor(int descriptor) noexcept { return source_->provide_descriptor(descriptor); }
  void retry_source() noexcept { source_->retry(); }

  // Commands to all workers, in force between two of their batches; before start() as well. False when a mailbox is full,
  // or too many snapshots are open; nobody got the command then. Late ones, to workers that have ended, do nothing.
  bool set_networks(const Roles& networks);
  // The events of an engine that was made for flow_purge alone stay so.
  bool set_live_options(LiveOptions options);
  bool expire_all();
  // Other definitions of applications (null: none), for flows to come and, in slices, for those that are there: what is told
  // of them and is no longer so is a `flow_dpi_update`.
  bool set_applications(const std::shared_ptr<const ApplicationTable>& table);
  // Every live flow that was announced, as lines that begin with `{"snapshot":ID,`, and one `snapshot_end` at last: also
  // when the engine ends meanwhile, but not when it was cancelled. Events go on between them.
  bool snapshot(uint64_t id, const Explanation& explanation = {});
  void cancel_snapshot(uint64_t id) noexcept;
  // Other nDPI modules for the flows that begin from now on: one for each worker, as many as there are workers().
  void adopt_dpi(std::vector<std::unique_ptr<Dpi>> modules);
  static constexpr size_t most_snapshots = 64;

  // Copies whole lines to `out`; returns the bytes written, 0 when there is nothing now. `size` is at least
  // minimum_drain_bytes, which the longest line fits into: 33 fields of 1 KiB, each byte escaped to six.
  static constexpr size_t minimum_drain_bytes = 512 * 1024;
  size_t drain(uint8_t* out, size_t size);
  bool finished() const;         // all threads are through and every line was drained
  SourceError failure() const;   // what ended the source before its end, once finished

  const std::shared_ptr<CounterBlock>& counters() const { return counters_; }
  const DpiOptions& dpi_options() const { return options_.dpi; }
  unsigned workers() const { return static_cast<unsigned>(lanes_.size()); }

 private:
  struct Lane {
    Lane(WakeUp& wake_up, bool lossless) : queue(wake_up, lossless) {}
    PacketRing ring;
    EventQueue queue;
    Mailbox mailbox;
    std::unique_ptr<Worker> worker;
    std::thread thread;
  };

  Engine(const EngineOptions& options, std::unique_ptr<Source> source, std::function<void()> wake);
  void read_all();
  void publish_source_stats();
  bool distribute(const Burst& burst, std::vector<std::unique_ptr<PacketBatch>>& open);
  bool scatter(const BlockRef& block, std::vector<std::unique_ptr<PacketBatch>>& open);
  bool push(size_t to, std::vector<std::unique_ptr<PacketBatch>>& open);
  bool pass_on(std::vector<std::unique_ptr<PacketBatch>>& open, bool flush);
  void work(Lane& lane);
  bool post(const WorkerCommand& command);
  size_t end_snapshots(uint8_t* out, size_t size);
  void thread_ended();

  const EngineOptions options_;
  std::unique_ptr<Source> source_;
  Decoder decoder_;
  PacketBatch scratch_;  // decoded, not yet given to one of several workers
  LiveClock clock_;
  bool live_ = false;       // the source has a clock
  uint64_t ticked_ns_ = 0;  // when the workers were last told the time
  WakeUp wake_up_;
  std::shared_ptr<CounterBlock> counters_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::thread reader_;
  Closing closing_;
  bool share_end_ = false;  // the reader writes the last records of the one worker
  std::atomic<bool> stop_{false}, abort_{false};
  std::atomic<unsigned> threads_running_{0};
  std::atomic<uint64_t> last_packet_ns_{0};
  bool started_ = false;
  mutable std::mutex failure_mutex_;
  SourceError failure_;
  size_t next_drain_ = 0;
  std::vector<std::shared_ptr<Snapshot>> snapshots_;  // open ones: asked for, and their end not yet drained
};

}  // namespace dipper
