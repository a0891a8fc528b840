// Classic pcap: every header variant, and what is refused with which words.
#include "capture_bytes.h"
#include "check.h"

using namespace capture_bytes;
using dipper::ReadStatus;

TEST(pcap_microseconds_and_nanoseconds_in_both_byte_orders) {
  for (Order o : {Order::little, Order::big}) {
    for (uint32_t magic : {0xa1b2c3d4u, 0xa1b23c4du}) {
      const Outcome r =
          read_mapped(pcap_header(magic, 1, o) + pcap_record(1700000000, 123456, "abc", 60, o) +
                      pcap_record(4000000000u, 999999, "", 0, o));
      CHECK(r.status == ReadStatus::end);
      CHECK_STR(r.error.message, "");
      CHECK_EQ(r.packets.size(), 2u);
      if (r.packets.size() != 2) continue;
      CHECK_STR(r.packets[0].data, "abc");
      CHECK_EQ(r.packets[0].timestamp_ns, magic == 0xa1b2c3d4u ? uint64_t{1700000000123456000}
                                                               : uint64_t{1700000000000123456});
      CHECK_EQ(r.packets[0].wire, 60u);
      CHECK_EQ(r.packets[0].link_type, 1);
      CHECK_EQ(r.packets[1].captured, 0u);
      CHECK_EQ(r.packets[1].timestamp_ns / 1000000000, 4000000000u);
      CHECK_EQ(r.stats.packets, 2u);
      CHECK_EQ(r.stats.bytes_read, 24u + 16 + 3 + 16);
      CHECK_EQ(r.stats.bytes_total, 24u + 16 + 3 + 16);
    }
  }
}

TEST(pcap_modified_has_longer_record_headers) {
  const std::string extra = u32(3) + u16(0x0800) + std::string(2, '\0');
  std::string record = pcap_record(1, 2, "", 5);
  record.replace(8, 4, u32(5));
  const Outcome r =
      read_mapped(pcap_header(0xa1b2cd34, 1) + record + extra + "hello" + record + extra + "world");
  CHECK(r.status == ReadStatus::end);
  CHECK_EQ(r.packets.size(), 2u);
  if (r.packets.size() == 2) CHECK_STR(r.packets[1].data, "world");
}

TEST(pcap_link_type_field_has_other_bits_above) {
  const Outcome r = read_mapped(pcap_header(0xa1b2c3d4, 0x54000071) + pcap_record(1, 0, "x", 1));
  CHECK(r.status == ReadStatus::end);
  CHECK_EQ(r.packets.at(0).link_type, 113);
  const Outcome raw = read_mapped(pcap_header(0xa1b2c3d4, 12) + pcap_record(1, 0, "x", 1));
  CHECK_EQ(raw.packets.at(0).link_type, 101);
}

TEST(pcap_before_version_2_4_orders_the_lengths_otherwise) {
  std::string record = pcap_record(1, 0, "abc", 3);
  record.replace(8, 8, u32(60) + u32(3));  // wire length first
  for (uint32_t minor : {2u, 3u}) {
    const Outcome r = read_mapped(pcap_header(0xa1b2c3d4, 1, Order::little, 65535, minor) + record);
    CHECK(r.status == ReadStatus::end);
    CHECK_EQ(r.packets.at(0).captured, 3u);
    CHECK_EQ(r.packets.at(0).wire, 60u);
  }
}

TEST(pcap_record_longer_than_the_snapshot_length_is_cut_to_it) {
  const Outcome r = read_mapped(pcap_header(0xa1b2c3d4, 1, Order::little, 4) +
                                pcap_record(1, 0, "abcdefgh", 8) + pcap_record(1, 0, "xy", 1));
  CHECK(r.status == ReadStatus::end);
  CHECK_STR(r.packets.at(0).data, "abcd");
  CHECK_EQ(r.packets.at(0).wire, 8u);
  CHECK_STR(r.packets.at(1).data, "xy");  // a wire length that lies is passed on
  CHECK_EQ(r.packets.at(1).wire, 1u);
}

TEST(pcap_absurd_captured_length_fails_with_number_and_offset) {
  std::string bad = pcap_record(1, 0, "", 0);
  bad.replace(8, 4, u32(262145));
  const std::string good =
      pcap_header(0xa1b2c3d4, 1, Order::little, 0) + pcap_record(1, 0, "abc", 3);
  for (const Outcome& r : {read_mapped(good + bad), read_piped(good + bad, 7)}) {
    CHECK(r.status == ReadStatus::failed);
    CHECK_EQ(r.packets.size(), 1u);
    CHECK_EQ(r.error.exit_code, 65);
    CHECK_EQ(r.error.offset, 43u);
    const std::string tail =
        ": packet 2 claims 262145 captured bytes (no capture holds more than 262144): the file is "
        "damaged there, at "
        "byte 43; the packet before it was read";
    CHECK(r.error.message.size() > tail.size());
    CHECK_STR(r.error.message.substr(r.error.message.size() - tail.size()), tail);
  }
  const std::string largest(262144, 'z');
  for (size_t chunk : {size_t{999}, size_t{65536}}) {
    const Outcome r =
        read_piped(good + pcap_record(2, 0, largest, 262144) + pcap_record(3, 0, "end", 3), chunk);
    CHECK(r.status == ReadStatus::end);
    CHECK_EQ(r.packets.size(), 3u);
    CHECK(r.packets.at(1).data == largest);
    CHECK_STR(r.packets.at(2).data, "end");
  }
}

TEST(pcap_of_an_unsupported_link_type_is_refused_by_name) {
  const Outcome r = read_mapped(pcap_header(0xa1b2c3d4, 189) + pcap_record(1, 0, "abc", 3));
  CHECK(r.status == ReadStatus::failed);
  CHECK_EQ(r.packets.size(), 0u);
  CHECK_EQ(r.error.exit_code, 65);
  CHECK_EQ(r.error.offset, 20u);
  CHECK(r.error.message.find("link type 189 (USB_LINUX) is not supported") != std::string::npos);
}

TEST(pcap_of_another_version_is_refused) {
  std::string header = pcap_header(0xa1b2c3d4, 1);
  header[4] = 3;
  const Outcome r = read_mapped(header);
  CHECK(r.status == ReadStatus::failed);
  CHECK(r.error.message.find("pcap version 3.4 is not known") != std::string::npos);
}
