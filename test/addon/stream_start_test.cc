// The first segments of TCP streams in any order: dissectors see the beginning first where the SYN said where it is.
#include <algorithm>

#include "check.h"
#include "dissect_rig.h"
#include "worker_rig.h"

using namespace dipper;
using namespace dissect;

namespace {

struct Stream {
  uint16_t port;
  bool from_client;
  std::string bytes;
  Field field;
  const char* value;
};

std::string request() {
  std::string text = "GET /index HTTP/1.1\r\nHost: www.example.org\r\n";
  for (int i = 0; i < 9; ++i) text += "X-Header-" + std::to_string(i) + ": " + std::string(30, 'x') + "\r\n";
  return text + "User-Agent: test/1\r\n\r\n";
}

const Stream streams[] = {
    {443, true, record(22, example_hello()), Field::ssl_client_sni, "WWW.Example.org"},
    {443, true, record(22, example_hello().substr(0, 70)) + record(22, example_hello().substr(70)), Field::ssl_alpn, "h2|http/1.1"},
    {80, true, request(), Field::http_user_agent, "test/1"},
    {22, true, "SSH-2.0-OpenSSH_9.6 test\r\n", Field::ssh_client, "SSH-2.0-OpenSSH_9.6 test"},
    {22, false, "SSH-2.0-OpenSSH_9.6 test\r\n", Field::ssh_server, "SSH-2.0-OpenSSH_9.6 test"},
};
constexpr uint32_t starts[] = {1000, 0xfffffff0};  // the second wraps within the first segments

struct Piece {
  size_t at, size;
};
std::vector<Piece> cut(size_t size, size_t count) {
  std::vector<Piece> pieces;
  for (size_t i = 0; i < count; ++i) pieces.push_back({size * i / count, size * (i + 1) / count - size * i / count});
  return pieces;
}

// A connection that was seen to open; both directions begin at `start`.
void open(FlowRig& rig, uint32_t start) {
  rig.syn(true, start - 1);
  rig.syn(false, start - 1);
}

void send(FlowRig& rig, const Stream& stream, uint32_t start, Piece piece) {
  rig.tcp(stream.from_client, start + static_cast<uint32_t>(piece.at), stream.bytes.substr(piece.at, piece.size), start);
}

bool by_place(const Piece& a, const Piece& b) { return a.at < b.at; }

// Blocks that are in use, when the flow has ended.
size_t left_over(FlowRig& rig) {
  if (rig.dissection.inspection) rig.pool.release(rig.dissection.inspection);
  rig.dissection.inspection = nullptr;
  return rig.pool.bytes_in_use();
}

}  // namespace

TEST(stream_start_in_every_order) {
  for (const Stream& stream : streams) {
    for (const uint32_t start : starts) {
      for (size_t count = 2; count <= 4; ++count) {
        std::vector<Piece> pieces = cut(stream.bytes.size(), count);
        do {
          for (const bool twice : {false, true}) {
            FlowRig rig(6, 4, 4, stream.port);
            open(rig, start);
            for (const Piece& piece : pieces)
              for (int time = 0; time <= twice; ++time) send(rig, stream, start, piece);
            CHECK_STR(rig.found(stream.field), stream.value);
            CHECK_EQ(left_over(rig), 0u);
          }
        } while (std::next_permutation(pieces.begin(), pieces.end(), by_place));
      }
    }
  }
}

// What was there first stays: a later copy with other bytes changes nothing.
TEST(stream_start_overlaps_do_not_change_what_came) {
  for (const Stream& stream : streams) {
    const size_t half = stream.bytes.size() / 2;
    FlowRig rig(6, 4, 4, stream.port);
    open(rig, 1000);
    send(rig, stream, 1000, {half, stream.bytes.size() - half});
    const std::string forged = stream.bytes.substr(0, half) + std::string(stream.bytes.size() - half, 'Z');
    rig.tcp(stream.from_client, 1000 + static_cast<uint32_t>(half) + 3, std::string(stream.bytes.size() - half - 3, 'Y'), 1000);
    rig.tcp(stream.from_client, 1000, forged, 1000);
    CHECK_STR(rig.found(stream.field), stream.value);
    CHECK_EQ(left_over(rig), 0u);
  }
}

// The answer's first segments, too; a gap that is left is the dissector's.
TEST(stream_start_of_the_answer) {
  const std::string answer = record(22, server_hello(0x0303, 0xc02f, alpn({"h2"})) + certificate_message(certificate()) + message(14, ""));
  std::vector<Piece> pieces = cut(answer.size(), 4);
  do {
    FlowRig rig(6);
    open(rig, 1000);
    send(rig, streams[0], 1000, {0, streams[0].bytes.size()});
    for (const Piece& piece : pieces) rig.tcp(false, 1000 + static_cast<uint32_t>(piece.at), answer.substr(piece.at, piece.size));
    CHECK_STR(rig.found(Field::ssl_alpn_server), "h2");
    CHECK_STR(rig.found(Field::ssl_subject_dn), "C=DE, O=Dipper tests, CN=www.example.org");
    CHECK(!rig.wants_more());
  } while (std::next_permutation(pieces.begin(), pieces.end(), by_place));
}

// Without a SYN nobody knows which byte is the first: segments are shown as they come.
TEST(stream_start_unknown_is_as_it_comes) {
  const Stream& stream = streams[0];
  FlowRig rig(6);
  send(rig, stream, 1000, {100, 100});
  CHECK(!rig.dissection.inspection);
  send(rig, stream, 1000, {0, stream.bytes.size()});
  CHECK_STR(rig.found(stream.field), stream.value);
}

// The first bytes never come, because the capture lacks them: what is there is shown with the segment that is too far ahead, or
// at the end.
TEST(stream_start_that_never_comes) {
  const Stream& stream = streams[2];
  for (const bool far : {false, true}) {
    FlowRig rig(6, 4, 4, 80);
    open(rig, 1000);
    rig.tcp(true, 1000 + 200, stream.bytes, 1000);  // the next request
    CHECK_STR(rig.found(stream.field), "");
    CHECK(rig.dissection.start.any_early());
    if (far)
      rig.tcp(true, 1000 + static_cast<uint32_t>(Assembly::capacity), "far ahead", 1000);
    else
      rig.end();
    CHECK(!rig.dissection.start.any_early());
    CHECK_STR(rig.found(stream.field), stream.value);
    CHECK_EQ(left_over(rig), 0u);
  }
  FlowRig nothing(6);
  open(nothing, 1000);
  nothing.tcp(true, 1100, "\xff nothing that anybody knows", 1000);
  CHECK_EQ(nothing.pool.in_use(), 1u);
  nothing.tcp(true, 1000, "\xff nor this", 1000);
  CHECK_EQ(nothing.pool.in_use(), 0u);
  CHECK_EQ(nothing.pool.bytes_in_use(), 0u);
}

TEST(stream_start_far_ahead_does_not_begin_it) {
  const Stream& stream = streams[0];
  for (const uint32_t ahead : {uint32_t{Assembly::capacity}, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
    FlowRig rig(6);
    open(rig, 1000);
    rig.tcp(true, 1000 + ahead, "x", 1000);
    CHECK(!rig.dissection.inspection);
    send(rig, stream, 1000, {0, stream.bytes.size()});
    CHECK_STR(rig.found(stream.field), stream.value);
  }
}

// Bounds: no block, no inspection, more gaps than a block keeps, a first segment that is larger than a block.
TEST(stream_start_without_room_is_as_it_comes) {
  const Stream& stream = streams[2];
  FlowRig no_block(6, 4, 0, 80), no_inspection(6, 0, 4, 80), gaps(6, 4, 4, 80), large(6, 4, 4, 80);
  for (FlowRig* rig : {&no_block, &no_inspection, &gaps, &large}) open(*rig, 1000);
  send(no_block, stream, 1000, {20, 20});
  CHECK_EQ(no_block.pool.pieces_refused(), 1u);
  CHECK_EQ(no_block.pool.in_use(), 0u);
  send(no_block, stream, 1000, {0, stream.bytes.size()});
  CHECK_STR(no_block.found(stream.field), stream.value);
  send(no_inspection, stream, 1000, {20, 20});
  CHECK_EQ(no_inspection.pool.refused(), 1u);
  for (uint32_t i = 0; i <= ReassemblyBlock::most_ranges; ++i) gaps.tcp(true, 1100 + 2 * i, "x", 1000);
  CHECK_EQ(gaps.pool.pieces_refused(), 1u);
  CHECK_EQ(gaps.pool.bytes_in_use(), 0u);
  send(gaps, stream, 1000, {0, stream.bytes.size()});
  CHECK_STR(gaps.found(stream.field), stream.value);
  send(large, stream, 1000, {stream.bytes.size() - 10, 10});
  large.tcp(true, 1000, stream.bytes + std::string(Assembly::capacity, 'b'), 1000);
  CHECK_STR(large.found(stream.field), stream.value);
  CHECK_EQ(left_over(large), 0u);
}

// A SYN with data (RFC 7413) begins its stream; a second one, or a forged one, moves nothing that is kept.
TEST(stream_start_at_syns_with_data_and_repeated) {
  const Stream& stream = streams[2];
  FlowRig fast(6, 4, 4, 80), repeated(6, 4, 4, 80), forged(6, 4, 4, 80);
  fast.syn(true, 999, stream.bytes.substr(0, 50));
  send(fast, stream, 1000, {50, stream.bytes.size() - 50});
  CHECK_STR(fast.found(stream.field), stream.value);
  open(repeated, 1000);
  send(repeated, stream, 1000, {0, 50});
  repeated.syn(true, 999);
  send(repeated, stream, 1000, {50, stream.bytes.size() - 50});
  CHECK_STR(repeated.found(stream.field), stream.value);
  open(forged, 1000);
  send(forged, stream, 1000, {50, stream.bytes.size() - 50});
  forged.syn(true, 7);
  send(forged, stream, 1000, {0, 50});
  CHECK_STR(forged.found(stream.field), stream.value);
}

// In a worker, behind IPv4 and IPv6: the record has the name, the connection's course is told as it was, nothing is held.
TEST(stream_start_in_a_worker) {
  using traffic::field, traffic::number;
  const std::string& hello = streams[0].bytes;
  for (const bool six : {false, true}) {
    const traffic::Endpoint client{six ? "2001:db8::10" : "192.0.2.10", 50000}, server{six ? "2001:db8::1" : "198.51.100.1", 443};
    std::vector<Piece> pieces = cut(hello.size(), 3);
    do {
      const bool in_order = std::is_sorted(pieces.begin(), pieces.end(), by_place);
      traffic::Traffic traffic;
      traffic.tcp(1, client, server, tcp_syn, "", 0, 99, 0);
      traffic.tcp(1, server, client, tcp_syn | tcp_ack, "", 1, 499, 100);
      traffic.tcp(1, client, server, tcp_ack, "", 2, 100, 500);
      for (const Piece& piece : pieces)
        traffic.tcp(1, client, server, tcp_ack, hello.substr(piece.at, piece.size), 3, 100 + static_cast<uint32_t>(piece.at), 500);
      WorkerOptions options;
      options.events = event_detected | event_updated | event_expired;
      traffic::WorkerRig rig(options);
      rig.feed(traffic);
      rig.end();
      const std::string line = rig.purges().at(0);
      CHECK_STR(field(line, "client_sni"), "WWW.Example.org");
      CHECK_STR(field(line, "client_ja4"), std::string("t") + example_ja4);
      CHECK_EQ(rig.counters.tcp_seq_errors.get() > 0, !in_order);
      CHECK_EQ(rig.counters.tcp_retrans.get(), 0u);
      CHECK_EQ(rig.counters.inspection_bytes.get(), 0u);
      check_conservation(rig);
    } while (std::next_permutation(pieces.begin(), pieces.end(), by_place));
  }
}

// The flow ends while a segment still waits.
TEST(stream_start_ends_with_its_flow) {
  const traffic::Endpoint client{"192.0.2.10", 50000}, server{"198.51.100.1", 80};
  traffic::Traffic traffic;
  traffic.tcp(1, client, server, tcp_syn, "", 0, 99, 0);
  traffic.tcp(1, server, client, tcp_syn | tcp_ack, "", 1, 499, 100);
  traffic.tcp(1, client, server, tcp_ack, request(), 2, 600, 500);
  WorkerOptions options;
  options.events = event_expired;
  traffic::WorkerRig rig(options);
  rig.feed(traffic);
  rig.end();
  CHECK_STR(traffic::field(rig.purges().at(0), "user_agent"), "test/1");
  CHECK_EQ(rig.counters.inspection_bytes.get(), 0u);
  check_conservation(rig);
}
