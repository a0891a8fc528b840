#include "engine.h"

#include <algorithm>

namespace dipper {
namespace {

// Workers have the table; options that keep it as well would do so when another has taken its place.
EngineOptions without_table(EngineOptions options) {
  options.worker.applications.reset();
  return options;
}

constexpr uint64_t tick_ns = 100000000;  // how often workers are told the time of a live source

}  // namespace

std::unique_ptr<Engine> Engine::create(const EngineOptions& options, std::unique_ptr<Source> source,
                                       std::function<void()> wake, std::string& error) {
  std::unique_ptr<Engine> engine(new Engine(options, std::move(source), std::move(wake)));
  const unsigned n = std::clamp(options.workers, 1u, CounterBlock::max_workers);
  WorkerOptions worker = options.worker;
  worker.max_flows = std::max(1u, worker.max_flows / n);
  worker.max_dpi_states = std::max(1u, worker.max_dpi_states / n);
  worker.max_inspections = std::max(1u, worker.max_inspections / n);
  worker.max_reassembly_blocks = std::max(1u, worker.max_reassembly_blocks / n);
  for (unsigned i = 0; i < n; ++i) {
    auto dpi = Dpi::create(options.dpi, error);
    if (!dpi) return nullptr;
    worker.index = i;
    auto lane = std::make_unique<Lane>(engine->wake_up_, engine->source_->lossless());
    lane->worker =
        std::make_unique<Worker>(worker, std::move(dpi), options.envelope, lane->queue, engine->counters_->workers[i]);
    engine->lanes_.push_back(std::move(lane));
  }
  // Known before the first packet.
  engine->counters_->reader.source_state.set(static_cast<uint64_t>(engine->source_->stats().state));
  // Several workers share the end among themselves already.
  engine->share_end_ = n == 1 && engine->lanes_[0]->worker->shares_shut_down();
  return engine;
}

Engine::Engine(const EngineOptions& options, std::unique_ptr<Source> source, std::function<void()> wake)
    : options_(without_table(options)),
      source_(std::move(source)),
      decoder_(options.decode, HashSecret::random()),
      wake_up_(std::move(wake)),
      counters_(std::make_shared<CounterBlock>()) {}

Engine::~Engine() {
  abort_ = true;
  stop();
  closing_.abort();
  for (auto& lane : lanes_) {
    lane->ring.close();
    lane->queue.close();
  }
  if (reader_.joinable()) reader_.join();
  for (auto& lane : lanes_)
    if (lane->thread.joinable()) lane->thread.join();
}

void Engine::start() {
  if (started_) return;
  started_ = true;
  threads_running_ = workers() + 1;
  for (auto& lane : lanes_) lane->thread = std::thread([this, &lane = *lane] { work(lane); });
  reader_ = std::thread([this] { read_all(); });
}

void Engine::stop() noexcept {
  source_->stop();  // first: who sees the flag below reads what the source has left, and it waits for nothing any more
  stop_ = true;
}

void Engine::read_all() {
  std::vector<std::unique_ptr<PacketBatch>> open(lanes_.size());
  for (size_t i = 0; i < lanes_.size(); ++i) open[i] = lanes_[i]->ring.take_empty();
  auto burst = std::make_unique<Burst>();
  bool alive = true, fresh = false;  // fresh: packets since the last flush
  live_ = source_->clock().wall_ns != 0;
  while (alive) {
    const bool stopping = stop_.load();
    if (stopping && (source_->lossless() || abort_.load())) break;
    const ReadStatus status = source_->read(*burst);
    if (live_) {
      clock_.read(source_->clock());
      if (clock_.adjusts()) clock_.adjust(*burst);
    }
    alive = distribute(*burst, open);
    fresh = fresh || burst->size;
    publish_source_stats();
    // A live source may be idle a thousand times a second, and busy without a packet for one of the workers.
    const bool tick = live_ && clock_.now_ns() - ticked_ns_ >= tick_ns;
    if (tick || (status == ReadStatus::idle && (fresh || !live_))) {
      alive = alive && pass_on(open, true);
      fresh = false;
    }
    if (status == ReadStatus::failed) {
      std::lock_guard<std::mutex> lock(failure_mutex_);
      failure_ = source_->error();
    }
    if (status == ReadStatus::end || status == ReadStatus::failed || (stopping && burst->size == 0)) break;
  }
  pass_on(open, true);
  for (auto& lane : lanes_) lane->ring.finish();
  if (share_end_) lanes_[0]->worker->help_shut_down(closing_);
  thread_ended();
}

void Engine::publish_source_stats() {
  ReaderCounters& counters = counters_->reader;
  const SourceStats stats = source_->stats();
  counters.capture_bytes_read.set(stats.bytes_read);
  counters.capture_bytes_total.set(stats.bytes_total);
  counters.kernel_dropped.set(stats.kernel_dropped);
  counters.kernel_received.set(stats.kernel_received);
  counters.kernel_freezes.set(stats.kernel_freezes);
  counters.truncated.set(stats.truncated);
  counters.filtered.set(stats.filtered);
  counters.source_state.set(static_cast<uint64_t>(stats.state));
  counters.source_reopened.set(stats.reopened);
  const LayerCounts& layers = decoder_.counts();
  counters.mpls.set(layers.mpls);
  counters.pppoe.set(layers.pppoe);
  counters.fragmented.set(layers.fragmented);
}

// Decodes a burst into the open batches of the workers; passes on those that are full.
bool Engine::distribute(const Burst& burst, std::vector<std::unique_ptr<PacketBatch>>& open) {
  ReaderCounters& counters = counters_->reader;
  const bool alone = lanes_.size() == 1;
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < burst.size;) {
    PacketBatch& batch = alone ? *open[0] : scratch_;
    const uint32_t before = batch.size, most = std::min(burst.size - i, PacketBatch::capacity - before);
    const uint32_t regular = decoder_.decode_regular(&burst.packets[i], most, &batch.packets[before], bytes);
    i += regular;
    batch.size += regular;
    if (regular < most) {
      const PacketView& view = burst.packets[i++];
      bytes += view.captured_length;
      const Discard discard = decoder_.decode(view, batch.packets[batch.size]);
      if (discard == Discard::none) {
        ++batch.size;
      } else {
        counters.discarded_packets[static_cast<int>(discard)].add(1);
        counters.discarded_bytes[static_cast<int>(discard)].add(view.captured_length);
      }
    }
    if (batch.size == before) continue;
    last_packet_ns_.store(batch.packets[batch.size - 1].timestamp_ns, std::memory_order_relaxed);
    if (alone) {
      batch.keep(burst.block);
      if (batch.full() && !push(0, open)) return false;
    } else if (!scatter(burst.block, open)) {
      return false;
    }
  }
  if (burst.size) {
    counters.packets_read.add(burst.size);
    counters.bytes_read.add(bytes);
    if (!counters.first_packet_ns.get()) counters.first_packet_ns.set(burst.packets[0].timestamp_ns);
    if (const uint64_t last = last_packet_ns_.load(std::memory_order_relaxed)) 
      counters.last_packet_ns.set(last + static_cast<uint64_t>(clock_.offset_ns()));
  }
  return true;
}

// Several workers: each packet of the scratch batch to the one of its address pair.
bool Engine::scatter(const BlockRef& block, std::vector<std::unique_ptr<PacketBatch>>& open) {
  for (uint32_t i = 0; i < scratch_.size; ++i) {
    const Packet& packet = scratch_.packets[i];
    const size_t to = hash_address_pair(packet.key) % lanes_.size();
    PacketBatch& batch = *open[to];
    batch.packets[batch.size++] = packet;
    batch.keep(block);
    if (batch.full() && !push(to, open)) return false;
  }
  scratch_.size = 0;
  return true;
}

bool Engine::pass_on(std::vector<std::unique_ptr<PacketBatch>>& open, bool flush) {
  for (size_t i = 0; i < open.size(); ++i) {
    if (!open[i] || (open[i]->size == 0 && !flush)) continue;
    open[i]->flush = flush;
    if (live_ && flush) open[i]->clock_ns = clock_.now_ns();
    if (!push(i, open)) return false;
  }
  if (live_ && flush) ticked_ns_ = clock_.now_ns();
  return true;
}

bool Engine::push(size_t to, std::vector<std::unique_ptr<PacketBatch>>& open) {
  open[to]->clock_offset_ns = clock_.offset_ns();
  const uint32_t packets = open[to]->size;
  if (!lanes_[to]->ring.push(std::move(open[to]))) {
    counters_->reader.queue_dropped.add(packets);
    return false;
  }
  open[to] = lanes_[to]->ring.take_empty();
  return true;
}

void Engine::work(Lane& lane) {
  Worker& worker = *lane.worker;
  std::unique_ptr<PacketBatch> batch;
  for (bool more = false;;) {
    const PacketRing::Popped popped = lane.ring.pop(batch, !more);
    if (lane.mailbox.waiting())
      for (WorkerCommand& command : lane.mailbox.take()) worker.apply(std::move(command));
    if (popped == PacketRing::Popped::end || abort_.load(std::memory_order_relaxed)) break;
    if (popped == PacketRing::Popped::batch) {
      worker.set_clock_offset(batch->clock_offset_ns);
      if (batch->size) worker.process(*batch);
      if (batch->clock_ns) worker.tick(batch->clock_ns);
      if (batch->flush) worker.flush();
      lane.ring.give_back(std::move(batch));
    }
    more = worker.slice();
  }
  if (abort_) worker.drop_packets((batch ? batch->size : 0) + lane.ring.abandon());
  worker.end_commands(lane.mailbox.close());
  // The reader is through (finish() came after its last store), so every worker ends its flows at the same time.
  // The records of all live flows at once, which may be more than the queue holds, live source or not.
  lane.queue.wait_when_full();
  if (!abort_) worker.shut_down(last_packet_ns_.load(), abort_, share_end_ ? &closing_ : nullptr);
  thread_ended();
}

void Engine::thread_ended() {
  if (threads_running_.fetch_sub(1) == 1) wake_up_.signal();
}

size_t Engine::drain(uint8_t* out, size_t size) {
  wake_up_.taken();
  size_t written = 0;
  const size_t first = next_drain_++;  // in turn: no worker's lines wait behind another's for ever
  for (size_t i = 0; i < lanes_.size() && written < size; ++i) {
    Lane& lane = *lanes_[(first + i) % lanes_.size()];
    written += lane.queue.drain(out + written, size - written);
    if (lane.queue.room_wanted()) lane.ring.nudge();
  }
  if (!snapshots_.empty()) written += end_snapshots(out + written, size - written);
  return written;
}

bool Engine::finished() const {
  if (!started_ || threads_running_.load() != 0 || !snapshots_.empty()) return false;
  for (const auto& lane : lanes_)
    if (!lane->queue.empty()) return false;
  return true;
}

SourceError Engine::failure() const {
  std::lock_guard<std::mutex> lock(failure_mutex_);
  return failure_;
}

}  // namespace dipper
