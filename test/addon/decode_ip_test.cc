// IP and ports: lengths that lie, packets cut short, padding, the order of endpoints, time.
#include "check.h"
#include "decode_frames.h"

using dipper::Discard;
using dipper::LinkType;
using frames::Bytes;
using frames::hex;
using frames::join;
using frames::tcp4;

namespace {

std::string raw(const Bytes& frame) {
  return frames::describe(frames::decode(LinkType::raw, frame));
}

Bytes changed(Bytes frame, size_t at, uint8_t value) {
  frame[at] = value;
  return frame;
}

}  // namespace

TEST(decode_both_directions_one_key) {
  const frames::Result there = frames::decode(LinkType::raw, tcp4);
  const frames::Result back = frames::decode(LinkType::raw, frames::tcp4_back);
  CHECK(there.packet.key == back.packet.key);
  CHECK(there.packet.from_lower);
  CHECK(!back.packet.from_lower);
  CHECK_EQ(back.packet.tcp_flags, dipper::tcp_syn | dipper::tcp_ack);
  const uint8_t expected[48] = {10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2};
  CHECK(memcmp(&there.packet.key, expected, 32) == 0);
  CHECK_EQ(there.packet.key.lower_port, 1024);
  CHECK_EQ(there.packet.key.upper_port, 80);
  CHECK_EQ(there.packet.key.ip_version, 4);
  CHECK_EQ(there.packet.key.zero[0] | there.packet.key.zero[1] | there.packet.key.zero[2], 0);
}

TEST(decode_order_of_endpoints) {
  // The address decides before the port, the port decides between equal addresses.
  const Bytes same_address =
      hex("4500 001c 0001 0000 4011 0000 0a000001 0a000001 0050 0400 0008 0000");
  CHECK_STR(raw(same_address), "10.0.0.1:80>10.0.0.1:1024/17");
  CHECK(frames::decode(LinkType::raw, same_address).packet.from_lower);
  const Bytes reversed = hex("4500 001c 0001 0000 4011 0000 0a000001 0a000001 0400 0050 0008 0000");
  CHECK(!frames::decode(LinkType::raw, reversed).packet.from_lower);
  CHECK(frames::decode(LinkType::raw, same_address).packet.key ==
        frames::decode(LinkType::raw, reversed).packet.key);
  // To itself on one port, as a LAND attack does: the sender counts as lower.
  const Bytes land = hex("4500 001c 0001 0000 4011 0000 0a000001 0a000001 0050 0050 0008 0000");
  CHECK(frames::decode(LinkType::raw, land).packet.from_lower);
  // In byte order, not in the host's: 10.0.0.1 is below 9.0.0.2 only when read from the wrong end.
  const Bytes wide = hex("4500 001c 0001 0000 4011 0000 0a000001 09000002 0050 0050 0008 0000");
  CHECK(!frames::decode(LinkType::raw, wide).packet.from_lower);
  // IPv6 addresses that differ in the last byte, and in the first.
  Bytes six = frames::udp6;
  CHECK(frames::decode(LinkType::raw, six).packet.from_lower);
  six[8] = 0xfe;
  CHECK(!frames::decode(LinkType::raw, six).packet.from_lower);
}

TEST(decode_padding_stays_in_l3_and_out_of_payload) {
  const Bytes padded = frames::ethernet("0800", join({tcp4, hex("000000000000")}));
  const frames::Result result = frames::decode(LinkType::ethernet, padded);
  CHECK_EQ(result.packet.l3_length, 46);
  CHECK_EQ(result.packet.payload_length, 0);
  CHECK_EQ(result.packet.l4_offset, 20);
  CHECK_EQ(result.l3_at(), 14u);
}

TEST(decode_ports_are_not_read_from_padding) {
  CHECK_STR(raw(changed(tcp4, 3, 23)),
            "truncated_l4");  // three bytes of TCP by the IP length, twenty in the frame
  CHECK_STR(raw(changed(tcp4, 3, 24)), frames::tcp4_text);
  Bytes six = frames::udp6;
  six[5] = 3;
  CHECK_STR(raw(six), "truncated_l4");
}

TEST(decode_cut_by_snap_length) {
  const Bytes whole = frames::ipv4(17, frames::udp(1024, 53, Bytes(500, 'x')));
  const Bytes cut(whole.begin(), whole.begin() + 24);  // the ports and no more
  const frames::Result result =
      frames::decode(LinkType::raw, cut, {}, static_cast<uint32_t>(whole.size()));
  CHECK_STR(frames::describe(result), "192.0.2.1:1024>192.0.2.2:53/17");
  CHECK_EQ(result.packet.payload_length, 500);  // by the IP length
  CHECK_EQ(result.packet.l3_length, 24);        // what is there
  CHECK_EQ(result.packet.captured_length, 24u);
  CHECK_EQ(result.packet.wire_length, 528u);
  CHECK_STR(raw(Bytes(whole.begin(), whole.begin() + 23)), "truncated_l4");
  // TCP flags are in the fourteenth byte, the window behind them: all or nothing.
  CHECK_EQ(frames::decode(LinkType::raw, Bytes(tcp4.begin(), tcp4.begin() + 35)).packet.tcp_flags,
           0);
  CHECK_EQ(frames::decode(LinkType::raw, Bytes(tcp4.begin(), tcp4.begin() + 36)).packet.tcp_flags,
           dipper::tcp_syn);
}

TEST(decode_ipv4_header_that_lies) {
  CHECK_STR(raw(changed(tcp4, 0, 0x44)), "bad_ipv4_header");
  CHECK_STR(raw(changed(tcp4, 0, 0x4b)), "truncated_ipv4");  // 44 of 40 bytes
  CHECK_STR(raw(changed(tcp4, 3, 19)), "bad_ipv4_header");
  // Segmentation offload leaves zero: the frame's length counts.
  const frames::Result offloaded =
      frames::decode(LinkType::raw, changed(join({tcp4, hex("616263")}), 3, 0));
  CHECK_STR(frames::describe(offloaded), frames::tcp4_text);
  CHECK_EQ(offloaded.packet.payload_length, 3);
}

TEST(decode_tcp_data_offset) {
  const Bytes with_payload = changed(join({tcp4, hex("0101010161")}), 3, 45);
  CHECK_EQ(frames::decode(LinkType::raw, with_payload).packet.payload_length, 5);
  CHECK_EQ(frames::decode(LinkType::raw, changed(with_payload, 32, 0x60)).packet.payload_length, 1);
  CHECK_EQ(frames::decode(LinkType::raw, changed(with_payload, 32, 0xf0)).packet.payload_length, 0);
  CHECK_EQ(frames::decode(LinkType::raw, changed(with_payload, 32, 0x00)).packet.payload_length, 5);
}

TEST(decode_ipv6_extensions_that_lie) {
  const Bytes ports = frames::udp(1024, 53, {});
  CHECK_STR(raw(frames::ipv6(0, join({hex("1109000000000000"), ports}))), "bad_ipv6_extension");
  CHECK_STR(raw(frames::ipv6(0, hex("11000000"))), "bad_ipv6_extension");
  CHECK_STR(raw(frames::ipv6(44, hex("11000000"))), "bad_ipv6_extension");
  Bytes cut = frames::ipv6(0, join({hex("1100000000000000"), ports}));
  cut.resize(44);
  CHECK_STR(raw(cut), "truncated_ipv6");
  CHECK_STR(raw(frames::ipv6(59, {})),
            "20010db8000000000000000000000011:0>20010db8000000000000000000000012:0/59");
  const std::string to_53 =
      "20010db8000000000000000000000011:1024>20010db8000000000000000000000012:53/17";
  const auto chain = [&](int headers) {
    Bytes all;
    for (int i = 1; i < headers; ++i) all = join({all, hex("3c00000000000000")});
    return raw(frames::ipv6(60, join({all, hex("1100000000000000"), ports})));
  };
  CHECK_STR(chain(16), to_53);
  CHECK_STR(chain(17), "bad_ipv6_extension");
}

TEST(decode_jumbo_frame_is_capped) {
  Bytes whole = frames::ipv4(17, frames::udp(1024, 53, Bytes(65507, 'x')));
  CHECK_EQ(frames::decode(LinkType::raw, whole).packet.payload_length, 65507);
  whole.resize(70000);
  const frames::Result result = frames::decode(LinkType::raw, whole);
  CHECK_EQ(result.packet.l3_length, 65535);
  CHECK_EQ(result.packet.captured_length, 70000u);
  Bytes six = frames::ipv6(17, frames::udp(1024, 53, Bytes(65527, 'x')));
  CHECK_EQ(frames::decode(LinkType::raw, six).packet.payload_length, 65527);
}

TEST(decode_time_never_goes_back) {
  dipper::Decoder decoder({});
  CHECK_EQ(frames::decode(decoder, LinkType::raw, tcp4, 1000).packet.timestamp_ns, 1000u);
  CHECK_EQ(frames::decode(decoder, LinkType::raw, tcp4, 400).packet.timestamp_ns, 1000u);
  frames::decode(decoder, LinkType::raw, hex("00"), 2000);  // a discarded frame has a time too
  CHECK_EQ(frames::decode(decoder, LinkType::raw, tcp4, 1500).packet.timestamp_ns, 2000u);
}
