// Tunnels: switched off, only looking like one, too deep.
#include "check.h"
#include "decode_frames.h"

using dipper::LinkType;
using dipper::Tunnel;
using frames::Bytes;
using frames::hex;
using frames::join;
using frames::tcp4;
using frames::udp;

namespace {

std::string raw(const Bytes& frame, uint8_t tunnels = 0xff) {
  dipper::DecodeOptions options;
  options.tunnels = tunnels;
  return frames::describe(frames::decode(LinkType::raw, frame, options));
}

struct Case {
  Tunnel tunnel;
  Bytes frame;
  std::string inner, outer;
};

std::vector<Case> cases() {
  const std::string inner = frames::tcp4_text + " tunnel ";
  const Bytes ethernet = frames::ethernet("0800", tcp4);
  return {
      {Tunnel::gtp_u, frames::ipv4(17, udp(9, 2152, join({hex("30ff002800000001"), tcp4}))),
       inner + "gtp_u 0", "192.0.2.1:9>192.0.2.2:2152/17"},
      {Tunnel::capwap, frames::ipv4(17, udp(9, 5247, join({hex("0010020000000000"), ethernet}))),
       inner + "capwap 0", "192.0.2.1:9>192.0.2.2:5247/17"},
      {Tunnel::tzsp, frames::ipv4(17, udp(9, 37008, join({hex("0100000101"), ethernet}))),
       inner + "tzsp 0", "192.0.2.1:9>192.0.2.2:37008/17"},
      {Tunnel::gre, frames::ipv4(47, join({hex("00000800"), tcp4})), inner + "gre 0",
       "192.0.2.1:0>192.0.2.2:0/47"},
      {Tunnel::vxlan, frames::ipv4(17, udp(9, 4789, join({hex("0800000000000100"), ethernet}))),
       inner + "vxlan 1", "192.0.2.1:9>192.0.2.2:4789/17"},
      {Tunnel::ip_in_ip, frames::ipv4(4, tcp4), inner + "ip_in_ip 0", "192.0.2.1:0>192.0.2.2:0/4"},
      {Tunnel::teredo, frames::ipv4(17, udp(9, 3544, frames::udp6)),
       frames::udp6_text + " tunnel teredo 0", "192.0.2.1:9>192.0.2.2:3544/17"},
  };
}

}  // namespace

TEST(decode_each_tunnel_can_be_switched_off) {
  for (const Case& c : cases()) {
    const auto bit = static_cast<uint8_t>(1 << static_cast<int>(c.tunnel));
    CHECK_STR(raw(c.frame), c.inner);
    CHECK_STR(raw(c.frame, bit), c.inner);
    CHECK_STR(raw(c.frame, static_cast<uint8_t>(~bit)), c.outer);
  }
}

// A cut anywhere behind the outer ports leaves the inner flow or the outer one, never nothing.
TEST(decode_cut_tunnel_falls_back_to_the_outer_packet) {
  for (const Case& c : cases()) {
    const size_t outer_ports = c.frame[9] == 17 ? 24 : 20;
    bool outer_seen = false;
    for (size_t size = outer_ports; size < c.frame.size(); ++size) {
      const std::string text =
          raw(Bytes(c.frame.begin(), c.frame.begin() + static_cast<long>(size)));
      if (text == c.outer) {
        outer_seen = true;
      } else {
        CHECK_STR(text, c.inner);
      }
    }
    CHECK(outer_seen);
  }
}

TEST(decode_what_only_uses_the_port_is_plain_udp) {
  const std::string to = "192.0.2.1:9>192.0.2.2:";
  const auto to_port = [](uint16_t port, const Bytes& payload) {
    return raw(frames::ipv4(17, udp(9, port, payload)));
  };
  for (const uint16_t port : {2152, 3544, 4789, 5247, 37008}) {
    const std::string outer = to + std::to_string(port) + "/17";
    CHECK_STR(to_port(port, {}), outer);
    CHECK_STR(to_port(port, hex("00")), outer);
    CHECK_STR(to_port(port, Bytes(200, 0xff)), outer);
    CHECK_STR(to_port(port, Bytes(200, 0x00)), outer);
    CHECK_STR(to_port(port, Bytes(200, 0x45)), outer);
  }
  CHECK_STR(to_port(2152, join({hex("3001000000000001"), tcp4})), to + "2152/17");  // echo request
  CHECK_STR(to_port(2152, join({hex("20ff002800000001"), tcp4})), to + "2152/17");  // GTP'
  CHECK_STR(to_port(2152, join({hex("34ff002c000000010000008500000000"), tcp4})),
            to + "2152/17");  // empty extension
  CHECK_STR(to_port(4789, join({hex("0000000000000100"), frames::ethernet("0800", tcp4)})),
            to + "4789/17");
  CHECK_STR(to_port(4789, join({hex("0800000000000100"), frames::ethernet("0806", tcp4)})),
            to + "4789/17");
  CHECK_STR(to_port(5247, join({hex("0010020800000000"), frames::ethernet("0800", tcp4)})),
            to + "5247/17");  // keep alive
  CHECK_STR(to_port(5247, join({hex("0110020000000000"), frames::ethernet("0800", tcp4)})),
            to + "5247/17");  // DTLS
  CHECK_STR(to_port(5247, join({hex("0010028000010008"), frames::ethernet("0800", tcp4)})),
            to + "5247/17");  // fragment
  CHECK_STR(to_port(37008, join({hex("0100000a01"), frames::ethernet("0800", tcp4)})),
            to + "37008/17");
  // VXLAN's source port means nothing.
  CHECK_STR(raw(frames::ipv4(
                17, udp(4789, 9, join({hex("0800000000000100"), frames::ethernet("0800", tcp4)})))),
            "192.0.2.1:4789>192.0.2.2:9/17");
}

TEST(decode_gre_that_carries_no_ip_is_gre) {
  const std::string outer = "192.0.2.1:0>192.0.2.2:0/47";
  const auto gre = [](const char* header) {
    return raw(frames::ipv4(47, join({hex(header), tcp4})));
  };
  CHECK_STR(gre("3001880b 00040001 00000001"), outer);  // PPTP
  CHECK_STR(gre("40000800 00000000"), outer);           // routing
  CHECK_STR(gre("00000000"), outer);                    // keepalive
  CHECK_STR(gre("0000883e"), outer);
  CHECK_STR(raw(frames::ipv4(47, hex("b0000800 0000"))), outer);
  CHECK_STR(raw(frames::ipv4(4, frames::udp6)),
            "192.0.2.1:0>192.0.2.2:0/4");  // version and protocol differ
}

TEST(decode_a_failed_tunnel_leaves_no_trace) {
  // The tag and the network id inside belong to a packet that is not decoded.
  const Bytes frame = frames::ipv4(
      17, udp(9, 4789, join({hex("0800000000004400"), frames::ethernet("8100 0005 0806", tcp4)})));
  const frames::Result result = frames::decode(LinkType::raw, frame);
  CHECK_EQ(result.packet.key.vlan_id, 0);
  CHECK_EQ(result.packet.key.tunnel_id, 0u);
  CHECK_EQ(static_cast<int>(result.packet.key.tunnel), 0);
  CHECK_EQ(result.l3_at(), 0u);
}

TEST(decode_too_many_tunnels) {
  Bytes frame = tcp4;
  for (int level = 1; level <= 8; ++level) {
    frame = frames::ipv4(4, frame);
    CHECK_STR(raw(frame), frames::tcp4_text + " tunnel ip_in_ip 0");
  }
  CHECK_STR(raw(frames::ipv4(4, frame)), "too_many_tunnels");
  Bytes wire = frames::ethernet("0800", tcp4);
  for (int level = 1; level <= 8; ++level) wire = frames::ethernet("8847 00001140 00000000", wire);
  CHECK_STR(frames::describe(frames::decode(LinkType::ethernet, wire)), frames::tcp4_text);
  wire = frames::ethernet("8847 00001140 00000000", wire);
  CHECK_STR(frames::describe(frames::decode(LinkType::ethernet, wire)), "too_many_tunnels");
}
