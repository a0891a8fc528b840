// GTP-U tunnels: where the decoder finds the innermost one, what its header says, and what a worker tells of it.
#include "core/decode_gtp.h"

#include "check.h"
#include "core/gtp_tunnels.h"
#include "decode_frames.h"
#include "worker_rig.h"

using dipper::LinkType;
using frames::Bytes;
using frames::hex;
using frames::join;
using frames::tcp4;
using frames::udp;
using namespace traffic;

namespace {

// "SOURCE:PORT>DESTINATION:PORT TEID dscp N"; "none".
std::string gtp_of(const frames::Result& result) {
  if (result.discard != dipper::Discard::none) return dipper::discard_name(result.discard);
  dipper::GtpHeader h;
  if (!dipper::read_gtp(result.packet, h)) return "none";
  CHECK_EQ(h.version, 1);
  std::string text;
  const int size = h.ip_version == 4 ? 4 : 16;
  char part[16];
  for (int end = 0; end < 2; ++end) {
    for (int i = 0; i < size; ++i) {
      snprintf(part, sizeof part, "%02x", h.source[end * size + i]);
      text += part;
    }
    text += ":" + std::to_string(end ? h.destination_port : h.source_port) + (end ? " " : ">");
  }
  snprintf(part, sizeof part, "%x", h.teid);
  return text + part + " dscp " + std::to_string(h.dscp >> 2);
}

std::string raw(const Bytes& frame, bool reference = false) {
  dipper::DecodeOptions options;
  options.reference = reference;
  return gtp_of(frames::decode(LinkType::raw, frame, options));
}

Bytes in_gtp(const char* header, const Bytes& inner) { return udp(9, 2152, join({hex(header), inner})); }

const std::string ends4 = "c0000201:9>c0000202:2152 ";
const std::string ends6 = "20010db8000000000000000000000011:9>20010db8000000000000000000000012:2152 ";

Bytes marked(Bytes packet, uint8_t tos) {
  packet[1] = tos;
  return packet;
}

// An Ethernet frame of TCP in GTP-U: outer `from` and `to` are the last bytes of 198.51.100.x.
std::string tunnelled(uint8_t from, uint8_t to, const char* teid, bool answer, uint8_t tos = 0) {
  Bytes inner = tcp4;
  if (answer) {
    for (size_t i = 0; i < 4; ++i) std::swap(inner[12 + i], inner[16 + i]);
    for (size_t i = 0; i < 2; ++i) std::swap(inner[20 + i], inner[22 + i]);
  }
  Bytes outer = marked(frames::ipv4(17, udp(2152, 2152, join({hex("30ff0028"), hex(teid), inner}))), tos);
  const Bytes ends = {198, 51, 100, from, 198, 51, 100, to};
  std::copy(ends.begin(), ends.end(), outer.begin() + 12);
  const Bytes frame = frames::ethernet("0800", outer);
  return {frame.begin(), frame.end()};
}

const std::string both_ends =
    "{\"version\":1,\"ip_version\":4,\"ip_dscp\":46,\"local_ip\":\"198.51.100.20\",\"local_port\":2152,";

}  // namespace

TEST(gtp_header_of_a_packet) {
  CHECK_STR(raw(frames::ipv4(17, in_gtp("30ff0028deadbeef", tcp4))), ends4 + "deadbeef dscp 0");
  CHECK_STR(raw(marked(frames::ipv4(17, in_gtp("30ff002800000001", tcp4)), 0xb9)), ends4 + "1 dscp 46");
  CHECK_STR(raw(frames::ipv6(17, in_gtp("30ff0028deadbeef", tcp4))), ends6 + "deadbeef dscp 0");
  // Each flag has the optional fields: sequence number, N-PDU number, extension headers.
  for (const char* header : {"32ff002c00000007 00050000", "31ff002c00000007 00000500", "33ff002c00000007 00050500",
                             "34ff003000000007 00000085 01100000", "36ff003400000007 00050085 01100085 01200000",
                             "34ff003800000007 00000085 0210000102030400"}) {
    CHECK_STR(raw(frames::ipv4(17, in_gtp(header, tcp4))), ends4 + "7 dscp 0");
    CHECK_STR(raw(frames::ipv6(17, in_gtp(header, tcp4))), ends6 + "7 dscp 0");
  }
  // Headers between IPv6 and UDP: hop by hop, an atomic fragment, authentication, destination options.
  CHECK_STR(raw(frames::ipv6(0, join({hex("2c00000000000000 3300000000000001 3c04000000000000 0000000000000000"
                                          "0000000000000000 1100000000000000"),
                                      in_gtp("30ff002800000009", tcp4)}))),
            ends6 + "9 dscp 0");
  Bytes options = join({frames::ipv4(17, {}), hex("01010101"), in_gtp("30ff002800000002", tcp4)});
  options[0] = 0x46;
  options[3] = static_cast<uint8_t>(options.size());
  CHECK_STR(raw(options), ends4 + "2 dscp 0");
}

TEST(gtp_innermost_of_several) {
  const Bytes inner = frames::ipv6(17, in_gtp("30ff002800000002", tcp4));
  CHECK_STR(raw(frames::ipv4(17, in_gtp("30ff006000000001", inner))), ends6 + "2 dscp 0");
  // Another tunnel in it, or around it, changes nothing.
  const Bytes gre = frames::ipv4(47, join({hex("00000800"), tcp4}));
  CHECK_STR(raw(frames::ipv4(17, in_gtp("30ff003c00000003", gre))), ends4 + "3 dscp 0");
  CHECK_STR(raw(frames::ipv6(41, inner)), ends6 + "2 dscp 0");
  // What is in the inner one is no tunnel, so the outer one is the innermost.
  CHECK_STR(raw(frames::ipv4(17, in_gtp("30ff002800000004", frames::ipv4(17, udp(9, 2152, hex("30ff0000")))))),
            ends4 + "4 dscp 0");
}

TEST(gtp_none) {
  CHECK_STR(raw(tcp4), "none");
  CHECK_STR(gtp_of(frames::decode(LinkType::ethernet, frames::ethernet("0800", tcp4))), "none");
  CHECK_STR(raw(frames::ipv4(17, udp(9, 4789, join({hex("0800000000000100"), frames::ethernet("0800", tcp4)})))),
            "none");
  CHECK_STR(raw(frames::ipv4(17, in_gtp("3001000000000001", tcp4))), "none");  // echo request
  CHECK_STR(raw(frames::ipv4(17, udp(2123, 2123, hex("4801000400000001 00000100")))), "none");  // GTPv2-C
  dipper::DecodeOptions options;
  options.tunnels = static_cast<uint8_t>(~(1 << static_cast<int>(dipper::Tunnel::gtp_u)));
  CHECK_STR(gtp_of(frames::decode(LinkType::raw, frames::ipv4(17, in_gtp("30ff002800000001", tcp4)), options)), "none");
}

// Cut anywhere, a frame with headers that are there says the same or nothing; the bytes end where the frame does.
TEST(gtp_cut) {
  const Bytes whole = frames::ipv6(0, join({hex("1100000000000000"), in_gtp("34ff003000000007 00000085 01100000", tcp4)}));
  for (size_t size = 1; size < whole.size(); ++size) {
    const std::string text = raw(Bytes(whole.begin(), whole.begin() + static_cast<long>(size)));
    if (text.find(' ') != std::string::npos) CHECK_STR(text, ends6 + "7 dscp 0");
  }
}

TEST(gtp_reference_mode) {
  const Bytes outer = frames::ipv4(17, in_gtp("30ff0028deadbeef", tcp4));
  dipper::DecodeOptions options;
  options.reference = true;
  CHECK_STR(gtp_of(frames::decode(LinkType::ethernet, frames::ethernet("0800", outer), options)),
            ends4 + "deadbeef dscp 0");
  CHECK_STR(gtp_of(frames::decode(LinkType::ethernet, frames::ethernet("0800", tcp4), options)), "none");
}

// Headers of 64 KiB in front of the flow: nobody but a forger sends them, and the offsets have 16 bits.
TEST(gtp_headers_beyond_the_offsets) {
  const auto labels = [](size_t count) {
    Bytes bytes = hex("020000000002020000000001 8847");
    for (size_t i = 0; i < count; ++i) bytes.insert(bytes.end(), {0, 1, 0, 64});
    return join({bytes, hex("00020140"), tcp4});
  };
  CHECK_STR(gtp_of(frames::decode(LinkType::ethernet, labels(16000))), "none");
  CHECK_STR(gtp_of(frames::decode(LinkType::ethernet, labels(16400))), "too_many_tunnels");
}

TEST(gtp_of_both_directions_in_every_message) {
  Traffic t;
  t.raw(100, tunnelled(20, 60, "0000000a", false, 0xb8));
  t.raw(101, tunnelled(60, 20, "0000000b", true));
  t.raw(102, tunnelled(20, 61, "0000000c", false));  // moved: the first of each direction stands
  WorkerRig rig({});
  rig.feed(t);
  CHECK(rig.counters.extra_bytes.get() >= sizeof(dipper::GtpTunnel));
  rig.end();
  const std::string expected = both_ends +
                               "\"local_teid\":11,\"other_ip\":\"198.51.100.60\",\"other_port\":2152,"
                               "\"other_teid\":10,\"other_type\":\"remote\"}";
  CHECK_EQ(rig.purges().size(), 1u);
  for (const std::string& line : rig.lines()) {
    CHECK_STR(field(line, "tunnel"), "gtp_u");
    CHECK_STR(object(line, "gtp").substr(0, object(line, "gtp").rfind(',')), expected.substr(0, expected.rfind(',')));
  }
  check_conservation(rig);
}

TEST(gtp_of_one_direction_has_one_teid) {
  Traffic t;
  t.raw(100, tunnelled(20, 60, "0000000a", false, 0xb8));
  t.tcp(100, {"10.0.0.9", 5}, {"10.0.0.2", 6}, syn);  // no tunnel
  WorkerRig rig({});
  rig.feed(t);
  rig.end();
  int with = 0;
  for (const std::string& line : rig.purges()) {
    if (field(line, "tunnel") == "none") {
      CHECK_STR(object(line, "gtp"), "");
      continue;
    }
    ++with;
    CHECK_STR(object(line, "gtp").substr(0, both_ends.size()), both_ends);
    CHECK(object(line, "gtp").find("\"local_teid\"") == std::string::npos);
    CHECK_EQ(number(object(line, "gtp"), "other_teid"), 10u);
  }
  CHECK_EQ(with, 1);
}

// The memory goes with the flow, however it ends, and a flow in its place has none of it.
TEST(gtp_memory_is_given_back) {
  dipper::WorkerOptions options;
  options.max_flows = 2;
  WorkerRig rig(options);
  Traffic first;
  first.raw(100, tunnelled(20, 60, "0000000a", false));
  first.raw(100, tunnelled(60, 20, "0000000b", true));
  rig.feed(first);
  const uint64_t one = rig.counters.extra_bytes.get();
  Traffic later;  // long after: the flow has ended, and its place in the pool is another's
  for (uint16_t i = 0; i < 5; ++i) later.udp(10000, {"10.0.0.9", i}, {"10.0.0.2", 6}, "x");
  rig.feed(later);
  CHECK(rig.counters.extra_bytes.get() + sizeof(dipper::GtpTunnel) <= one);
  rig.end();
  int with = 0;
  for (const std::string& line : rig.purges()) with += object(line, "gtp") != "";
  CHECK_EQ(with, 1);
  check_conservation(rig);
}
