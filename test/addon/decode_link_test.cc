// Link layers: what is refused, and under which name.
#include "check.h"
#include "decode_frames.h"

using dipper::LinkType;
using frames::hex;
using frames::join;
using frames::tcp4;

namespace {

std::string decoded(LinkType link, const frames::Bytes& frame) {
  return frames::describe(frames::decode(link, frame));
}

}  // namespace

TEST(decode_ethernet_refuses) {
  const auto eth = [](const char* type, const frames::Bytes& rest) {
    return decoded(LinkType::ethernet, frames::ethernet(type, rest));
  };
  CHECK_STR(decoded(LinkType::ethernet, {}), "truncated_link");
  CHECK_STR(decoded(LinkType::ethernet, hex("020000000002 020000000001 08")), "truncated_link");
  CHECK_STR(eth("0806", hex("0001 0800 0604 0001")), "not_ip");
  CHECK_STR(eth("8863", tcp4), "not_ip");
  CHECK_STR(eth("0800", {}), "truncated_ipv4");
  CHECK_STR(eth("86dd", {}), "truncated_ipv6");
  CHECK_STR(eth("0800", hex("4500 0028")), "truncated_ipv4");
  CHECK_STR(eth("86dd", hex("6000 0000")), "truncated_ipv6");
  CHECK_STR(eth("8100 00", {}), "truncated_vlan");
  CHECK_STR(eth("8100 0001 88a8 0002 08", {}), "truncated_vlan");
  CHECK_STR(eth("8847 000100", {}), "truncated_mpls");
  CHECK_STR(eth("8847 00010040", {}), "truncated_mpls");  // not the bottom of the stack
  CHECK_STR(eth("8847 00010140", hex("1000 0021 0000 0000")),
            "not_ip");  // associated channel, RFC 4385 section 5
  CHECK_STR(eth("8864 1100 0001", {}), "truncated_pppoe");
  CHECK_STR(eth("8864 1100 0001 0002 00", {}), "truncated_pppoe");
  CHECK_STR(eth("8864 1100 0001 0002 c021", hex("0101")), "not_ip");  // LCP
  CHECK_STR(eth("8864 1109 0001 002a 0021", tcp4), "not_ip");         // not session data
  CHECK_STR(eth("0026 424203", hex("0000000000")), "llc");            // spanning tree
  CHECK_STR(eth("0026 ffff00", tcp4), "llc");                         // Novell raw
  CHECK_STR(eth("0026 aaaa03 00000c 0800", tcp4), "llc");             // a vendor's own SNAP numbers
  CHECK_STR(eth("0026 aaaa", {}), "truncated_link");
}

TEST(decode_version_nibble_decides) {
  CHECK_STR(decoded(LinkType::ethernet, frames::ethernet("0800", frames::udp6)), frames::udp6_text);
  CHECK_STR(decoded(LinkType::raw, hex("10 00 00 00")), "not_ip");
}

TEST(decode_other_links_refuse) {
  CHECK_STR(decoded(LinkType::null_loopback, join({hex("07000000"), tcp4})), "not_ip");
  CHECK_STR(decoded(LinkType::loop, join({hex("02000000"), tcp4})),
            "not_ip");  // network order only
  CHECK_STR(decoded(LinkType::loop, hex("000000")), "truncated_link");
  CHECK_STR(decoded(LinkType::ppp, hex("ff03 c021 0101")), "not_ip");
  CHECK_STR(decoded(LinkType::c_hdlc, join({hex("8f00 8035"), tcp4})), "not_ip");  // SLARP
  CHECK_STR(
      decoded(LinkType::linux_sll, join({hex("0000 0304 0006 000000000000 0000 0004"), tcp4})),
      "llc");
}

TEST(decode_wlan_refuses) {
  const frames::Bytes data = frames::join({frames::wlan_data, hex("0800"), tcp4});
  const auto with = [&](size_t at, uint8_t value) {
    frames::Bytes frame = data;
    frame[at] = value;
    return decoded(LinkType::ieee802_11, frame);
  };
  CHECK_STR(with(0, 0x80), "wlan_not_data");   // beacon
  CHECK_STR(with(0, 0xb4), "wlan_not_data");   // RTS
  CHECK_STR(with(0, 0x48), "wlan_not_data");   // null
  CHECK_STR(with(0, 0xc8), "wlan_not_data");   // QoS null
  CHECK_STR(with(0, 0x09), "wlan_not_data");   // protocol version 1
  CHECK_STR(with(1, 0x41), "wlan_encrypted");  // protected
  CHECK_STR(with(22, 0x01), "fragment");
  CHECK_STR(with(24, 0x42), "llc");
  CHECK_STR(
      decoded(LinkType::ieee802_11, join({hex("8801 0000 020000000003 020000000001 020000000002 "
                                              "0000 8000 020000000003 020000000001 0030"),
                                          hex("aaaa03000000 0800"), tcp4})),
      "wlan_aggregate");
  CHECK_STR(decoded(LinkType::ieee802_11_radio, join({hex("0000 0900 02000000 40"), data})),
            "wlan_bad_fcs");
  CHECK_STR(decoded(LinkType::ieee802_11_radio, join({hex("0000 0700 02000000 40"), data})),
            "truncated_link");
  CHECK_STR(decoded(LinkType::ieee802_11_radio, hex("0000 0800 00000080")), "truncated_link");
  CHECK_STR(decoded(LinkType::ppi, join({hex("0000 0800 c0000000"), data})),
            "unsupported_link_type");
  CHECK_STR(decoded(LinkType::ppi, join({hex("0000 0800 bd000000"), data})),
            "unsupported_link_type");
  CHECK_STR(
      decoded(
          LinkType::ppi,
          join({hex("0000 2000 69000000 0200 1400 0000000000000000 0500 0000 00000000 00000000"),
                data})),
      "wlan_bad_fcs");
}

TEST(decode_wlan_check_sequence_is_not_payload) {
  const frames::Bytes frame =
      join({hex("0000 0900 02000000 10"), frames::wlan_data, hex("0800"), tcp4, hex("11223344")});
  CHECK_EQ(frames::decode(LinkType::ieee802_11_radio, frame).packet.l3_length, tcp4.size());
  // One byte short of the wire: three bytes of the sequence are there.
  const frames::Bytes cut(frame.begin(), frame.end() - 1);
  const auto wire = static_cast<uint32_t>(frame.size());
  CHECK_EQ(frames::decode(LinkType::ieee802_11_radio, cut, {}, wire).packet.l3_length, tcp4.size());
  // Ten bytes short: what is left is all data.
  const frames::Bytes shorter(frame.begin(), frame.end() - 10);
  CHECK_EQ(frames::decode(LinkType::ieee802_11_radio, shorter, {}, wire).packet.l3_length,
           tcp4.size() - 6);
}
