#include "worker_rig.h"

#include <cstdlib>

#include "check.h"

using namespace dipper;

namespace traffic {

WorkerRig::WorkerRig(const WorkerOptions& options, const DpiOptions& dpi_options) {
  std::string error;
  auto dpi = Dpi::create(dpi_options, error);
  if (!dpi) {
    fprintf(stderr, "%s\n", error.c_str());
    abort();
  }
  worker_ =
      std::make_unique<Worker>(options, std::move(dpi), Envelope{"test", true}, queue_, counters);
}

void WorkerRig::feed(const Traffic& traffic, uint32_t capacity) {
  const HashSecret secret{{1, 2, 3, 4, 5, 6, 7, 8}};
  auto batch = std::make_unique<PacketBatch>();
  const auto pass_on = [&] {
    worker_->process(*batch);
    batch->clear();
    drain();
  };
  for (const PacketView& view : traffic.frames()) {
    Packet& packet = batch->packets[batch->size];
    if (decoder_.decode(view, packet) != Discard::none) continue;
    packet.hash = hash_flow_key(packet.key, secret);
    last_ns_ = packet.timestamp_ns;
    ++packets_;
    bytes_ += packet.captured_length;
    if (++batch->size == capacity) pass_on();
  }
  pass_on();
}

void WorkerRig::command(WorkerCommand command) {
  worker_->apply(std::move(command));
  while (worker_->slice()) drain();
}

void WorkerRig::end() {
  const std::atomic<bool> abort{false};
  worker_->shut_down(last_ns_, abort);
  drain();
}

void WorkerRig::drain() {
  worker_->flush();
  std::string part(1 << 20, '\0');
  while (const size_t n = queue_.drain(reinterpret_cast<uint8_t*>(part.data()), part.size()))
    text_.append(part, 0, n);
}

std::vector<std::string> WorkerRig::lines(const std::string& type) {
  drain();
  std::vector<std::string> found;
  for (std::string& line : split_lines(text_))
    if (type.empty() || field(line, "type") == type) found.push_back(std::move(line));
  return found;
}

void check_conservation(WorkerRig& rig) {
  uint64_t packets = 0, bytes = 0;
  for (const std::string& line : rig.purges()) {
    packets += number(line, "total_packets");
    bytes += number(line, "total_bytes");
    CHECK_EQ(number(line, "local_packets") + number(line, "other_packets"),
             number(line, "total_packets"));
    CHECK_EQ(number(line, "local_bytes") + number(line, "other_bytes"),
             number(line, "total_bytes"));
  }
  CHECK_EQ(packets, rig.packets_fed());
  CHECK_EQ(bytes, rig.bytes_fed());
  CHECK_EQ(rig.counters.packets_in_flows.get(), rig.packets_fed());
  CHECK_EQ(rig.counters.bytes_in_flows.get(), rig.bytes_fed());
  CHECK_EQ(rig.counters.flows_active.get(), 0u);
  CHECK_EQ(rig.counters.flows_created.get() + rig.counters.flows_continued.get(),
           rig.purges().size());
  CHECK_EQ(rig.counters.dpi_states.get(), 0u);
  CHECK_EQ(rig.counters.metadata_bytes.get(), 0u);
}

}  // namespace traffic
