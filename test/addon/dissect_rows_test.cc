// Protocols through the table of dissectors: by port, by first bytes, over segments in any order, side by side.
#include "check.h"
#include "dissect_rig.h"

using namespace dipper;
using namespace dissect;
using namespace std::string_literals;

namespace {

constexpr uint8_t tcp = 6, udp = 17;
const std::string head = "GET /index HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: curl/7.88.1\r\n\r\n";
const std::string answer = "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\n\r\n";

// `text` in pieces of the given sizes, the rest last; sequence numbers that wrap in the second.
struct Pieces {
  uint32_t first = 0xfffffff8;
  std::string text;
  void show(FlowRig& flow, bool from_client, size_t from, size_t to) const {
    flow.tcp(from_client, first + static_cast<uint32_t>(from), text.substr(from, to - from));
  }
};

}  // namespace

TEST(rows_http_on_any_port_and_done_with_the_first_response) {
  FlowRig flow(tcp, 4, 4, 50001);
  flow.tcp(true, 1, head);
  CHECK(flow.wants_more());
  flow.tcp(false, 1, answer);
  CHECK(!flow.wants_more());
  CHECK_STR(flow.found(Field::host_server_name), "www.example.org");
  CHECK_STR(flow.found(Field::http_url), "www.example.org/index");
  CHECK_STR(flow.found(Field::http_status), "200");
  CHECK_STR(flow.found(Field::http_server), "nginx");
}

TEST(rows_http_over_segments_that_come_late_twice_or_not_at_all) {
  const Pieces pieces{0xfffffff8, head};
  FlowRig flow(tcp);
  pieces.show(flow, true, 0, 10);
  pieces.show(flow, true, 40, head.size());
  CHECK_STR(flow.found(Field::http_host), "");
  pieces.show(flow, true, 0, 25);  // sent again, and more
  pieces.show(flow, true, 20, 45);
  CHECK_STR(flow.found(Field::http_host), "www.example.org");
  CHECK_STR(flow.found(Field::http_user_agent), "curl/7.88.1");

  FlowRig lossy(tcp);
  pieces.show(lossy, true, 0, 45);
  pieces.show(lossy, true, 50, head.size());
  lossy.tcp(false, 7, answer);
  CHECK_STR(lossy.found(Field::http_host), "www.example.org");
  CHECK_STR(lossy.found(Field::http_user_agent), "");
  CHECK_STR(lossy.found(Field::http_status), "200");
}

TEST(rows_http_heads_without_an_end_are_bounded) {
  FlowRig flow(tcp);
  flow.tcp(true, 0, head.substr(0, head.size() - 2));
  for (uint32_t i = 0; i < 20; ++i) flow.tcp(true, static_cast<uint32_t>(head.size() - 2 + i * 1000), std::string(1000, 'x'));
  CHECK_STR(flow.found(Field::http_host), "www.example.org");
  CHECK(flow.pool.pieces_refused() > 0);
}

TEST(rows_http_without_blocks_keeps_what_the_first_segment_has) {
  FlowRig flow(tcp, 1, 0);
  flow.tcp(true, 0, head.substr(0, 45));
  flow.tcp(true, 45, head.substr(45));
  CHECK_STR(flow.found(Field::http_host), "www.example.org");
  CHECK_STR(flow.found(Field::http_user_agent), "");
}

TEST(rows_by_port) {
  FlowRig ftp(tcp, 4, 4, 21);
  ftp.tcp(false, 1, "220 ready\r\n");
  ftp.tcp(true, 1, "USER bob\r\n");
  CHECK_STR(ftp.found(Field::ftp_banner), "ready");
  CHECK_STR(ftp.found(Field::ftp_user_name), "bob");
  FlowRig elsewhere(tcp, 4, 4, 50001);
  elsewhere.tcp(false, 1, "220 ready\r\n");
  CHECK_STR(elsewhere.found(Field::ftp_banner), "");
  FlowRig name(udp, 4, 4, 137);
  name.udp(true, be16(7) + be16(0x2910) + be16(1) + std::string(6, '\0') + " " + "EMEBFAFEEPFACACACACACACACACACAAA"s + '\0');
  CHECK_STR(name.found(Field::netbios_name), "LAPTOP");
}

TEST(rows_ssh_says_both_sides) {
  FlowRig flow(tcp, 4, 4, 22);
  flow.tcp(false, 1, "SSH-2.0-server\r\n");
  flow.tcp(true, 1, "SSH-2.0-client\r\n");
  CHECK_STR(flow.found(Field::ssh_server), "SSH-2.0-server");
  CHECK_STR(flow.found(Field::ssh_client), "SSH-2.0-client");
  CHECK(flow.wants_more());  // the key exchange
}

TEST(rows_of_two_protocols_do_not_mix_in_one_connection) {
  FlowRig flow(tcp, 4, 4, 25);
  flow.tcp(true, 1, head);
  flow.tcp(false, 1, "220 mx.example ESMTP\r\n");
  CHECK_STR(flow.found(Field::http_host), "www.example.org");
  CHECK_STR(flow.found(Field::smtp_helo), "");
}

TEST(rows_rtp_needs_ports_of_its_own) {
  for (const uint16_t port : {uint16_t{443}, uint16_t{40000}}) {
    FlowRig flow(udp, 4, 4, port);
    for (unsigned i = 0; i < 2; ++i) flow.udp(true, "\x80\0"s + be16(i) + std::string(4, '\0') + "ssrcvoice");
    CHECK_STR(flow.found(Field::rtp_payload_type), port == 443 ? "" : "0");
  }
}
