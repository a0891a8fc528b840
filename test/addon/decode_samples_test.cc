// Every branch of the decoder on a whole frame, on each of its prefixes, and with each byte
// inverted.
#include "check.h"
#include "decode_frames.h"

using dipper::Discard;
using frames::Bytes;

namespace {

void check_extent(const frames::Result& result, size_t size, const std::string& what) {
  if (result.discard != Discard::none) return;
  const dipper::Packet& p = result.packet;
  const bool inside = p.l3 >= result.bytes.get() &&
                      p.l3 + p.l3_length <= result.bytes.get() + size &&
                      p.l4_offset <= p.l3_length && (!p.ethernet || size >= 14);
  if (!inside) CHECK_STR(what + " outside", "inside");
}

}  // namespace

TEST(decode_samples) {
  for (const frames::Sample& sample : frames::samples()) {
    const frames::Result result = frames::decode(sample.link, sample.frame);
    CHECK_STR(std::string(sample.name) + ": " + frames::describe(result),
              std::string(sample.name) + ": " + sample.text);
    check_extent(result, sample.frame.size(), sample.name);
    CHECK_EQ(result.packet.captured_length, sample.frame.size());
    CHECK_EQ(result.packet.wire_length, sample.frame.size());
    CHECK_EQ(result.packet.timestamp_ns, 1u);
    CHECK(!result.packet.later_fragment);
    if (sample.text.find("10.0.0.1:1024>10.0.0.2:80/6") == 0) {
      CHECK_EQ(result.packet.tcp_flags, dipper::tcp_syn);
      CHECK_EQ(result.packet.payload_length, 0);
    } else if (sample.text.find(frames::udp6_text) == 0) {
      CHECK_EQ(result.packet.tcp_flags, 0);
      CHECK_EQ(result.packet.payload_length, 4);
    }
    CHECK((result.packet.ethernet == result.bytes.get()) ==
          (sample.link == dipper::LinkType::ethernet));
  }
}

TEST(decode_every_prefix_stays_inside) {
  for (const frames::Sample& sample : frames::samples()) {
    for (const bool reference : {false, true}) {
      for (size_t size = 0; size < sample.frame.size(); ++size) {
        const Bytes prefix(sample.frame.begin(), sample.frame.begin() + static_cast<long>(size));
        dipper::DecodeOptions options;
        options.reference = reference;
        const frames::Result result = frames::decode(sample.link, prefix, options,
                                                     static_cast<uint32_t>(sample.frame.size()));
        check_extent(result, size, sample.name);
        if (size == 0) CHECK(result.discard != Discard::none);
      }
    }
  }
}

TEST(decode_every_byte_inverted_stays_inside) {
  for (const frames::Sample& sample : frames::samples()) {
    for (const bool reference : {false, true}) {
      dipper::DecodeOptions options;
      options.reference = reference;
      dipper::Decoder decoder(options);
      for (size_t at = 0; at < sample.frame.size(); ++at) {
        for (const int mask : {0xff, 0x0f, 0xf0, 0x80, 0x01}) {
          Bytes changed = sample.frame;
          changed[at] = static_cast<uint8_t>(changed[at] ^ mask);
          check_extent(frames::decode(decoder, sample.link, changed), changed.size(), sample.name);
        }
      }
    }
  }
}

// Plain Ethernet takes a short way for regular packets; behind a PPI header the same frame never
// does.
TEST(decode_short_way_is_the_same) {
  std::vector<Bytes> regular = {
      frames::tcp4,
      frames::tcp4_back,
      frames::udp6,
      frames::ipv4(17, frames::udp(1024, 443, Bytes(40, 'x'))),
      frames::ipv6(17, frames::udp(1024, 443, Bytes(40, 'x'))),
      frames::ipv6(6, Bytes(frames::tcp4.begin() + 20, frames::tcp4.end()))};
  for (const frames::Sample& sample : frames::samples()) {
    if (sample.link == dipper::LinkType::raw) regular.push_back(sample.frame);
  }
  int compared = 0;
  const auto compare = [&](const Bytes& ip) {
    const Bytes frame = frames::ethernet(ip[0] >> 4 == 4 ? "0800" : "86dd", ip);
    const frames::Result shorter = frames::decode(dipper::LinkType::ethernet, frame);
    const frames::Result layers = frames::decode(
        dipper::LinkType::ppi, frames::join({frames::hex("0000080001000000"), frame}));
    CHECK_STR(frames::describe(shorter), frames::describe(layers));
    if (shorter.discard != Discard::none) return;
    const dipper::Packet &a = shorter.packet, &b = layers.packet;
    CHECK(a.key == b.key);
    CHECK_EQ(shorter.l3_at() + 8, layers.l3_at());
    CHECK_EQ(a.l3_length, b.l3_length);
    CHECK_EQ(a.l4_offset, b.l4_offset);
    CHECK_EQ(a.payload_length, b.payload_length);
    CHECK_EQ(a.tcp_flags, b.tcp_flags);
    if (a.tcp_flags) CHECK_EQ(a.tcp_sequence, b.tcp_sequence);
    if (a.tcp_flags) CHECK_EQ(a.tcp_window, b.tcp_window);
    CHECK_EQ(a.dscp, b.dscp);
    CHECK_EQ(a.ttl, b.ttl);
    CHECK_EQ(a.l3_offset + 8, b.l3_offset);
    CHECK_EQ(a.gtp_offset ? a.gtp_offset + 8 : 0, b.gtp_offset);
    CHECK_EQ(a.from_lower, b.from_lower);
    CHECK_EQ(a.later_fragment, b.later_fragment);
    CHECK(a.tunnel == b.tunnel);
    ++compared;
  };
  for (const Bytes& ip : regular) {
    compare(ip);
    compare(frames::join({ip, Bytes(6)}));
    for (size_t at = 0; at < ip.size(); ++at) {
      for (const int mask : {0xff, 0x01, 0x10, 0x80}) {
        Bytes changed = ip;
        changed[at] = static_cast<uint8_t>(changed[at] ^ mask);
        compare(changed);
      }
    }
  }
  CHECK(compared > 5000);
}

TEST(decode_names) {
  CHECK_STR(dipper::discard_name(Discard::none), "none");
  CHECK_STR(dipper::discard_name(Discard::truncated_ipv4), "truncated_ipv4");
  CHECK_STR(dipper::discard_name(Discard::wlan_aggregate), "wlan_aggregate");
  CHECK_STR(dipper::discard_name(Discard::count_), "unknown");
  CHECK_STR(dipper::link_type_name(1), "EN10MB");
  CHECK_STR(dipper::link_type_name(276), "LINUX_SLL2");
  CHECK_STR(dipper::link_type_name(189), "USB_LINUX");
  CHECK_STR(dipper::link_type_name(65535), "LINKTYPE_65535");
  CHECK(dipper::link_type_supported(127));
  CHECK(!dipper::link_type_supported(189));
  CHECK(!dipper::link_type_supported(9999));
  for (const frames::Sample& sample : frames::samples()) {
    CHECK(dipper::link_type_supported(static_cast<uint16_t>(sample.link)));
  }
  CHECK_STR(frames::describe(frames::decode(static_cast<dipper::LinkType>(189), frames::tcp4)),
            "unsupported_link_type");
}
