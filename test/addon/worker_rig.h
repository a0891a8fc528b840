// A worker with a real nDPI module and a queue of its own, fed with hand-made traffic; what it
// said, line by line.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "core/worker.h"
#include "traffic.h"

namespace traffic {

class WorkerRig {
 public:
  explicit WorkerRig(const dipper::WorkerOptions& options, const dipper::DpiOptions& dpi = {});

  // Decodes and processes all frames of `traffic`, in batches of at most `batch` packets.
  void feed(const Traffic& traffic, uint32_t batch = dipper::PacketBatch::capacity);
  // A command, and the slices that it takes until they stop.
  void command(dipper::WorkerCommand command);
  // Ends every flow at the time of the last packet.
  void end();

  // Lines so far, by type; "" is all.
  std::vector<std::string> lines(const std::string& type = "");
  std::vector<std::string> purges() { return lines("flow_purge"); }

  dipper::Worker& worker() { return *worker_; }
  uint64_t packets_fed() const { return packets_; }
  uint64_t bytes_fed() const { return bytes_; }
  dipper::WorkerCounters counters;

 private:
  void drain();

  dipper::WakeUp wake_{[] {}};
  dipper::EventQueue queue_{wake_, false};
  std::unique_ptr<dipper::Worker> worker_;
  dipper::Decoder decoder_{{}};
  std::string text_;
  uint64_t packets_ = 0, bytes_ = 0, last_ns_ = 0;
};

// After end(): what the records count is what was fed, and nothing is held any more.
void check_conservation(WorkerRig& rig);

}  // namespace traffic
