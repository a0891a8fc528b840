// The engine: every packet in one record whatever the source does, with any number of workers;
// memory and turns.
#include <map>

#include "engine_rig.h"

using namespace engine_rig;

TEST(engine_to_the_end) {
  auto script = few_flows();
  script->traffic.raw(1001, std::string(14, '\0'));  // in no flow
  Rig rig(script);
  CHECK(!rig.engine->finished());
  rig.engine->start();
  CHECK(rig.finish());
  CHECK_EQ(rig.purges().size(), 20u);
  CHECK(rig.engine->failure().message.empty());
  CHECK_EQ(rig.engine->counters()->reader.packets_read.get(), 41u);
  CHECK_EQ(rig.engine->counters()->reader.bytes_read.get(), script->traffic.bytes());
  CHECK_EQ(rig.engine->counters()->reader.first_packet_ns.get(), 1000000000000u);
  check_account(rig);
}

TEST(engine_empty_source) {
  auto script = std::make_shared<Script>();
  script->repeat = 0;
  Rig rig(script, 3);
  rig.engine->start();
  CHECK(rig.finish());
  CHECK_STR(rig.text, "");
}

TEST(engine_failed_source_keeps_what_was_read) {
  auto script = few_flows();
  script->last = ReadStatus::failed;
  script->error = {"packet 41 claims too much", 4711, 65};
  Rig rig(script);
  rig.engine->start();
  CHECK(rig.finish());
  CHECK_EQ(rig.purges().size(), 20u);
  CHECK_STR(rig.engine->failure().message, "packet 41 claims too much");
  CHECK_EQ(rig.engine->failure().offset, 4711u);
  CHECK_EQ(rig.engine->failure().exit_code, 65);
  check_account(rig);
}

TEST(engine_idle_source_passes_events_on) {
  // The lines of a stream that pauses come now, not when a chunk of 64 KiB is full; with any number
  // of workers.
  for (const unsigned workers : {1u, 4u}) {
    auto script = std::make_shared<Script>();
    script->last = ReadStatus::idle;
    script->traffic.tcp(1000, host(1), server, syn);
    script->traffic.tcp(1000, server, host(1), rst);
    script->traffic.tcp(1050, host(1), server, syn);  // the first one ended 40 s ago
    Rig rig(script, workers);
    rig.engine->start();
    CHECK(rig.consume([&] { return !rig.purges().empty(); }));
    CHECK_EQ(rig.purges().size(), 1u);
    CHECK(!rig.engine->finished());
    rig.engine->stop();
    CHECK(rig.finish());
    CHECK_EQ(rig.purges().size(), 2u);
    CHECK_STR(field(rig.purges().at(1), "reason"), "shutdown");
    check_account(rig);
  }
}

TEST(engine_any_number_of_workers_gives_the_same_records) {
  auto script = std::make_shared<Script>();
  for (unsigned i = 0; i < 6000; ++i) {
    const Endpoint from = host(i * 7 % 300, static_cast<uint16_t>(i % 3));
    script->traffic.tcp(1000 + i / 50, from, server,
                        i % 13 == 0   ? fin | ack
                        : i % 17 == 0 ? rst
                        : i % 5 == 0  ? syn
                                      : ack,
                        "data");
    if (i % 3) script->traffic.udp(1000 + i / 50, host(i % 40), host(i % 41, 53), "question");
    if (i % 5 == 0) script->traffic.udp(1000 + i / 50, host(i % 41, 53), host(i % 40), "answer");
    if (i % 100 == 0)
      script->traffic.udp_fragments(1000 + i / 50, host(i), server, static_cast<uint16_t>(i));
    if (i % 77 == 0) script->traffic.raw(1000 + i / 50, std::string(20, '\1'));
  }
  std::multimap<std::string, std::string> expected;
  for (const unsigned workers : {1u, 2u, 4u}) {
    WorkerOptions options;
    options.active_ns = 30000000000;
    Rig rig(script, workers, options);
    rig.engine->start();
    CHECK(rig.finish());
    std::multimap<std::string, std::string> records;
    for (const auto& line : rig.purges()) records.emplace(field(line, "digest"), line);
    if (workers == 1) expected = records;
    CHECK(records.size() > 1000);
    CHECK_EQ(records.size(), expected.size());
    CHECK(records == expected);
    check_account(rig);
    if (workers == 4)
      for (unsigned i = 0; i < 4; ++i)
        CHECK(rig.engine->counters()->workers[i].packets_in_flows.get() > 0);
  }
}

TEST(engine_counters_outlive_it) {
  std::shared_ptr<CounterBlock> counters;
  {
    Rig rig(few_flows(), 2);
    counters = rig.engine->counters();
    rig.engine->start();
    CHECK(rig.finish());
  }
  CHECK_EQ(counters->reader.packets_read.get(), 40u);
}

// A worker that gets nothing must not hold the memory of what others got.
TEST(engine_idle_workers_hold_no_blocks) {
  auto script = std::make_shared<Script>();
  for (unsigned i = 0; i < 256; ++i) script->traffic.udp(1000, host(1), server, "x");
  script->own_block = true;
  script->burst = 16;
  script->repeat = 1000;  // 16,000 blocks for one worker of four
  Rig rig(script, 4, no_expiry());
  rig.engine->start();
  CHECK(rig.finish());
  // Ring of 32 batches of 16 bursts, and a little.
  if (script->most_blocks_alive > 1000)
    check::fail(__FILE__, __LINE__,
                std::to_string(script->most_blocks_alive) + " blocks alive at a time");
  rig.engine.reset();
  CHECK_EQ(script->blocks_alive.load(), 0);
}

TEST(engine_drain_takes_workers_in_turn) {
  // Both queues hold more than a call can take: two calls in a row must not serve the same worker.
  auto script = many_flows();
  Rig rig(script, 2, no_expiry());
  rig.engine->start();
  // A thousand lines are more than the smallest buffer, and fewer than what blocks a worker, with any release of nDPI.
  for (unsigned i = 0; i < 2; ++i)
    while (rig.engine->counters()->workers[i].events.get() < 1000) wait_a_little();
  std::vector<uint8_t> buffer(Engine::minimum_drain_bytes);
  const auto worker_of_next = [&] {
    const size_t n = rig.engine->drain(buffer.data(), buffer.size());
    rig.text.append(reinterpret_cast<char*>(buffer.data()), n);
    const std::string line(reinterpret_cast<char*>(buffer.data()), n);
    Traffic one;
    one.udp(1, {field(line, "local_ip"), static_cast<uint16_t>(number(line, "local_port"))},
            server);
    Packet packet;
    Decoder({}).decode(one.frames()[0], packet);
    return hash_address_pair(packet.key) % 2;
  };
  const uint32_t first = worker_of_next(), second = worker_of_next();
  CHECK(first != second);
  CHECK(rig.finish());
  check_account(rig);
}
