// Sample frames for the decode tests, as byte literals, and the calls that decode them. A frame is
// always given in a heap block of exactly its size, so that AddressSanitizer sees a read beyond it.
#pragma once
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "core/decode.h"
#include "core/link_type.h"

namespace frames {

using Bytes = std::vector<uint8_t>;

inline Bytes hex(const char* text) {
  Bytes bytes;
  int high = -1;
  for (; *text; ++text) {
    const int digit = *text >= '0' && *text <= '9'   ? *text - '0'
                      : *text >= 'a' && *text <= 'f' ? *text - 'a' + 10
                                                     : -1;
    if (digit < 0) continue;
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<uint8_t>(high << 4 | digit));
      high = -1;
    }
  }
  return bytes;
}

inline Bytes join(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// 10.0.0.1:1024 -> 10.0.0.2:80, SYN, no payload.
inline const Bytes tcp4 =
    hex("4500 0028 0001 0000 4006 0000 0a000001 0a000002"
        "0400 0050 00000001 00000000 5002 2000 0000 0000");
// The answer.
inline const Bytes tcp4_back =
    hex("4500 0028 0001 0000 4006 0000 0a000002 0a000001"
        "0050 0400 00000001 00000002 5012 2000 0000 0000");
// 2001:db8::1:1024 -> 2001:db8::2:53, four bytes of payload.
inline const Bytes udp6 =
    hex("6000 0000 000c 11 40 20010db8000000000000000000000001 20010db8000000000000000000000002"
        "0400 0035 000c 0000 deadbeef");

// An IPv4 or UDP header in front of `payload`, with the lengths right.
inline Bytes ipv4(uint8_t protocol, const Bytes& payload, uint16_t fragment = 0) {
  const size_t length = 20 + payload.size();
  Bytes bytes = hex("4500 0000 0007 0000 4000 0000 c0000201 c0000202");
  bytes[2] = static_cast<uint8_t>(length >> 8);
  bytes[3] = static_cast<uint8_t>(length);
  bytes[6] = static_cast<uint8_t>(fragment >> 8);
  bytes[7] = static_cast<uint8_t>(fragment);
  bytes[9] = protocol;
  return join({bytes, payload});
}
inline Bytes ipv6(uint8_t next, const Bytes& payload) {
  Bytes bytes =
      hex("6000 0000 0000 00 40 20010db8000000000000000000000011 20010db8000000000000000000000012");
  bytes[4] = static_cast<uint8_t>(payload.size() >> 8);
  bytes[5] = static_cast<uint8_t>(payload.size());
  bytes[6] = next;
  return join({bytes, payload});
}
inline Bytes udp(uint16_t source, uint16_t destination, const Bytes& payload) {
  const size_t length = 8 + payload.size();
  Bytes bytes = {static_cast<uint8_t>(source >> 8),
                 static_cast<uint8_t>(source),
                 static_cast<uint8_t>(destination >> 8),
                 static_cast<uint8_t>(destination),
                 static_cast<uint8_t>(length >> 8),
                 static_cast<uint8_t>(length),
                 0,
                 0};
  return join({bytes, payload});
}
inline Bytes ethernet(const char* type, const Bytes& payload) {
  return join({hex("020000000002 020000000001"), hex(type), payload});
}
// A data frame to the access point with LLC and SNAP, up to the ethertype.
inline const Bytes wlan_data =
    hex("0801 0000 020000000003 020000000001 020000000002 0000 aaaa03000000");

struct Result {
  dipper::Discard discard;
  dipper::Packet packet;
  std::unique_ptr<uint8_t[]> bytes;  // keeps what the packet points into
  size_t l3_at() const { return static_cast<size_t>(packet.l3 - bytes.get()); }
};

inline Result decode(dipper::Decoder& decoder, dipper::LinkType link, const Bytes& frame,
                     uint64_t timestamp_ns = 1, uint32_t wire_length = 0) {
  Result result{};
  result.bytes = std::make_unique<uint8_t[]>(frame.size());
  if (!frame.empty()) memcpy(result.bytes.get(), frame.data(), frame.size());
  memset(&result.packet, 0xa5, sizeof result.packet);  // what decode does not write shows
  const auto size = static_cast<uint32_t>(frame.size());
  const dipper::PacketView view{result.bytes.get(), timestamp_ns, size,
                                wire_length ? wire_length : size, static_cast<uint16_t>(link)};
  result.discard = decoder.decode(view, result.packet);
  return result;
}

inline Result decode(dipper::LinkType link, const Bytes& frame, dipper::DecodeOptions options = {},
                     uint32_t wire_length = 0) {
  dipper::Decoder decoder(options);
  return decode(decoder, link, frame, 1, wire_length);
}

// "10.0.0.1:1024>10.0.0.2:80/6": sender, receiver, protocol; then " vlan N", " tunnel NAME ID" when
// there are. A discarded frame gives the reason's name.
inline std::string describe(const Result& result) {
  if (result.discard != dipper::Discard::none) return dipper::discard_name(result.discard);
  const dipper::FlowKey& key = result.packet.key;
  const auto endpoint = [&](const uint8_t* address, uint16_t port) {
    std::string text;
    char part[8];
    for (int i = 0; i < (key.ip_version == 4 ? 4 : 16); ++i) {
      snprintf(part, sizeof part, key.ip_version == 4 ? "%s%d" : "%s%02x",
               key.ip_version == 4 && i ? "." : "", address[i]);
      text += part;
    }
    return text + ":" + std::to_string(port);
  };
  const std::string lower = endpoint(key.lower_address, key.lower_port);
  const std::string upper = endpoint(key.upper_address, key.upper_port);
  std::string text = result.packet.from_lower ? lower + ">" + upper : upper + ">" + lower;
  text += "/" + std::to_string(key.ip_protocol);
  static const char* const tunnels[] = {"none", "gtp_u", "capwap",   "tzsp",
                                        "gre",  "vxlan", "ip_in_ip", "teredo"};
  if (key.vlan_id) text += " vlan " + std::to_string(key.vlan_id);
  if (key.tunnel != dipper::Tunnel::none) {
    text += std::string(" tunnel ") + tunnels[static_cast<int>(key.tunnel)] + " " +
            std::to_string(key.tunnel_id);
  }
  return text;
}

inline const std::string tcp4_text = "10.0.0.1:1024>10.0.0.2:80/6";
inline const std::string udp6_text =
    "20010db8000000000000000000000001:1024>20010db8000000000000000000000002:53/17";

struct Sample {
  const char* name;
  dipper::LinkType link;
  Bytes frame;
  std::string text;  // what describe() says of it
};

// One frame for each branch of the decoder that ends in a packet.
inline std::vector<Sample> samples() {
  using dipper::LinkType;
  const std::string inner4 = tcp4_text + " tunnel ";
  const std::string inner6 = udp6_text + " tunnel ";
  const Bytes inner_ethernet = ethernet("0800", tcp4);
  return {
      {"ethernet", LinkType::ethernet, ethernet("0800", tcp4), tcp4_text},
      {"ethernet ipv6", LinkType::ethernet, ethernet("86dd", udp6), udp6_text},
      {"802.1q", LinkType::ethernet, ethernet("8100 2007 0800", tcp4), tcp4_text + " vlan 7"},
      {"802.1ad", LinkType::ethernet, ethernet("88a8 0064 8100 0008 0800", tcp4),
       tcp4_text + " vlan 8"},
      {"three tags", LinkType::ethernet, ethernet("9100 0001 88a8 0002 8100 f003 86dd", udp6),
       udp6_text + " vlan 3"},
      {"mpls", LinkType::ethernet, ethernet("8847 00010040 00020140", tcp4), tcp4_text},
      {"mpls ipv6", LinkType::ethernet, ethernet("8848 00020140", udp6), udp6_text},
      {"pseudowire", LinkType::ethernet, ethernet("8847 00020140 00000000", inner_ethernet),
       tcp4_text},
      {"pppoe", LinkType::ethernet, ethernet("8864 1100 0001 002a 0021", tcp4), tcp4_text},
      {"pppoe ipv6", LinkType::ethernet, ethernet("8864 1100 0001 0036 0057", udp6), udp6_text},
      {"pppoe compressed", LinkType::ethernet, ethernet("8864 1100 0001 0029 21", tcp4), tcp4_text},
      {"snap", LinkType::ethernet, ethernet("0030 aaaa03 000000 0800", tcp4), tcp4_text},
      {"llc ip", LinkType::ethernet, ethernet("002b 060603", tcp4), tcp4_text},
      {"tag then snap", LinkType::ethernet, ethernet("8100 0009 0030 aaaa03 0000f8 0800", tcp4),
       tcp4_text + " vlan 9"},
      {"sll", LinkType::linux_sll, join({hex("0000 0001 0006 020000000001 0000 0800"), tcp4}),
       tcp4_text},
      {"sll2", LinkType::linux_sll2,
       join({hex("86dd 0000 00000003 0001 00 06 0200000000010000"), udp6}), udp6_text},
      {"raw", LinkType::raw, tcp4, tcp4_text},
      {"raw ipv6", LinkType::raw, udp6, udp6_text},
      {"dlt_raw", LinkType::dlt_raw, tcp4, tcp4_text},
      {"ipv4", LinkType::ipv4, tcp4, tcp4_text},
      {"ipv6", LinkType::ipv6, udp6, udp6_text},
      {"null little", LinkType::null_loopback, join({hex("02000000"), tcp4}), tcp4_text},
      {"null big", LinkType::null_loopback, join({hex("00000002"), tcp4}), tcp4_text},
      {"null netbsd", LinkType::null_loopback, join({hex("18000000"), udp6}), udp6_text},
      {"null freebsd", LinkType::null_loopback, join({hex("1c000000"), udp6}), udp6_text},
      {"null macos", LinkType::null_loopback, join({hex("0000001e"), udp6}), udp6_text},
      {"null linux", LinkType::null_loopback, join({hex("0a000000"), udp6}), udp6_text},
      {"loop", LinkType::loop, join({hex("00000002"), tcp4}), tcp4_text},
      {"loop ipv6", LinkType::loop, join({hex("00000018"), udp6}), udp6_text},
      {"ppp", LinkType::ppp, join({hex("0021"), tcp4}), tcp4_text},
      {"ppp framed", LinkType::ppp, join({hex("ff03 0057"), udp6}), udp6_text},
      {"ppp cisco", LinkType::ppp, join({hex("0f00 0800"), tcp4}), tcp4_text},
      {"ppp mpls", LinkType::ppp, join({hex("0281 00020140"), tcp4}), tcp4_text},
      {"ppp_hdlc", LinkType::ppp_hdlc, join({hex("ff03 0021"), tcp4}), tcp4_text},
      {"ppp_hdlc bare", LinkType::ppp_hdlc, join({hex("0057"), udp6}), udp6_text},
      {"c_hdlc", LinkType::c_hdlc, join({hex("0f00 0800"), tcp4}), tcp4_text},
      {"c_hdlc broadcast", LinkType::c_hdlc, join({hex("8f00 86dd"), udp6}), udp6_text},
      {"wlan", LinkType::ieee802_11, join({wlan_data, hex("0800"), tcp4}), tcp4_text},
      {"wlan qos", LinkType::ieee802_11,
       join({hex("8802 0000 020000000003 020000000001 020000000002 0000 0000 aaaa03000000 86dd"),
             udp6}),
       udp6_text},
      {"wlan four addresses", LinkType::ieee802_11,
       join({hex("0803 0000 020000000003 020000000001 020000000002 0000 020000000004 aaaa03000000 "
                 "0800"),
             tcp4}),
       tcp4_text},
      {"wlan ht control", LinkType::ieee802_11,
       join({hex("8881 0000 020000000003 020000000001 020000000002 0000 0000 00000000 aaaa03000000 "
                 "0800"),
             tcp4}),
       tcp4_text},
      {"radiotap", LinkType::ieee802_11_radio,
       join({hex("0000 0800 00000000"), wlan_data, hex("0800"), tcp4}), tcp4_text},
      {"radiotap fcs", LinkType::ieee802_11_radio,
       join({hex("0000 0900 02000000 10"), wlan_data, hex("0800"), tcp4, hex("11223344")}),
       tcp4_text},
      {"radiotap tsft, two words, padded", LinkType::ieee802_11_radio,
       join({hex("0000 1900 03000080 00000000 00000000 8877665544332211 20"),
             hex("8801 0000 020000000003 020000000001 020000000002 0000 0000 0000 aaaa03000000 "
                 "0800"),
             tcp4}),
       tcp4_text},
      {"ppi", LinkType::ppi, join({hex("0000 0800 69000000"), wlan_data, hex("0800"), tcp4}),
       tcp4_text},
      {"ppi fcs", LinkType::ppi,
       join({hex("0000 2000 69000000 0200 1400 0000000000000000 0100 0000 00000000 00000000"),
             wlan_data, hex("0800"), tcp4, hex("11223344")}),
       tcp4_text},
      {"ppi ethernet", LinkType::ppi, join({hex("0000 0800 01000000"), inner_ethernet}), tcp4_text},
      {"options", LinkType::raw,
       hex("4600 002c 0001 0000 4006 0000 0a000001 0a000002 01010101"
           "0400 0050 00000001 00000000 5002 2000 0000 0000"),
       tcp4_text},
      {"icmp", LinkType::raw, ipv4(1, hex("0800 0000 0001 0001 61626364")),
       "192.0.2.1:0>192.0.2.2:0/1"},
      {"sctp", LinkType::raw, ipv4(132, hex("0b59 0b5a 00000000 00000000")),
       "192.0.2.1:2905>192.0.2.2:2906/132"},
      {"extensions", LinkType::raw,  // hop by hop, routing, destination, authentication, mobility
       ipv6(0, join({hex("2b00000000000000 3c00000000000000 3300000000000000"
                         "8704000000000000 0000000000000000 0000000000000000 1100000000000000"),
                     udp(1024, 53, {})})),
       "20010db8000000000000000000000011:1024>20010db8000000000000000000000012:53/17"},
      {"atomic fragment", LinkType::raw,
       ipv6(44, join({hex("1100000000000001"), udp(1024, 53, {})})),
       "20010db8000000000000000000000011:1024>20010db8000000000000000000000012:53/17"},
      {"gtp_u", LinkType::raw, ipv4(17, udp(2152, 2152, join({hex("30ff 0028 00000001"), tcp4}))),
       inner4 + "gtp_u 0"},
      {"gtp_u sequence", LinkType::raw,
       ipv4(17, udp(40000, 2152, join({hex("32ff 003a 00000001 0005 00 00"), udp6}))),
       inner6 + "gtp_u 0"},
      {"gtp_u extensions", LinkType::raw,
       ipv4(17,
            udp(2152, 40000, join({hex("34ff 0034 00000001 0000 00 85 01100085 01200000"), tcp4}))),
       inner4 + "gtp_u 0"},
      {"capwap native", LinkType::raw,
       ipv4(17, udp(12380, 5247, join({hex("0010 0300 00000000"), wlan_data, hex("0800"), tcp4}))),
       inner4 + "capwap 0"},
      {"capwap swapped", LinkType::raw,
       ipv4(
           17,
           udp(5247, 12380,
               join({hex("0020 0320 00000000 0104000000000000"),
                     hex("0108 0000 020000000003 020000000001 020000000002 0100 aaaa03000000 0800"),
                     tcp4}))),
       inner4 + "capwap 0"},
      {"capwap 802.3", LinkType::raw,
       ipv4(17, udp(5247, 5000, join({hex("0010 0200 00000000"), inner_ethernet}))),
       inner4 + "capwap 0"},
      {"tzsp", LinkType::raw,
       ipv4(17, udp(40000, 37008, join({hex("0100 0001 00 0a01c4 01"), inner_ethernet}))),
       inner4 + "tzsp 0"},
      {"tzsp 802.11", LinkType::raw,
       ipv4(17, udp(40000, 37008, join({hex("0100 0012 01"), wlan_data, hex("0800"), tcp4}))),
       inner4 + "tzsp 0"},
      {"gre", LinkType::raw, ipv4(47, join({hex("0000 0800"), tcp4})), inner4 + "gre 0"},
      {"gre all flags", LinkType::raw,
       ipv4(47, join({hex("b000 86dd 00000000 0000002a 00000001"), udp6})), inner6 + "gre 42"},
      {"gre ethernet", LinkType::raw, ipv6(47, join({hex("2000 6558 00000007"), inner_ethernet})),
       inner4 + "gre 7"},
      {"erspan 1", LinkType::raw, ipv4(47, join({hex("0000 88be"), inner_ethernet})),
       inner4 + "gre 0"},
      {"erspan 2", LinkType::raw,
       ipv4(47, join({hex("1000 88be 00000001 1001000000000000"), inner_ethernet})),
       inner4 + "gre 0"},
      {"erspan 3", LinkType::raw,
       ipv4(47, join({hex("1000 22eb 00000001 2001000000000000 00000001 0000000000000000"),
                      inner_ethernet})),
       inner4 + "gre 0"},
      {"vxlan", LinkType::raw,
       ipv4(17, udp(50000, 4789, join({hex("08000000 00123400"), inner_ethernet}))),
       inner4 + "vxlan 4660"},
      {"vxlan tagged", LinkType::raw,
       ipv6(17,
            udp(50000, 4789, join({hex("08000000 00000100"), ethernet("8100 0005 0800", tcp4)}))),
       tcp4_text + " vlan 5 tunnel vxlan 1"},
      {"4in4", LinkType::raw, ipv4(4, tcp4), inner4 + "ip_in_ip 0"},
      {"6in4", LinkType::raw, ipv4(41, udp6), inner6 + "ip_in_ip 0"},
      {"4in6", LinkType::raw, ipv6(4, tcp4), inner4 + "ip_in_ip 0"},
      {"6in6", LinkType::raw, ipv6(41, udp6), inner6 + "ip_in_ip 0"},
      {"teredo", LinkType::raw, ipv4(17, udp(50000, 3544, udp6)), inner6 + "teredo 0"},
      {"teredo authentication and origin", LinkType::raw,
       ipv4(17, udp(3544, 50000,
                    join({hex("0001 0201 aabb cc 0000000000000001 00 0000 1234 c0000201"), udp6}))),
       inner6 + "teredo 0"},
      {"vxlan in gre in 6in4", LinkType::ethernet,
       ethernet("0800", ipv4(41, ipv6(47, join({hex("0000 0800"),
                                                ipv4(17, udp(1, 4789,
                                                             join({hex("08000000 00000900"),
                                                                   inner_ethernet})))})))),
       inner4 + "vxlan 9"},
  };
}

}  // namespace frames
