// The nDPI shim against the library it is linked with: real protocol bytes in, exact names out.
// Passes with every libndpi that the shim supports (test/ndpi-versions.sh), so it names nothing
// that a release renamed.
#include "core/dpi.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <unistd.h>

#include "check.h"

using dipper::Detection;
using dipper::Dpi;
using dipper::DpiOptions;
using dipper::DpiState;
using dipper::DpiStep;
using dipper::Metadata;
using dipper::Packet;

namespace {

constexpr uint8_t client[4] = {192, 0, 2, 10}, server[4] = {198, 51, 100, 20};

void put16(std::string& out, unsigned value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value);
}

std::string ipv4(uint8_t protocol, bool from_client, const std::string& l4) {
  std::string p = "\x45";
  p += '\0';
  put16(p, static_cast<unsigned>(20 + l4.size()));
  p.append("\x12\x34\x40\x00\x40", 5);
  p += static_cast<char>(protocol);
  put16(p, 0);
  p.append(reinterpret_cast<const char*>(from_client ? client : server), 4);
  p.append(reinterpret_cast<const char*>(from_client ? server : client), 4);
  return p + l4;
}

std::string udp(bool from_client, unsigned server_port, const std::string& payload) {
  std::string u;
  put16(u, from_client ? 40000 : server_port);
  put16(u, from_client ? server_port : 40000);
  put16(u, static_cast<unsigned>(8 + payload.size()));
  put16(u, 0);
  return ipv4(17, from_client, u + payload);
}

// `sequence` is of the sender; flags as in RFC 9293.
std::string tcp(bool from_client, unsigned server_port, uint8_t flags, uint32_t sequence,
                uint32_t acknowledged, const std::string& payload = "") {
  std::string t;
  put16(t, from_client ? 40000 : server_port);
  put16(t, from_client ? server_port : 40000);
  for (const uint32_t number : {sequence, acknowledged}) {
    put16(t, number >> 16);
    put16(t, number & 0xffff);
  }
  t += '\x50';
  t += static_cast<char>(flags);
  t.append("\xff\xff\x00\x00\x00\x00", 6);
  return ipv4(6, from_client, t + payload);
}

std::string bytes(std::string_view view) { return std::string(view); }
using namespace std::string_view_literals;

// A query for www.example.org, type A, and its answer 192.0.2.1.
const std::string dns_query = bytes(
    "\x1a\x2b\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07"
    "example\x03org\x00\x00\x01\x00\x01"sv);
const std::string dns_answer = bytes(
    "\x1a\x2b\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x03www\x07"
    "example\x03org\x00\x00\x01\x00\x01\xc0\x0c\x00\x01\x00\x01\x00\x00\x0e\x10\x00\x04\xc0\x00\x02\x01"sv);

// TLS 1.2 hello, one cipher suite, server_name www.example.org, ALPN h2: JA3 771,49199,0-16,,
const std::string client_hello = bytes(
    "\x16\x03\x01\x00\x50\x01\x00\x00\x4c\x03\x03"
    "0123456789abcdef0123456789abcdef\x00\x00\x02\xc0\x2f\x01\x00\x00\x21"
    "\x00\x00\x00\x14\x00\x12\x00\x00\x0fwww.example.org\x00\x10\x00\x05\x00\x03\x02h2"sv);

std::unique_ptr<Dpi> make(const DpiOptions& options = {}) {
  std::string error;
  std::unique_ptr<Dpi> dpi = Dpi::create(options, error);
  CHECK_STR(error, "");
  return dpi;
}

// One flow: feeds packets, keeps what was said.
struct Conversation {
  Dpi& dpi;
  DpiState* state = dpi.acquire();
  uint32_t packets = 0;
  Detection detection{};

  explicit Conversation(Dpi& d) : dpi(d) {}
  ~Conversation() { dpi.release(state); }
  DpiStep show(const std::string& ip) {
    Packet packet{};
    packet.timestamp_ns = 1700000000000000000 + packets * 1000000;
    packet.l3 = reinterpret_cast<const uint8_t*>(ip.data());
    packet.l3_length = static_cast<uint16_t>(ip.size());
    packet.key.ip_protocol = packet.l3[9];
    return dpi.step(state, packet, ++packets, detection);
  }
  void handshake(unsigned port) {
    CHECK(show(tcp(true, port, 0x02, 100, 0)) == DpiStep::inspecting);
    CHECK(show(tcp(false, port, 0x12, 500, 101)) == DpiStep::inspecting);
    CHECK(show(tcp(true, port, 0x10, 101, 501)) == DpiStep::inspecting);
  }
  std::string metadata() {
    Metadata m;
    dpi.collect(state, detection, nullptr, m);
    return std::string(m.text());
  }
  std::string protocol() const { return dpi.protocol_name(detection.protocol()); }
  std::string confidence() const { return dpi.confidence_name(detection.confidence); }
  bool has_risk(std::string_view name) const {
    for (unsigned bit = 0; bit < 64; ++bit) {
      if (detection.risks >> bit & 1 && dpi.risk_name(bit) == name) return true;
    }
    return false;
  }
};

std::string error_of(const DpiOptions& options) {
  std::string error;
  CHECK(Dpi::create(options, error) == nullptr);
  return error;
}

}  // namespace

TEST(dpi_dns_query_is_partial_and_its_answer_done) {
  const auto dpi = make();
  Conversation flow(*dpi);
  CHECK(flow.show(udp(true, 53, dns_query)) == DpiStep::partial);
  CHECK_STR(flow.protocol(), "DNS");
  CHECK_STR(flow.metadata(),
            ",\"host_server_name\":\"www.example.org\",\"dns\":{\"query_type\":1}");
  CHECK(flow.show(udp(false, 53, dns_answer)) == DpiStep::done);
  CHECK_STR(flow.protocol(), "DNS");
  CHECK_STR(flow.confidence(), "DPI");
  CHECK_STR(std::string(dpi->category_name(flow.detection.category)), "Network");
  CHECK_STR(std::string(dpi->breed_name(flow.detection.breed)), "Acceptable");
  CHECK(!flow.detection.guessed);
  CHECK_STR(flow.metadata(),
            ",\"host_server_name\":\"www.example.org\",\"dns\":{\"query_type\":1,\"reply_code\":0,"
            "\"num_answers\":1}");
}

TEST(dpi_tls_hello_gives_name_alpn_and_ja3) {
  const auto dpi = make();
  Conversation flow(*dpi);
  flow.handshake(443);
  CHECK(flow.show(tcp(true, 443, 0x18, 101, 501, client_hello)) == DpiStep::partial);
  CHECK_STR(flow.protocol(), "TLS");
  CHECK_STR(flow.confidence(), "DPI");
  CHECK(!flow.detection.guessed);
  const std::string metadata = flow.metadata();
  CHECK(metadata.find("\"host_server_name\":\"www.example.org\"") != std::string::npos);
  CHECK(metadata.find("\"client_sni\":\"www.example.org\"") != std::string::npos);
  CHECK(metadata.find("\"alpn\":[\"h2\"]") != std::string::npos);
  CHECK(metadata.find("\"version\":\"TLSv1.2\"") != std::string::npos);
  // md5 of 771,49199,0-16,, or, where the library gives no client JA3 any more, its JA4.
  CHECK(metadata.find("\"client_ja3\":\"c0d5fef2fe90cff012acce3a48f7eb6e\"") != std::string::npos ||
        metadata.find("\"client_ja4\":\"t12d0102h2_") != std::string::npos);
  flow.dpi.give_up(flow.state, flow.detection);
  CHECK_STR(flow.protocol(), "TLS");
  CHECK(!flow.detection.guessed);
}

TEST(dpi_ssh_banner_is_the_host_name_as_ndpireader_prints_it) {
  const auto dpi = make();
  Conversation flow(*dpi);
  flow.handshake(22);
  flow.show(tcp(true, 22, 0x18, 101, 501, "SSH-2.0-Probe_1\r\n"));
  flow.show(tcp(false, 22, 0x18, 501, 118, "SSH-2.0-OpenSSH_9.2\r\n"));
  dpi->give_up(flow.state, flow.detection);
  CHECK_STR(flow.protocol(), "SSH");
  const std::string metadata = flow.metadata();
  CHECK(metadata.find(
            ",\"host_server_name\":\"SSH-2.0-Probe_1\",\"ssh\":{\"client\":\"SSH-2.0-Probe_1\","
            "\"server\":\"SSH-2.0-OpenSSH_9.2\"") == 0);
}

TEST(dpi_http_url_adds_its_risk_at_the_end) {
  const auto dpi = make();
  Conversation flow(*dpi);
  flow.handshake(80);
  flow.show(tcp(true, 80, 0x18, 101, 501,
                "GET /?q=%3Cscript%3Ealert(1)%3C/script%3E HTTP/1.1\r\nHost: www.example.org\r\n"
                "User-Agent: curl/8.0\r\nAccept: */*\r\n\r\n"));
  CHECK_STR(flow.protocol(), "HTTP");
  dpi->give_up(flow.state, flow.detection);
  CHECK_STR(flow.protocol(), "HTTP");
  CHECK(!flow.detection.guessed);
  CHECK(flow.has_risk("XSS Attack"));
  CHECK(flow.detection.score > 0);
  CHECK(flow.metadata().find("\"user_agent\":\"curl/8.0\",\"method\":\"GET\"") !=
        std::string::npos);
}

TEST(dpi_give_up_guesses_by_port) {
  const auto dpi = make();
  Conversation flow(*dpi);
  CHECK(flow.show(tcp(true, 5432, 0x02, 100, 0)) == DpiStep::inspecting);
  CHECK_EQ(flow.detection.protocol(), 0);
  dpi->give_up(flow.state, flow.detection);
  CHECK_STR(flow.protocol(), "PostgreSQL");
  CHECK_STR(flow.confidence(), "Match by port");
  CHECK(flow.detection.guessed);
  CHECK_STR(flow.metadata(), "");
}

TEST(dpi_give_up_of_the_unknown_is_no_guess) {
  const auto dpi = make();
  Conversation flow(*dpi);
  flow.show(tcp(true, 39871, 0x02, 100, 0));
  dpi->give_up(flow.state, flow.detection);
  CHECK_EQ(flow.detection.protocol(), 0);
  CHECK_STR(flow.protocol(), "Unknown");
  CHECK_STR(flow.confidence(), "Unknown");
  CHECK(!flow.detection.guessed);
}

TEST(dpi_gives_up_with_the_packet_that_reaches_the_limit) {
  DpiOptions options;
  options.max_packets_tcp = 3;
  const auto dpi = make(options);
  Conversation flow(*dpi);
  CHECK(flow.show(tcp(true, 5432, 0x02, 100, 0)) == DpiStep::inspecting);
  CHECK(flow.show(tcp(false, 5432, 0x12, 500, 101)) == DpiStep::inspecting);
  CHECK(flow.show(tcp(true, 5432, 0x10, 101, 501)) == DpiStep::done);
  CHECK_STR(flow.protocol(), "PostgreSQL");
  CHECK(flow.detection.guessed);
}

TEST(dpi_reference_gives_up_after_81_tcp_and_25_udp_packets) {
  DpiOptions options;
  options.reference = true;
  const auto dpi = make(options);
  Conversation t(*dpi), u(*dpi);
  const std::string syn = tcp(true, 39871, 0x02, 100, 0),
                    nothing = udp(true, 39871, "\x01\x02\x03\x04\x05");
  while (t.packets < 80) CHECK(t.show(syn) == DpiStep::inspecting);
  CHECK(t.show(syn) == DpiStep::done);
  while (u.packets < 24) CHECK(u.show(nothing) == DpiStep::inspecting);
  CHECK(u.show(nothing) == DpiStep::done);
}

TEST(dpi_states_are_reused_zeroed_and_counted) {
  const auto dpi = make();
  std::vector<DpiState*> states;
  std::set<DpiState*> distinct;
  for (int i = 0; i < 200; ++i) {
    states.push_back(dpi->acquire());
    distinct.insert(states.back());
    CHECK_EQ(reinterpret_cast<uintptr_t>(states.back()) % 64, 0u);
  }
  CHECK_EQ(distinct.size(), 200u);
  CHECK_EQ(dpi->states_in_use(), 200u);
  for (DpiState* state : states) dpi->release(state);
  CHECK_EQ(dpi->states_in_use(), 0u);
  for (int i = 0; i < 200; ++i) distinct.erase(dpi->acquire());
  CHECK_EQ(distinct.size(), 0u);  // no memory but that of the first time
}

// A flow that hung strings on its state (released by Conversation) leaves nothing to the next one;
// a leak shows under AddressSanitizer.
TEST(dpi_a_reused_state_knows_nothing) {
  const auto dpi = make();
  DpiState* first = nullptr;
  {
    Conversation flow(*dpi);
    first = flow.state;
    flow.handshake(443);
    flow.show(tcp(true, 443, 0x18, 101, 501, client_hello));
    CHECK_STR(flow.protocol(), "TLS");
  }
  CHECK_EQ(dpi->states_in_use(), 0u);
  Conversation next(*dpi);
  CHECK(next.state == first);  // last in, first out: the one that is still in the cache
  for (size_t i = 0; i < 600; ++i) {  // the library's part; what stands behind it is ours
    CHECK_EQ(reinterpret_cast<const uint8_t*>(next.state)[i], 0);
  }
  dpi->give_up(next.state, next.detection);
  CHECK_EQ(next.detection.protocol(), 0);
  CHECK_STR(next.metadata(), "");
}

TEST(dpi_create_names_the_option_and_the_file_that_fails) {
  DpiOptions options;
  options.protocols_file = "/nonexistent/protos.txt";
  CHECK_STR(error_of(options),
            "--ndpi-protocols: can't read /nonexistent/protos.txt: No such file or directory");
  options = {};
  options.categories_file = "/";
  CHECK_STR(error_of(options), "--ndpi-categories: can't read /: Is a directory");
  options = {};
  options.risky_domains_file = "/nonexistent/r";
  CHECK_STR(error_of(options),
            "--ndpi-risky-domains: can't read /nonexistent/r: No such file or directory");
  options = {};
  options.ja3_file = "/nonexistent/j";
  CHECK_STR(error_of(options), "--ndpi-ja3: can't read /nonexistent/j: No such file or directory");
  options = {};
  options.certificates_file = "/nonexistent/c";
  CHECK_STR(error_of(options),
            "--ndpi-certificates: can't read /nonexistent/c: No such file or directory");
}

TEST(dpi_loads_a_protocols_file) {
  char path[] = "/tmp/dipper-protocols-XXXXXX";
  const int fd = mkstemp(path);
  constexpr std::string_view rule = "tcp:39871@HouseProtocol\n";
  CHECK_EQ(write(fd, rule.data(), rule.size()), static_cast<ssize_t>(rule.size()));
  close(fd);
  DpiOptions options;
  options.protocols_file = path;
  const auto dpi = make(options);
  unlink(path);
  if (!dpi) return;
  Conversation flow(*dpi);
  flow.show(tcp(true, 39871, 0x02, 100, 0));
  if (flow.detection.protocol() == 0) dpi->give_up(flow.state, flow.detection);
  CHECK_STR(flow.protocol(), "HouseProtocol");
}

// The library prints its complaint: it belongs in the message, not on standard output. A library
// that was built without its messages skips such a line.
TEST(dpi_create_says_what_is_wrong_in_a_file) {
  char path[] = "/tmp/dipper-protocols-XXXXXX";
  const int fd = mkstemp(path);
  constexpr std::string_view rule = "nonsense\n";
  CHECK_EQ(write(fd, rule.data(), rule.size()), static_cast<ssize_t>(rule.size()));
  close(fd);
  DpiOptions options;
  options.protocols_file = path;
  for (int round = 0; round < 2; ++round) {
    std::string error;
    const auto dpi = Dpi::create(options, error);
    if (dpi) continue;
    CHECK_STR(error, std::string("--ndpi-protocols: libndpi can't load ") + path +
                         ": Unknown rule 'nonsense'");
  }
  unlink(path);
  make();
}

TEST(dpi_names_are_never_null) {
  const auto dpi = make();
  CHECK_STR(std::string(dpi->protocol_name(0)), "Unknown");
  CHECK(dpi->protocol_name(65535) != nullptr);
  CHECK_STR(std::string(dpi->category_name(65535)), "Unknown");
  CHECK_STR(std::string(dpi->breed_name(255)), "Unknown");
  CHECK_STR(std::string(dpi->confidence_name(255)), "Unknown");
  CHECK_STR(std::string(dpi->risk_name(1)), "XSS Attack");
  CHECK_STR(std::string(dpi->risk_name(64)), "Unknown");
  CHECK(dpi->protocol_count() > 250);
  unsigned major = 0, minor = 0, patch = 0;
  CHECK_EQ(sscanf(Dpi::library_version(), "%u.%u.%u", &major, &minor, &patch), 3);
  CHECK(major >= 4);
}

// Modules come and go on several threads while others work: only create and destroy may touch
// shared state.
TEST(dpi_modules_on_several_threads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([] {
      for (int round = 0; round < 2; ++round) {
        const auto dpi = make();
        Conversation flow(*dpi);
        flow.show(udp(true, 53, dns_query));
        flow.show(udp(false, 53, dns_answer));
        CHECK_STR(flow.protocol(), "DNS");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}
