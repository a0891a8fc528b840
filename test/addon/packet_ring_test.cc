// The ring between reader and worker: in order, blocks when full, ends by finish() or close(),
// batches are used again.
#include "core/packet_ring.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "check.h"

using namespace dipper;

namespace {

std::unique_ptr<PacketBatch> numbered(PacketRing& ring, uint64_t n) {
  auto batch = ring.take_empty();
  batch->packets[0].timestamp_ns = n;
  batch->size = 1;
  return batch;
}

std::unique_ptr<PacketBatch> pop(PacketRing& ring) {
  std::unique_ptr<PacketBatch> batch;
  ring.pop(batch);
  return batch;
}

void wait_a_little() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }

}  // namespace

TEST(packet_ring_in_order_to_the_end) {
  PacketRing ring;
  for (uint64_t n = 0; n < PacketRing::capacity; ++n) CHECK(ring.push(numbered(ring, n)));
  ring.finish();
  for (uint64_t n = 0; n < PacketRing::capacity; ++n) {
    auto batch = pop(ring);
    CHECK(batch && batch->packets[0].timestamp_ns == n);
  }
  CHECK(!pop(ring));
  CHECK(!pop(ring));
}

TEST(packet_ring_nudge_wakes_once) {
  PacketRing ring;
  std::unique_ptr<PacketBatch> batch;
  CHECK(ring.pop(batch, false) == PacketRing::Popped::nothing);
  std::atomic<bool> woken{false};
  std::thread worker([&] {
    CHECK(ring.pop(batch) == PacketRing::Popped::nothing);
    woken = true;
    CHECK(ring.pop(batch) == PacketRing::Popped::batch);  // the nudge is used up: it waits
    CHECK(ring.pop(batch) == PacketRing::Popped::end);
  });
  wait_a_little();
  CHECK(!woken);
  ring.nudge();
  while (!woken) std::this_thread::yield();
  ring.push(numbered(ring, 1));
  ring.finish();
  worker.join();
  ring.nudge();  // late
  CHECK(ring.pop(batch) == PacketRing::Popped::end);
}

TEST(packet_ring_blocks_when_full) {
  PacketRing ring;
  for (uint64_t n = 0; n < PacketRing::capacity; ++n) ring.push(numbered(ring, n));
  std::atomic<bool> through{false};
  std::thread writer([&] {
    CHECK(ring.push(numbered(ring, 99)));
    through = true;
  });
  wait_a_little();
  CHECK(!through);
  // The writer is woken when half of the ring is free.
  for (uint64_t n = 0; n < PacketRing::capacity / 2; ++n) CHECK(pop(ring) != nullptr);
  writer.join();
  ring.finish();
  uint64_t count = PacketRing::capacity / 2 - 1, last = 0;
  while (auto batch = pop(ring)) {
    ++count;
    last = batch->packets[0].timestamp_ns;
  }
  CHECK_EQ(count, PacketRing::capacity);
  CHECK_EQ(last, 99u);
}

TEST(packet_ring_close_wakes_the_writer_and_the_worker) {
  PacketRing full, empty;
  for (uint64_t n = 0; n < PacketRing::capacity; ++n) full.push(numbered(full, n));
  std::atomic<int> pushed{-1}, popped{-1};
  std::thread writer([&] { pushed = full.push(numbered(full, 1)); });
  std::thread worker([&] { popped = pop(empty) != nullptr; });
  wait_a_little();
  CHECK_EQ(pushed.load(), -1);
  CHECK_EQ(popped.load(), -1);
  full.close();
  empty.close();
  writer.join();
  worker.join();
  CHECK_EQ(pushed.load(), 0);
  CHECK_EQ(popped.load(), 0);
  CHECK(!pop(full));  // at once: what is left is not worked off
}

TEST(packet_ring_batches_come_back_empty) {
  PacketRing ring;
  auto batch = numbered(ring, 1);
  const PacketBatch* address = batch.get();
  auto block = std::make_shared<int>(0);
  batch->keep(block);
  batch->keep(block);
  batch->keep(nullptr);
  batch->flush = true;
  CHECK_EQ(batch->blocks.size(), 1u);
  CHECK_EQ(block.use_count(), 2);
  ring.push(std::move(batch));
  ring.give_back(pop(ring));
  CHECK_EQ(block.use_count(), 1);  // the packets' memory is let go
  batch = ring.take_empty();
  CHECK(batch.get() == address);
  CHECK_EQ(batch->size, 0u);
  CHECK(!batch->flush);
}
