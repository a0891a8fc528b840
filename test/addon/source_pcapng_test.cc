// pcapng: sections, interfaces and their clocks, the three packet blocks, and damage.
#include "capture_bytes.h"
#include "check.h"

using namespace capture_bytes;
using dipper::ReadStatus;

namespace {

std::string option(uint32_t code, std::string value, Order o = Order::little) {
  std::string out = u16(code, o) + u16(static_cast<uint32_t>(value.size()), o);
  while (value.size() % 4) value += '\0';
  return out + value;
}

uint64_t time_with(const std::string& options, uint64_t units) {
  const Outcome r = read_mapped(section() + interface(1, options) + enhanced(0, units, "x", 1));
  return r.packets.size() == 1 ? r.packets[0].timestamp_ns : 1;
}

void check_fails(const std::string& content, const std::string& words, uint64_t offset,
                 size_t packets) {
  for (const Outcome& r : {read_mapped(content), read_piped(content, 13)}) {
    CHECK(r.status == ReadStatus::failed);
    CHECK_EQ(r.error.exit_code, 65);
    CHECK_EQ(r.error.offset, offset);
    CHECK_EQ(r.packets.size(), packets);
    if (r.error.message.find(words) == std::string::npos) CHECK_STR(r.error.message, words);
  }
}

}  // namespace

TEST(pcapng_sections_in_both_byte_orders_have_interfaces_of_their_own) {
  const Order b = Order::big;
  const Outcome r =
      read_mapped(section() + interface(1) + interface(276) + enhanced(1, 5, "sll2", 4) +
                  enhanced(0, 7, "ether", 1500) + section(b) + interface(101, "", b) +
                  enhanced(0, uint64_t{1} << 32, "raw", 3, b) + section() + interface(113) +
                  enhanced(0, 9, "", 0));
  CHECK(r.status == ReadStatus::end);
  CHECK_EQ(r.packets.size(), 4u);
  if (r.packets.size() != 4) return;
  const uint16_t links[] = {276, 1, 101, 113};
  const uint64_t times[] = {5000, 7000, 4294967296000, 9000};
  const char* data[] = {"sll2", "ether", "raw", ""};
  for (size_t i = 0; i < 4; ++i) {
    CHECK_EQ(r.packets[i].link_type, links[i]);
    CHECK_EQ(r.packets[i].timestamp_ns, times[i]);
    CHECK_STR(r.packets[i].data, data[i]);
  }
  CHECK_EQ(r.packets[1].wire, 1500u);
}

TEST(pcapng_clock_resolutions_and_offsets) {
  const uint64_t units = 1700000000123456;
  CHECK_EQ(time_with("", units), 1700000000123456000u);
  CHECK_EQ(time_with(option(9, "\x09"), units * 1000 + 789), 1700000000123456789u);
  CHECK_EQ(time_with(option(9, "\x03"), 1700000000123), 1700000000123000000u);
  CHECK_EQ(time_with(option(9, std::string(1, '\0')), 1700000000), 1700000000000000000u);
  CHECK_EQ(time_with(option(9, "\x0c"), 1234567890123456), 1234567890123u);
  CHECK_EQ(time_with(option(9, "\x7f"), UINT64_MAX - 1), 0u);
  CHECK_EQ(time_with(option(9, "\x80"), 1700000000), 1700000000000000000u);
  CHECK_EQ(time_with(option(9, "\x8a"), 1024 * 5 + 512), 5500000000u);
  CHECK_EQ(time_with(option(9, "\xa0"), (uint64_t{1700000000} << 32) + 0xc0000000),
           1700000000750000000u);
  CHECK_EQ(time_with(option(9, "\xbf"), uint64_t{1} << 62), 500000000u);
  CHECK_EQ(time_with(option(9, "\xc0"), uint64_t{1} << 63), 500000000u);
  CHECK_EQ(time_with(option(9, "\xff"), UINT64_MAX), 0u);
  CHECK_EQ(time_with("", UINT64_MAX), UINT64_MAX);  // what does not fit is as late as can be
  const std::string day = u32(86400) + u32(0), minus_two = u32(0xfffffffe) + u32(0xffffffff);
  CHECK_EQ(time_with(option(14, day), 1000000), 86401000000000u);
  CHECK_EQ(time_with(option(14, minus_two), 5000000), 3000000000u);
  CHECK_EQ(time_with(option(14, minus_two), 1000000), 0u);
  CHECK_EQ(time_with(option(2, "eth0") + option(9, "\x09") + option(14, day) + option(0, ""), 1),
           86400000000001u);
  const Order b = Order::big;
  const Outcome r =
      read_mapped(section(b) + interface(1, option(14, u32(0, b) + u32(86400, b), b), b) +
                  enhanced(0, 1, "x", 1, b));
  CHECK_EQ(r.packets.at(0).timestamp_ns, 86400000001000u);
}

TEST(pcapng_simple_and_obsolete_packet_blocks) {
  const std::string simple = block(3, u32(5) + "hello"), cut = block(3, u32(1500) + "12345678");
  const std::string obsolete = block(
      2, u16(1) + u16(7) + u32(0) + u32(42) + u32(3) + u32(99) + "abc" + std::string(1, '\0'));
  const Outcome r = read_mapped(section() + interface(1, "", Order::little, 6) + interface(113) +
                                obsolete + simple + cut);
  CHECK(r.status == ReadStatus::end);
  CHECK_EQ(r.packets.size(), 3u);
  if (r.packets.size() != 3) return;
  CHECK_STR(r.packets[0].data, "abc");
  CHECK_EQ(r.packets[0].link_type, 113);
  CHECK_EQ(r.packets[0].timestamp_ns, 42000u);
  CHECK_EQ(r.packets[0].wire, 99u);
  CHECK_STR(r.packets[1].data, "hello");
  CHECK_EQ(r.packets[1].link_type, 1);
  CHECK_EQ(r.packets[1].timestamp_ns, 42000u);  // it has no time: that of the packet before
  CHECK_STR(r.packets[2].data, "123456");       // the interface's snapshot length
  CHECK_EQ(r.packets[2].wire, 1500u);
}

TEST(pcapng_other_blocks_are_stepped_over_however_long) {
  const std::string huge = block(0x0000000a, std::string(3 << 20, 'k'));  // larger than any buffer
  const std::string content = section() + block(0x80000bad, "") + interface(1) + huge +
                              block(5, "stats") + enhanced(0, 1, "one", 3) + block(4, "names") +
                              enhanced(0, 2, "two", 3);
  for (const Outcome& r :
       {read_mapped(content), read_piped(content, 50000), read_mapped(gzip(content))}) {
    CHECK(r.status == ReadStatus::end);
    CHECK_EQ(r.packets.size(), 2u);
    CHECK_STR(r.packets.at(1).data, "two");
  }
}

TEST(pcapng_packets_of_unsupported_interfaces_are_delivered) {
  const Outcome r = read_mapped(section() + interface(189) + enhanced(0, 1, "usb", 3) +
                                interface(1) + enhanced(1, 2, "ether", 5));
  CHECK(r.status == ReadStatus::end);
  CHECK_EQ(r.packets.size(), 2u);
  CHECK_EQ(r.packets.at(0).link_type, 189);
}

TEST(pcapng_without_any_supported_interface_is_refused_by_name) {
  check_fails(section() + interface(189) + enhanced(0, 1, "usb", 3),
              "link type 189 (USB_LINUX) is not supported", 36, 1);
  CHECK(read_mapped(section()).status == ReadStatus::end);
}

TEST(pcapng_damage_is_told_with_its_offset) {
  const std::string start = section() + interface(1);  // 28 + 20 bytes
  const std::string good = enhanced(0, 1, "good", 4);  // 36 bytes
  std::string bad = enhanced(0, 1, "data", 4);
  bad.replace(20, 4, u32(5));
  check_fails(start + good + bad + good, "packet 2 claims 5 captured bytes in a block with 4", 84,
              1);
  bad.replace(20, 4, u32(0xffffffff));
  check_fails(start + good + bad, "packet 2 claims 4294967295 captured bytes", 84, 1);
  bad = enhanced(1, 1, "data", 4);
  check_fails(start + good + bad, "packet 2 is of interface 1 of 1", 84, 1);
  bad = good;
  bad[32] = 40;
  check_fails(start + good + bad, "the two lengths of a block differ (36 and 40)", 84, 1);
  check_fails(start + good + u32(77) + u32(8) + u32(8), "a block of type 77 claims 8 bytes", 84, 1);
  check_fails(start + good + u32(77) + u32(13) + u32(13), "a block of type 77 claims 13 bytes", 84,
              1);
  check_fails(start + good + u32(6) + u32(0x7ffffffc) + u32(0),
              "a block of type 6 claims 2147483644 bytes", 84, 1);
  check_fails(start + good + u32(99) + u32(0x7ffffffc) + u32(0),
              "ends inside a block (2147483632 bytes are missing)", 96, 1);
  check_fails(start + block(6, "short"), "packet 1 has a header that is too short", 48, 0);
  check_fails(start + block(3, ""), "packet 1 has a header that is too short", 48, 0);
  check_fails(section() + block(1, "tiny"), "an interface block of 16 bytes", 28, 0);
  check_fails(section() + interface(1, u16(9) + u16(200)),
              "an interface option longer than its block", 44, 0);
  check_fails(section() + block(3, u32(1) + "x"), "packet 1 is of interface 0 of 0", 28, 0);
  check_fails(start + good + block(0x0a0d0d0a, std::string(16, 'x')),
              "without its byte-order magic", 92, 1);
  std::string version = section();
  version[12] = 2;
  check_fails(version, "pcapng version 2.0 is not known", 12, 0);
}
