// The course of TCP connections: what is sent again, out of place, how long the handshake takes, the windows. Line by
// line out of a worker.
#include "core/tcp_watch.h"

#include "check.h"
#include "worker_rig.h"

using namespace dipper;
using namespace traffic;

namespace {

const Endpoint client{"192.0.2.1", 40000}, server{"198.51.100.9", 443};
constexpr uint64_t ms = 1000000;
// Maximum segment size, then the window scale option behind a NOP.
const std::string scale_7("\x02\x04\x05\xb4\x01\x03\x03\x07", 8), scale_2("\x01\x03\x03\x02", 4);

// A connection with its own clock: each call is a segment, `after` milliseconds behind the one before.
class Connection {
 public:
  uint32_t client_next, server_next;
  Traffic traffic;

  explicit Connection(uint32_t client_first = 1000, uint32_t server_first = 5000)
      : client_next(client_first), server_next(server_first) {}

  void handshake() {
    from_client(0, {client_next, syn, "", 64240, scale_7});
    from_server(30, {server_next, syn | ack, "", 65160, scale_2});
    ++client_next, ++server_next;
    from_client(5, {client_next, ack, "", 502});
  }
  void send(uint64_t after, size_t bytes) {
    from_client(after, {client_next, psh | ack, std::string(bytes, 'a'), 501});
    client_next += static_cast<uint32_t>(bytes);
  }
  void answer(uint64_t after, size_t bytes) {
    from_server(after, {server_next, psh | ack, std::string(bytes, 'b'), 16000});
    server_next += static_cast<uint32_t>(bytes);
  }
  void from_client(uint64_t after, const Traffic::Segment& segment) {
    traffic.segment(now_ += after * ms, client, server, segment);
  }
  void from_server(uint64_t after, const Traffic::Segment& segment) {
    traffic.segment(now_ += after * ms, server, client, segment);
  }
  // The flow_purge.
  std::string record() {
    WorkerOptions options;
    options.expiry = false;
    WorkerRig rig(options);
    rig.feed(traffic);
    rig.end();
    check_conservation(rig);
    const auto lines = rig.purges();
    CHECK_EQ(lines.size(), 1u);
    const std::string tcp = object(lines.at(0), "tcp");
    CHECK_EQ(rig.counters.tcp_retrans.get(), number(tcp, "retrans"));
    CHECK_EQ(rig.counters.tcp_seq_errors.get(), number(tcp, "seq_errors"));
    CHECK_EQ(rig.counters.tcp_resets.get(), number(tcp, "resets"));
    CHECK_EQ(rig.counters.extra_bytes.get(), 0u);
    return lines.at(0);
  }
  std::string tcp() { return object(record(), "tcp"); }
  // `retrans,seq_errors,resets` of both sides.
  std::string anomalies() {
    const std::string text = tcp();
    return field(text, "retrans") + "," + field(text, "seq_errors") + "," + field(text, "resets");
  }

 private:
  uint64_t now_ = uint64_t{1700000000} * 1000 * ms;
};

}  // namespace

TEST(tcp_watch_a_connection_in_order) {
  Connection c;
  c.handshake();
  c.send(1, 100);
  c.answer(40, 1000);
  c.from_client(1, {c.client_next, ack, "", 300});
  c.from_client(1, {c.client_next, ack | fin, "", 400});
  c.from_server(1, {c.server_next, ack | fin, "", 8000});
  c.from_client(1, {c.client_next + 1, ack, "", 450});
  CHECK_STR(c.tcp(),
            "{\"resets\":0,\"retrans\":0,\"seq_errors\":0,\"rtt_us\":35000,\"rtt_client_us\":5000,"
            "\"rtt_server_us\":30000,"
            "\"local\":{\"resets\":0,\"retrans\":0,\"seq_errors\":0,\"window_first\":64240,"
            "\"window_last\":57600,\"window_min\":38400},"
            "\"other\":{\"resets\":0,\"retrans\":0,\"seq_errors\":0,\"window_first\":65160,"
            "\"window_last\":32000,\"window_min\":32000}}");
}

TEST(tcp_watch_windows_are_scaled_only_where_both_sides_can) {
  Connection c;
  c.from_client(0, {c.client_next, syn, "", 64240, scale_7});
  c.from_server(30, {c.server_next, syn | ack, "", 65160});
  ++c.client_next, ++c.server_next;
  c.send(5, 1);
  c.answer(1, 1);
  const std::string tcp = c.tcp();
  CHECK_EQ(number(object(tcp, "local"), "window_last"), 501u);
  CHECK_EQ(number(object(tcp, "other"), "window_min"), 16000u);
  CHECK_EQ(number(tcp, "rtt_us"), 35000u);
  // Without the SYNs nobody knows what they are multiplied by.
  Connection middle;
  middle.send(0, 10);
  middle.answer(1, 10);
  middle.from_client(1, {middle.client_next + 1, ack, "x"});  // something is missing
  CHECK_EQ(middle.tcp().find("window"), std::string::npos);
  CHECK_EQ(middle.tcp().find("rtt"), std::string::npos);
  CHECK_STR(middle.anomalies(), "0,1,0");
}

TEST(tcp_watch_a_server_that_says_nothing_after_its_syn) {
  Connection c;
  c.handshake();
  const std::string other = object(c.tcp(), "other");
  CHECK_EQ(number(other, "window_last"), 65160u);  // not scaled
  CHECK_EQ(number(other, "window_min"), 65160u);
}

TEST(tcp_watch_retransmissions_by_side) {
  Connection c;
  c.handshake();
  c.send(1, 100);
  c.client_next -= 100;
  c.send(250, 100);       // all of it
  c.client_next -= 50;
  c.send(250, 100);       // half of it, and as much that is new
  c.send(1, 10);          // in its place
  c.answer(1, 500);
  c.server_next -= 500;
  c.answer(300, 500);
  const std::string tcp = c.tcp();
  CHECK_EQ(number(tcp, "retrans"), 3u);
  CHECK_EQ(number(object(tcp, "local"), "retrans"), 2u);
  CHECK_EQ(number(object(tcp, "other"), "retrans"), 1u);
  CHECK_EQ(number(tcp, "seq_errors"), 0u);
}

TEST(tcp_watch_lost_upstream_and_overtaken) {
  Connection lost;
  lost.handshake();
  lost.client_next += 100;
  lost.send(1, 100);       // the hundred before it is missing
  lost.client_next -= 200;
  lost.send(200, 100);     // and comes later than a round trip: it was sent again
  lost.client_next += 100;
  lost.send(1, 10);
  CHECK_STR(lost.anomalies(), "1,1,0");
  Connection overtaken;
  overtaken.handshake();
  overtaken.client_next += 100;
  overtaken.send(1, 100);
  overtaken.client_next -= 200;
  overtaken.send(1, 100);  // at once: another way through the network
  overtaken.client_next += 100;
  overtaken.send(1, 10);
  CHECK_STR(overtaken.anomalies(), "0,2,0");
  overtaken.client_next -= 110;
  overtaken.send(1, 100);  // the gap is closed: now it is one that was seen
  CHECK_STR(overtaken.anomalies(), "1,2,0");
}

TEST(tcp_watch_keep_alives_and_bare_acknowledgements_are_neither) {
  Connection c;
  c.handshake();
  c.send(1, 100);
  c.from_client(1000, {c.client_next - 1, ack, "\0"});
  c.from_client(1000, {c.client_next - 1, ack, std::string(1, '\0')});
  c.from_server(1, {c.server_next, ack});
  c.from_server(1, {c.server_next, ack});
  c.from_client(1, {c.client_next - 40, ack});  // an old acknowledgement, late
  CHECK_STR(c.anomalies(), "0,0,0");
}

TEST(tcp_watch_sequence_numbers_wrap) {
  Connection c(0xffffff00u, 0xffffffffu);
  c.handshake();
  for (int i = 0; i < 6; ++i) c.send(1, 100), c.answer(1, 100);
  CHECK_STR(c.anomalies(), "0,0,0");
  c.client_next -= 300;
  c.send(100, 100);  // behind, across zero
  c.client_next += 300;
  c.send(1, 1);      // ahead
  CHECK_STR(c.anomalies(), "1,1,0");
}

TEST(tcp_watch_handshake_with_repetitions) {
  Connection c;
  c.from_client(0, {c.client_next, syn, "", 64240, scale_7});
  c.from_client(1000, {c.client_next, syn, "", 64240, scale_7});
  c.from_server(30, {c.server_next, syn | ack, "", 65160, scale_2});
  c.from_server(1000, {c.server_next, syn | ack, "", 65160, scale_2});
  ++c.client_next, ++c.server_next;
  c.from_client(7, {c.client_next, ack, "", 502});
  c.answer(1, 10);
  const std::string tcp = c.tcp();
  CHECK_EQ(number(tcp, "retrans"), 2u);
  CHECK_EQ(number(tcp, "rtt_server_us"), 30000u);  // of the last SYN
  CHECK_EQ(number(tcp, "rtt_client_us"), 7000u);   // of the last SYN+ACK
  CHECK_EQ(number(object(tcp, "other"), "window_last"), 64000u);
}

TEST(tcp_watch_syn_with_data) {
  Connection c;
  c.from_client(0, {c.client_next, syn, std::string(50, 'f'), 64240, scale_7});
  c.from_client(300, {c.client_next, syn, "", 64240, scale_7});  // once more without: RFC 7413, 4.1.3
  c.from_server(30, {c.server_next, syn | ack, "", 65160, scale_2});
  c.client_next += 51, ++c.server_next;
  c.send(1, 10);
  c.answer(1, 10);
  CHECK_STR(c.anomalies(), "1,0,0");
}

TEST(tcp_watch_resets_and_a_connection_after_it) {
  Connection c;
  c.handshake();
  c.send(1, 10);
  c.from_server(1, {0, rst, "", 0});
  c.from_server(1, {77, rst | ack, "", 0});
  c.client_next = 900000, c.server_next = 7;
  c.handshake();
  c.send(1, 10);
  c.answer(1, 10);
  const std::string tcp = c.tcp();
  CHECK_EQ(number(tcp, "resets"), 2u);
  CHECK_EQ(number(object(tcp, "other"), "resets"), 2u);
  CHECK_EQ(number(tcp, "retrans"), 0u);
  CHECK_EQ(number(tcp, "seq_errors"), 0u);
  CHECK_EQ(number(object(tcp, "other"), "window_min"), 64000u);  // a RST has no window
}

TEST(tcp_watch_a_capture_that_begins_in_the_middle) {
  Connection c;
  c.from_server(0, {c.server_next, syn | ack, "", 65160, scale_2});
  ++c.client_next, ++c.server_next;
  c.send(9, 10);
  c.answer(1, 10);
  const std::string tcp = c.tcp();
  CHECK_EQ(tcp.find("rtt"), std::string::npos);
  CHECK_STR(c.anomalies(), "0,0,0");
}

TEST(tcp_watch_fragments_hide_what_comes_next) {
  Connection c;
  c.handshake();
  c.send(1, 100);
  Traffic& t = c.traffic;
  // A segment of 200 bytes in two fragments: the first has 28 of them, the later one no header.
  const std::string l4("\x9c\x40\x01\xbb\0\0\x04\x4d\0\0\0\0\x50\x18\x20\0\0\0\0\0", 20);
  const std::string head("\x02\0\0\0\0\x09\x02\0\0\0\0\x01\x08\0\x45\0", 16);
  const std::string rest("\x40\x06\0\0\xc0\0\x02\x01\xc6\x33\x64\x09", 12);
  t.raw(1700000001, head + std::string("\0\x44\0\x07\x20\0", 6) + rest + l4 + std::string(28, 'x'));
  t.raw(1700000001, head + std::string("\0\xc0\0\x07\0\x06", 6) + rest + std::string(172, 'x'));
  c.client_next += 200;
  c.send(2000, 10);
  CHECK_STR(c.anomalies(), "0,0,0");
  c.client_next -= 10;
  c.send(100, 10);
  CHECK_STR(c.anomalies(), "1,0,0");
}

TEST(tcp_watch_stats_have_what_is_new) {
  WorkerOptions options;
  options.stats_interval_ns = 1000 * ms;
  options.events = event_stats | event_expired;
  WorkerRig rig(options);
  Connection c;
  c.handshake();
  c.send(1, 100);
  c.client_next -= 100;
  c.send(1500, 100);
  c.client_next -= 100;
  c.send(1, 100);
  c.from_server(1500, {c.server_next, rst | ack});
  rig.feed(c.traffic, 1);
  rig.end();
  uint64_t retrans = 0, resets = 0;
  for (const auto& line : rig.lines("flow_stats")) {
    retrans += number(object(line, "tcp"), "retrans");
    resets += number(object(line, "tcp"), "resets");
  }
  CHECK_EQ(retrans, 2u);
  CHECK_EQ(resets, 1u);
  CHECK_EQ(number(object(rig.purges().at(0), "tcp"), "retrans"), 2u);
}

TEST(tcp_watch_records_of_the_active_timeout_begin_anew) {
  WorkerOptions options;
  options.active_ns = 10000 * ms;
  WorkerRig rig(options);
  Connection c;
  c.handshake();
  c.send(1, 100);
  c.client_next -= 100;
  c.send(1, 100);
  c.send(11000, 5);
  rig.feed(c.traffic);
  rig.end();
  check_conservation(rig);
  const auto lines = rig.purges();
  CHECK_EQ(lines.size(), 2u);
  CHECK_EQ(number(object(lines.at(0), "tcp"), "retrans"), 1u);
  CHECK_EQ(number(object(lines.at(1), "tcp"), "retrans"), 0u);
  CHECK_EQ(number(object(lines.at(1), "tcp"), "rtt_us"), 35000u);  // the connection's
}

TEST(tcp_watch_floods_cost_nothing_beside_their_flow) {
  WorkerOptions options;
  WorkerRig rig(options);
  Traffic t;
  for (uint16_t port = 1; port < 500; ++port) {
    t.segment(1000000 * ms, {"192.0.2.1", port}, server, {1, syn, "", 1024});
    t.udp(1000, {"192.0.2.1", port}, {"198.51.100.9", 53}, "x");
  }
  rig.feed(t);
  CHECK_EQ(rig.counters.flows_active.get(), 998u);
  CHECK_EQ(rig.counters.extra_bytes.get(), 0u);
}

TEST(transport_dscp_and_ttl_by_side) {
  for (const bool six : {false, true}) {
    WorkerRig rig({});
    Traffic t;
    const Endpoint here{six ? "fd00::1" : "192.168.1.1", 5000}, there{six ? "2001:db8::9" : "198.51.100.9", 5001};
    t.tos = 46 << 2 | 1;  // expedited forwarding, and a bit of ECN
    t.udp(1000, here, there, "a");
    t.tos = 46 << 2;
    t.udp(1000, here, there, "b");
    t.tos = 0;
    t.ttl = 55;
    t.udp(1000, there, here, "c");
    t.ttl = 53;
    t.udp(1000, there, here, "d");
    t.tos = 8 << 2;
    t.ttl = 56;
    t.udp(1000, there, here, "e");
    rig.feed(t);
    rig.end();
    const std::string line = rig.purges().at(0);
    CHECK_EQ(number(line, "ip_dscp"), 46u);
    CHECK_EQ(number(line, "local_dscp"), 46u);
    CHECK_EQ(number(line, "other_dscp"), 0u);
    CHECK_STR(field(line, "local_dscp_changed"), "");
    CHECK_STR(field(line, "other_dscp_changed"), "true");
    CHECK_EQ(number(line, "local_ttl"), 64u);
    CHECK_STR(field(line, "local_ttl_min"), "");
    CHECK_EQ(number(line, "other_ttl"), 55u);
    CHECK_EQ(number(line, "other_ttl_min"), 53u);
    CHECK_EQ(number(line, "other_ttl_max"), 56u);
    CHECK_EQ(line.find("\"tcp\""), std::string::npos);
  }
}

TEST(transport_first_packets_on_request) {
  WorkerOptions options;
  options.packet_samples = 4;
  options.expiry = false;
  WorkerRig rig(options);
  Connection c;
  c.handshake();
  c.send(1, 100);
  c.answer(1, 100);
  rig.feed(c.traffic);
  rig.end();
  CHECK_STR(object(rig.purges().at(0), "packet_series"),
            "{\"bytes\":[62,-58,54,154],\"interval_us\":[0,30000,5000,1000]}");
}
