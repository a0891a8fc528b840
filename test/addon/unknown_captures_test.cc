// The first packets of flows that stay unknown: which are kept, for how long, and within what bounds.
#include "core/unknown_captures.h"

#include "check.h"
#include "worker_rig.h"

using namespace dipper;
using namespace traffic;

namespace {

const Endpoint client{"192.0.2.1", 40001}, server{"198.51.100.1", 40002};

std::string base64(const std::string& bytes) {
  const char* alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  unsigned bits = 0, n = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<uint8_t>(c);
    for (n += 8; n >= 6; n -= 6) text += alphabet[bits >> (n - 6) & 63];
  }
  if (n) text += alphabet[bits << (6 - n) & 63];
  while (text.size() % 4) text += '=';
  return text;
}

std::string packet_text(const PacketView& view, uint64_t ns, size_t most = ~size_t{0}) {
  const std::string bytes(reinterpret_cast<const char*>(view.data), std::min<size_t>(most, view.captured_length));
  return "[\"" + std::to_string(ns) + "\"," + std::to_string(view.wire_length) + ",\"" + base64(bytes) + "\"]";
}

// Nothing that anybody knows.
std::string noise(size_t size, char seed = 1) {
  std::string text(size, '\0');
  uint32_t state = static_cast<uint8_t>(seed) * 2654435761u + 1;
  for (char& c : text) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  if (size) text[0] = '\x01';
  return text;
}

WorkerOptions with(uint32_t packets, uint32_t bytes) {
  WorkerOptions options;
  options.unknown.packets = packets;
  options.unknown.bytes = bytes;
  return options;
}

}  // namespace

TEST(unknown_captures_are_the_first_frames) {
  for (const bool dumped : {true, false}) {
    WorkerOptions options = with(3, 65536);
    options.dump_unknown = dumped;
    WorkerRig rig(options);
    Traffic traffic;
    for (uint64_t i = 0; i < 5; ++i)
      traffic.udp(1000 + i, i % 2 ? server : client, i % 2 ? client : server, noise(50 + i), 123456789);
    rig.feed(traffic);
    CHECK_EQ(rig.lines("unknown_packets").size(), 0u);  // nobody knows yet
    rig.end();
    const auto lines = rig.lines("unknown_packets");
    CHECK_EQ(lines.size(), 1u);
    std::string expected;
    for (unsigned i = 0; i < 3; ++i)
      expected += (i ? "," : "") + packet_text(traffic.frames()[i], (1000 + i) * 1000000000ull + 123456789);
    const size_t at = lines[0].find(",\"interface\":\"test\",\"link_type\":1,\"packets\":[");
    CHECK(at != std::string::npos);
    CHECK_STR(lines[0].substr(at), ",\"interface\":\"test\",\"link_type\":1,\"packets\":[" + expected + "]}");
    CHECK_EQ(rig.purges().size(), dumped ? 1u : 0u);
    if (dumped) CHECK_STR(field(lines[0], "digest"), field(rig.purges()[0], "digest"));
    CHECK_EQ(rig.counters.unknown_captures.get(), 1u);
    CHECK_EQ(rig.counters.unknown_capture_drops.get(), 0u);
  }
}

TEST(unknown_captures_are_dropped_when_the_protocol_is_known) {
  WorkerRig rig(with(32, 65536));
  Traffic traffic;
  const Endpoint dns{"198.51.100.1", 53};
  traffic.udp(1000, client, dns,
              std::string("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07" "example\x03" "com\x00\x00\x01\x00\x01", 29));
  traffic.tcp(1000, client, {"198.51.100.1", 80}, syn);  // a port scan's, without a byte
  rig.feed(traffic);
  rig.end();
  CHECK_EQ(rig.lines("flow_purge").size(), 2u);
  CHECK_EQ(rig.lines("unknown_packets").size(), 0u);
  CHECK_EQ(rig.counters.unknown_captures.get(), 0u);
}

TEST(unknown_captures_cut_at_the_bytes_of_a_flow) {
  WorkerRig rig(with(100, 150));
  Traffic traffic;
  for (uint64_t i = 0; i < 4; ++i) traffic.udp(1000 + i, client, server, noise(58));  // frames of 100 bytes
  rig.feed(traffic);
  rig.end();
  const auto lines = rig.lines("unknown_packets");
  CHECK_EQ(lines.size(), 1u);
  CHECK(lines[0].find("[" + packet_text(traffic.frames()[0], 1000000000000) + "," +
                      packet_text(traffic.frames()[1], 1001000000000, 50) + "]}") != std::string::npos);
}

TEST(unknown_captures_have_later_fragments) {
  WorkerRig rig(with(10, 65536));
  Traffic traffic;
  traffic.udp_fragments(1000, client, server, 7);
  rig.feed(traffic);
  rig.end();
  const auto lines = rig.lines("unknown_packets");
  CHECK_EQ(lines.size(), 1u);
  for (const PacketView& view : traffic.frames())
    CHECK(lines[0].find(packet_text(view, view.timestamp_ns)) != std::string::npos);
}

TEST(unknown_captures_stay_within_the_budget) {
  WorkerOptions options = with(10, 65536);
  options.unknown.budget = 2000;
  WorkerRig rig(options);
  Traffic traffic;
  for (uint16_t i = 0; i < 100; ++i) traffic.udp(1000, {"192.0.2.1", i}, server, noise(100, static_cast<char>(i)));
  for (uint16_t i = 0; i < 100; ++i) traffic.udp(1001, {"192.0.2.1", i}, server, noise(100, static_cast<char>(i)));
  rig.feed(traffic);
  rig.end();
  const uint64_t kept = rig.counters.unknown_captures.get();
  CHECK(kept > 5 && kept < 20);
  CHECK_EQ(rig.lines("unknown_packets").size(), kept);
  // Each of those without any is counted once, and of those with one each that did not get its second.
  CHECK_EQ(rig.counters.unknown_capture_drops.get(), 100u);
}

TEST(unknown_captures_give_their_memory_back) {
  WorkerCounters counters;
  UnknownCaptureOptions options;
  options.packets = 5;
  options.bytes = 1000;
  UnknownCaptures captures(options, 100, "a \"b\"", counters);
  std::string frame(90, 'x');
  Packet packet{};
  packet.l3 = reinterpret_cast<const uint8_t*>(frame.data());
  packet.captured_length = packet.wire_length = 90;
  packet.link_type = 101;
  packet.timestamp_ns = 5;
  Lines out;
  const Sha1Digest digest{};
  for (unsigned round = 0; round < 50; ++round) {
    const uint32_t position = round * 7 % 100;
    captures.add(position, false, packet);  // not the first
    CHECK_EQ(captures.bytes(), 0u);
    captures.add(position, true, packet);
    captures.add(position, false, packet);
    packet.link_type = 1;  // a file has one link type
    captures.add(position, false, packet);
    packet.link_type = 101;
    CHECK(captures.bytes() > 180);
    if (round % 2) {
      captures.drop(position);
      captures.drop(position);
    } else {
      out.clear();
      CHECK(captures.write(position, digest, 10, out));
      const std::string one = "[\"15\",90,\"" + base64(frame) + "\"]";
      CHECK_STR(std::string(out.view()), "{\"type\":\"unknown_packets\",\"digest\":\"" + std::string(40, '0') +
                                             "\",\"interface\":\"a \\\"b\\\"\",\"link_type\":101,\"packets\":[" + one + "," +
                                             one + "]}\n");
      CHECK(!captures.write(position, digest, 10, out));
    }
    CHECK_EQ(captures.bytes(), 0u);
  }
  captures.drop(1000);  // never heard of
  captures.add(3, true, packet);  // left to the destructor
}

TEST(unknown_captures_longest_line_can_be_drained) {
  WorkerCounters counters;
  UnknownCaptureOptions options;
  options.packets = UnknownCaptureOptions::most_packets;
  options.bytes = UnknownCaptureOptions::most_bytes;
  UnknownCaptures captures(options, 1, std::string(4096, '\x01'), counters);
  const std::string frame(256, '\xff');
  Packet packet{};
  packet.l3 = reinterpret_cast<const uint8_t*>(frame.data());
  packet.captured_length = 256;
  packet.wire_length = ~0u;
  packet.link_type = 65535;
  packet.timestamp_ns = ~uint64_t{0};
  for (unsigned i = 0; i < 2000; ++i) captures.add(0, i == 0, packet);
  Lines out;
  CHECK(captures.write(0, {}, 0, out));
  CHECK(out.size() > 380000 && out.size() < 512 * 1024);  // Engine::minimum_drain_bytes
}

// Flows that make room are not unknown, only not known yet.
TEST(unknown_captures_not_of_evicted_flows) {
  WorkerOptions options = with(5, 1000);
  options.max_flows = 10;
  WorkerRig rig(options);
  Traffic traffic;
  for (uint16_t i = 0; i < 50; ++i) traffic.udp(1000, {"192.0.2.1", i}, server, noise(20, static_cast<char>(i)));
  rig.feed(traffic);
  rig.end();
  CHECK_EQ(rig.counters.flows_evicted.get(), 40u);
  CHECK_EQ(rig.counters.unknown_captures.get(), 10u);
}
