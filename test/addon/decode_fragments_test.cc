// Fragments: later ones are in the flow of the first, with its key and direction.
#include "core/decode_fragments.h"
#include "check.h"
#include "decode_frames.h"

using dipper::Discard;
using dipper::FragmentId;
using dipper::LinkType;
using frames::Bytes;
using frames::hex;
using frames::join;

namespace {

constexpr uint64_t second = 1000000000;
constexpr uint16_t more = 0x2000;

Bytes fragment6(uint32_t identification, uint16_t offset, bool has_more, uint8_t next,
                const Bytes& payload) {
  const auto word = static_cast<uint16_t>(offset | (has_more ? 1 : 0));
  Bytes header = {next, 0, static_cast<uint8_t>(word >> 8),     static_cast<uint8_t>(word), 0,
                  0,    0, static_cast<uint8_t>(identification)};
  return frames::ipv6(44, join({header, payload}));
}

}  // namespace

TEST(decode_fragments_ipv4) {
  dipper::Decoder decoder({});
  const Bytes first = frames::ipv4(17, frames::udp(1024, 53, Bytes(16, 'a')), more);
  const Bytes later = frames::ipv4(17, Bytes(16, 'b'), more | 3);
  const Bytes last = frames::ipv4(17, Bytes(5, 'c'), 5);
  CHECK_STR(frames::describe(frames::decode(decoder, LinkType::raw, later, 1)),
            "fragment_without_first");
  const frames::Result a = frames::decode(decoder, LinkType::raw, first, 2);
  const frames::Result b = frames::decode(decoder, LinkType::raw, later, 3);
  const frames::Result c = frames::decode(decoder, LinkType::raw, last, 4);
  CHECK_STR(frames::describe(a), "192.0.2.1:1024>192.0.2.2:53/17");
  CHECK(!a.packet.later_fragment);
  for (const frames::Result* result : {&b, &c}) {
    CHECK(result->discard == Discard::none);
    CHECK(result->packet.key == a.packet.key);
    CHECK(result->packet.later_fragment);
    CHECK(result->packet.from_lower);
    CHECK_EQ(result->packet.tcp_flags, 0);
    CHECK_EQ(result->packet.l4_offset, 20);
  }
  CHECK_EQ(b.packet.payload_length, 16);
  CHECK_EQ(c.packet.payload_length, 5);
  CHECK_EQ(c.packet.l3_length, 25);
  // Another identification, the other direction, another protocol: not this datagram.
  Bytes other = last;
  other[5] = 8;
  CHECK_STR(frames::describe(frames::decode(decoder, LinkType::raw, other, 5)),
            "fragment_without_first");
  other = last;
  std::swap(other[15], other[19]);
  CHECK_STR(frames::describe(frames::decode(decoder, LinkType::raw, other, 5)),
            "fragment_without_first");
  other = last;
  other[9] = 6;
  CHECK_STR(frames::describe(frames::decode(decoder, LinkType::raw, other, 5)),
            "fragment_without_first");
}

TEST(decode_fragments_keep_direction) {
  dipper::Decoder decoder({});
  Bytes first = frames::ipv4(17, frames::udp(53, 1024, Bytes(16, 'a')), more);
  Bytes last = frames::ipv4(17, Bytes(5, 'c'), 3);
  for (Bytes* frame : {&first, &last}) std::swap((*frame)[15], (*frame)[19]);
  CHECK(!frames::decode(decoder, LinkType::raw, first).packet.from_lower);
  CHECK(!frames::decode(decoder, LinkType::raw, last).packet.from_lower);
}

TEST(decode_fragments_age) {
  const Bytes first = frames::ipv4(17, frames::udp(1024, 53, Bytes(16, 'a')), more);
  const Bytes last = frames::ipv4(17, Bytes(5, 'c'), 3);
  dipper::Decoder decoder({});
  frames::decode(decoder, LinkType::raw, first, 10 * second);
  CHECK(frames::decode(decoder, LinkType::raw, last, 40 * second).discard == Discard::none);
  CHECK(frames::decode(decoder, LinkType::raw, last, 40 * second + 1).discard ==
        Discard::fragment_without_first);
}

TEST(decode_fragments_ipv6) {
  dipper::Decoder decoder({});
  // The first begins with destination options, so its next header is not the later one's.
  const Bytes first = fragment6(
      9, 0, true, 60, join({hex("1100000000000000"), frames::udp(1024, 53, Bytes(8, 'a'))}));
  const Bytes last = fragment6(9, 24, false, 17, Bytes(6, 'b'));
  CHECK_STR(frames::describe(frames::decode(decoder, LinkType::raw, last, 1)),
            "fragment_without_first");
  const frames::Result a = frames::decode(decoder, LinkType::raw, first, 2);
  const frames::Result b = frames::decode(decoder, LinkType::raw, last, 3);
  CHECK_STR(frames::describe(a),
            "20010db8000000000000000000000011:1024>20010db8000000000000000000000012:53/17");
  CHECK_STR(frames::describe(b), frames::describe(a));
  CHECK(b.packet.later_fragment);
  CHECK_EQ(b.packet.l4_offset, 48);
  CHECK_EQ(b.packet.payload_length, 6);
  CHECK_STR(frames::describe(frames::decode(decoder, LinkType::raw,
                                            fragment6(10, 24, false, 17, Bytes(6, 'b')), 4)),
            "fragment_without_first");
}

TEST(decode_fragments_of_a_tunnel_are_in_the_inner_flow) {
  dipper::Decoder decoder({});
  const Bytes whole =
      frames::udp(9, 4789, join({hex("0800000000000100"), frames::ethernet("0800", frames::tcp4)}));
  const Bytes head(whole.begin(), whole.begin() + 56);
  const Bytes tail(whole.begin() + 56, whole.end());
  const std::string inner = frames::tcp4_text + " tunnel vxlan 1";
  CHECK_STR(frames::describe(frames::decode(decoder, LinkType::raw, frames::ipv4(17, head, more))),
            inner);
  const frames::Result later = frames::decode(decoder, LinkType::raw, frames::ipv4(17, tail, 7));
  CHECK_STR(frames::describe(later), inner);
  CHECK(later.packet.later_fragment);
  CHECK_EQ(later.packet.key.ip_protocol, 6);
}

TEST(decode_fragment_too_small_for_ports) {
  dipper::Decoder decoder({});
  CHECK_STR(frames::describe(
                frames::decode(decoder, LinkType::raw, frames::ipv4(17, hex("040000"), more))),
            "truncated_l4");
  CHECK_STR(frames::describe(frames::decode(decoder, LinkType::raw, frames::ipv4(17, Bytes(8), 1))),
            "fragment_without_first");
}

TEST(fragment_table_is_bounded_and_forgets_the_oldest) {
  dipper::FragmentTable table;
  const uint32_t capacity = dipper::FragmentTable::ways * dipper::FragmentTable::sets;
  const auto identify = [](uint32_t n) {
    FragmentId id;
    memset(&id, 0, sizeof id);
    id.identification = n;
    return id;
  };
  dipper::FlowKey key;
  memset(&key, 0, sizeof key);
  for (uint32_t n = 0; n < 8 * capacity; ++n) {
    key.lower_port = static_cast<uint16_t>(n);
    table.remember(identify(n), 1 + n, key, n & 1);
  }
  uint32_t found = 0, recent = 0;
  bool from_lower;
  for (uint32_t n = 0; n < 8 * capacity; ++n) {
    if (!table.find(identify(n), 8 * capacity, key, from_lower)) continue;
    CHECK_EQ(key.lower_port, static_cast<uint16_t>(n));
    CHECK(from_lower == ((n & 1) == 1));
    ++found;
    if (n >= 8 * capacity - 256) ++recent;
  }
  CHECK_EQ(found, capacity);  // every place is used
  CHECK_EQ(recent, 256u);     // and none of the latest was pushed out
}
