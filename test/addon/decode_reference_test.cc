// The reference rules: where they are not ours, one literal each. Whole captures are compared by
// test/conformance.
#include "check.h"
#include "decode_frames.h"

using dipper::LinkType;
using frames::Bytes;
using frames::hex;
using frames::join;
using frames::tcp4;
using frames::udp;

namespace {

std::string decoded(LinkType link, const Bytes& frame) {
  dipper::DecodeOptions options;
  options.reference = true;
  options.tunnels = 0;  // ignored
  return frames::describe(frames::decode(link, frame, options));
}
std::string eth(const char* type, const Bytes& rest) {
  return decoded(LinkType::ethernet, frames::ethernet(type, rest));
}

const std::string tcp4_text = frames::tcp4_text;

}  // namespace

TEST(reference_frames) {
  CHECK_STR(eth("0800", tcp4), tcp4_text);
  CHECK_STR(eth("0800", join({tcp4, hex("000000000000")})), tcp4_text);  // padding
  CHECK_STR(decoded(LinkType::ethernet, Bytes(27)), "too_short");
  CHECK_STR(eth("0800", Bytes(tcp4.begin(), tcp4.end() - 1)),
            "truncated_ipv4");  // cut by the snap length
  CHECK_STR(eth("86dd", Bytes(frames::udp6.begin(), frames::udp6.end() - 1)), "truncated_ipv6");
  CHECK_STR(eth("1234", tcp4), tcp4_text);  // the ethertype does not matter
  CHECK_STR(eth("8100 1007 8100 1008 0800", tcp4), tcp4_text + " vlan 8");
  CHECK_STR(eth("88a8 0007 8100 0008 0800", tcp4), "not_ip");
  CHECK_STR(eth("8847 00010040 00010140", frames::udp6), frames::udp6_text);
  CHECK_STR(eth("8864 1100 0001 002a c021", tcp4), tcp4_text);  // the PPP number is not looked at
  CHECK_STR(eth("0030 aaaa03 000000 0800", tcp4), tcp4_text);
  CHECK_STR(eth("0030 aa0000 000000 0800", tcp4), tcp4_text);
  CHECK_STR(eth("0030 424200", tcp4), "llc");
  CHECK_STR(eth("0000", tcp4), tcp4_text);
}

TEST(reference_links) {
  CHECK_STR(decoded(LinkType::null_loopback, join({hex("02000000"), tcp4})), tcp4_text);
  CHECK_STR(decoded(LinkType::loop, join({hex("00000002"), tcp4})), "unsupported_link_type");
  CHECK_STR(decoded(LinkType::linux_sll2,
                    join({hex("0800 0000 00000003 0001 00 06 0200000000010000"), tcp4})),
            "unsupported_link_type");
  CHECK_STR(decoded(LinkType::ppp, join({hex("0021"), tcp4})), tcp4_text);
  CHECK_STR(decoded(LinkType::ppp, join({hex("ff03 0021"), tcp4})), "not_ip");
  CHECK_STR(decoded(LinkType::ppp_hdlc, join({hex("ff03 0021"), tcp4})), tcp4_text);
  CHECK_STR(decoded(LinkType::c_hdlc, join({hex("0f00 0800"), tcp4})), tcp4_text);
  CHECK_STR(
      decoded(LinkType::linux_sll, join({hex("0000 0001 0006 020000000001 0000 0800"), tcp4})),
      tcp4_text);
  // Radiotap: two bytes of QoS control are assumed in every data frame with one DS bit.
  const Bytes qos = join(
      {hex("8801 0000 020000000003 020000000001 020000000002 0000 0000 aaaa03000000 0800"), tcp4});
  CHECK_STR(decoded(LinkType::ieee802_11_radio, join({hex("0000 0800 00000000"), qos})), tcp4_text);
  const Bytes plain = join({frames::wlan_data, hex("0800"), tcp4});
  CHECK_STR(decoded(LinkType::ieee802_11_radio, join({hex("0000 0800 00000000"), plain})),
            "not_ip");
}

TEST(reference_ports_need_whole_headers) {
  Bytes frame = frames::ipv4(6, Bytes(tcp4.begin() + 20, tcp4.begin() + 39));
  CHECK_STR(eth("0800", frame), "192.0.2.1:0>192.0.2.2:0/6");
  CHECK_STR(eth("0800", frames::ipv4(132, hex("0b590b5a 00000000 00000000"))),
            "192.0.2.1:0>192.0.2.2:0/132");
}

TEST(reference_fragments) {
  CHECK_STR(eth("0800", frames::ipv4(17, udp(1024, 53, Bytes(8)), 0x2000)),
            "192.0.2.1:1024>192.0.2.2:53/17");
  CHECK_STR(eth("0800", frames::ipv4(17, Bytes(8), 3)), "fragment");
  // In raw IP the type is unknown, and with it the fragment: its payload is read as ports.
  CHECK_STR(decoded(LinkType::raw, frames::ipv4(17, hex("04000035 00000000"), 3)),
            "192.0.2.1:1024>192.0.2.2:53/17");
  CHECK_STR(eth("86dd", frames::ipv6(44, join({hex("1100000000000001"), udp(1024, 53, {})}))),
            "20010db8000000000000000000000011:1024>20010db8000000000000000000000012:53/17");
  CHECK_STR(eth("86dd", frames::ipv6(44, join({hex("1100000800000001"), udp(1024, 53, {})}))),
            "bad_ipv6_extension");
  CHECK_STR(eth("86dd", frames::ipv6(59, Bytes(8))), "bad_ipv6_extension");
}

TEST(reference_tunnels) {
  const Bytes ethernet = frames::ethernet("0800", tcp4);
  CHECK_STR(eth("0800", frames::ipv4(4, tcp4)), tcp4_text);  // no tunnel in the key
  CHECK_STR(eth("0800", frames::ipv4(41, frames::udp6)), frames::udp6_text);
  CHECK_STR(eth("0800", frames::ipv4(17, udp(9, 2152, join({hex("30ff002800000001"), tcp4})))),
            tcp4_text);
  // With the extension flag an extension is read even when none is announced.
  CHECK_STR(
      eth("0800",
          frames::ipv4(17, udp(9, 2152, join({hex("34ff002c00000001 00000000 01000000"), tcp4})))),
      tcp4_text);
  CHECK_STR(eth("0800", frames::ipv4(17, udp(9, 37008, join({hex("0100000101"), ethernet})))),
            tcp4_text);
  // A tag's length is taken to cover its own two bytes, and only one tag is read.
  CHECK_STR(eth("0800", frames::ipv4(17, udp(9, 37008, join({hex("010000010a04c401"), ethernet})))),
            tcp4_text);
  CHECK_STR(eth("0800", frames::ipv4(17, udp(9, 5247,
                                             join({hex("0010030000000000"), frames::wlan_data,
                                                   hex("0800"), tcp4})))),
            tcp4_text);
  // Beside the key, the tunnel is known.
  dipper::DecodeOptions options;
  options.reference = true;
  const frames::Result gtp = frames::decode(
      LinkType::ethernet,
      frames::ethernet("0800",
                       frames::ipv4(17, udp(9, 2152, join({hex("30ff002800000001"), tcp4})))),
      options);
  CHECK(gtp.packet.tunnel == dipper::Tunnel::gtp_u);
  CHECK(gtp.packet.key.tunnel == dipper::Tunnel::none);
  // Not known at 4.2.
  CHECK_STR(eth("0800", frames::ipv4(17, udp(9, 4789, join({hex("0800000000000100"), ethernet})))),
            "192.0.2.1:9>192.0.2.2:4789/17");
  CHECK_STR(eth("0800", frames::ipv4(47, join({hex("00000800"), tcp4}))),
            "192.0.2.1:0>192.0.2.2:0/47");
  // What carries an IP version that is none is discarded, its outer packet with it.
  CHECK_STR(eth("0800", frames::ipv4(17, udp(9, 2152, join({hex("30ff002800000001"), Bytes(40)})))),
            "not_ip");
  // TZSP in raw IP starts over with the same frame, for ever.
  CHECK_STR(
      decoded(LinkType::ipv4, frames::ipv4(17, udp(9, 37008, join({hex("0100000101"), ethernet})))),
      "too_many_tunnels");
}
