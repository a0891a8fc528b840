// Our own dissectors in a worker: their findings among the library's words, and what is learned after its last one.
#include "check.h"
#include "dissect_rig.h"
#include "quic_vectors.h"
#include "worker_rig.h"

using namespace dipper;
using namespace traffic;

namespace {

const Endpoint client{"192.0.2.10", 50000}, server{"198.51.100.1", 443};

WorkerOptions all_events() {
  WorkerOptions options;
  options.events = event_detected | event_updated | event_expired;
  return options;
}

// A TLS connection; the client's hello in segments of `size` bytes, the second half first if `reversed`.
Traffic connection(const std::string& hello, size_t size, const std::string& answer) {
  Traffic traffic;
  traffic.tcp(1, client, server, syn, "", 0, 99, 0);
  traffic.tcp(1, server, client, syn | ack, "", 1, 499, 100);
  for (size_t at = 0; at < hello.size(); at += size)
    traffic.tcp(1, client, server, ack | psh, hello.substr(at, size), 2, static_cast<uint32_t>(100 + at), 500);
  if (!answer.empty()) traffic.tcp(1, server, client, ack | psh, answer, 3, 500, static_cast<uint32_t>(100 + hello.size()));
  return traffic;
}

const std::string hello = dissect::record(22, dissect::example_hello());
const std::string answer =
    dissect::record(22, dissect::server_hello(0x0303, 0x1301, dissect::extension(43, dissect::be16(0x0304)))) +
    dissect::record(20, "\1") + dissect::record(23, std::string(100, 'x'));

}  // namespace

TEST(worker_dissect_finds_what_the_library_has_not) {
  for (const size_t size : {hello.size(), size_t{60}}) {
    WorkerRig rig(all_events());
    rig.feed(connection(hello, size, answer));
    rig.end();
    CHECK_EQ(rig.purges().size(), 1u);
    const std::string line = rig.purges().at(0);
    CHECK_STR(field(line, "client_ja4"), std::string("t") + dissect::example_ja4);
    CHECK_STR(field(line, "client_sni"), "WWW.Example.org");
    CHECK_STR(field(line, "host_server_name"), "www.example.org");
    CHECK_STR(field(line, "cipher_suite"), "TLS_AES_128_GCM_SHA256");
    CHECK_EQ(rig.counters.inspection_bytes.get(), 0u);
    check_conservation(rig);
  }
}

TEST(worker_dissect_keeps_names_longer_than_the_library_s) {
  const std::string name = std::string(60, 'a') + "." + std::string(60, 'b') + ".example.org";
  dissect::HelloParts parts;
  parts.ciphers = {0x1301, 0x1302};
  parts.extensions = dissect::server_name(name);
  WorkerRig rig(all_events());
  rig.feed(connection(dissect::record(22, dissect::client_hello(parts)), 1000, ""));
  rig.end();
  CHECK_STR(field(rig.purges().at(0), "host_server_name"), name);
  CHECK_STR(field(rig.purges().at(0), "client_sni"), name);
}

// QUIC: libndpi is done with the client's hello; the server's is told in an update, once.
TEST(worker_dissect_tells_later_knowledge_as_an_update) {
  const Endpoint quic_server{"198.51.100.1", 443};
  Traffic traffic;
  traffic.udp(1, client, quic_server, dissect::bytes_of(quic_vectors::client_v1));
  traffic.udp(1, quic_server, client, dissect::bytes_of(quic_vectors::server_v1), 1);
  traffic.udp(1, quic_server, client, "\x41 short", 2);
  WorkerRig rig(all_events());
  rig.feed(traffic);
  const auto flows = rig.lines("flow"), updates = rig.lines("flow_dpi_update");
  CHECK_EQ(flows.size(), 1u);
  CHECK_STR(field(flows.at(0), "client_sni"), "example.com");
  CHECK_STR(field(flows.at(0), "server_ja3"), "");
  CHECK_EQ(updates.size(), 1u);
  CHECK_STR(field(updates.at(0), "cipher_suite"), "TLS_AES_128_GCM_SHA256");
  rig.end();
  CHECK_STR(field(rig.purges().at(0), "cipher_suite"), "TLS_AES_128_GCM_SHA256");
  check_conservation(rig);
}

// The answer never comes: the flow's limit of packets ends the wait, or its end does, and nothing more is said.
TEST(worker_dissect_does_not_wait_for_ever) {
  for (const unsigned more : {3u, 60u}) {
    Traffic traffic;
    traffic.udp(1, client, server, dissect::bytes_of(quic_vectors::client_v1));
    for (unsigned i = 0; i < more; ++i) traffic.udp(2, client, server, "\x41 short", i);
    WorkerRig rig(all_events());
    rig.feed(traffic);
    CHECK_EQ(rig.counters.dpi_states.get(), more < 32 ? 1u : 0u);
    CHECK_EQ(rig.counters.inspection_bytes.get() > 0, more < 32);
    rig.end();
    CHECK_EQ(rig.lines("flow").size(), 1u);
    CHECK_EQ(rig.lines("flow_dpi_update").size(), 0u);
    check_conservation(rig);
  }
}

TEST(worker_dissect_not_in_reference_mode) {
  WorkerOptions options = all_events();
  options.reference = true;
  DpiOptions dpi;
  dpi.reference = true;
  WorkerRig rig(options, dpi);
  rig.feed(connection(hello, 1000, answer));
  rig.end();
  CHECK_STR(field(rig.purges().at(0), "encrypted_ch_version"), "");
  CHECK_EQ(rig.counters.inspection_bytes.get(), 0u);
}

TEST(worker_dissect_goes_on_without_inspections) {
  WorkerOptions options = all_events();
  options.max_inspections = 0;
  WorkerRig rig(options);
  rig.feed(connection(hello, 1000, answer));
  rig.end();
  CHECK_EQ(rig.counters.inspections_refused.get(), 1u);
  CHECK_STR(field(rig.purges().at(0), "host_server_name"), "www.example.org");  // the library's
  check_conservation(rig);
}

// What detection keeps of a closed connection is given back when the flow would have ended; its record counts on.
TEST(worker_dissect_without_expiry_ends_with_the_connection) {
  const Endpoint other{"192.168.1.11", 40000};
  for (const bool reference : {false, true}) {
    for (const bool opened : {true, false}) {
      WorkerOptions options;
      options.expiry = false;
      options.reference = reference;
      options.events = event_detected | event_expired;
      Traffic t;
      if (opened) t.tcp(100, client, server, syn);
      t.tcp(100, server, client, ack);
      t.tcp(100, server, client, rst);
      t.udp(109, other, server, "early");
      WorkerRig rig(options);
      rig.feed(t);
      CHECK_EQ(rig.counters.dpi_states.get(), 2u);
      const bool ends = opened && !reference;
      Traffic later;
      later.udp(112, other, server, "late");
      rig.feed(later);
      CHECK_EQ(rig.counters.dpi_states.get(), ends ? 1u : 2u);
      CHECK_EQ(rig.lines("flow").size(), ends ? 1u : 0u);
      rig.end();
      CHECK_EQ(rig.purges().size(), 2u);
      CHECK_EQ(rig.lines("flow").size(), 1u);
      check_conservation(rig);
      // The flow's own packet says the same, whatever else a worker has seen.
      Traffic own = t;
      own.tcp(111, client, server, ack, "data");
      WorkerRig alone(options);
      alone.feed(own);
      CHECK_EQ(alone.counters.dpi_packets.get(), (opened ? 3u : 2u) + 1u + (ends ? 0u : 1u));
    }
  }
}
