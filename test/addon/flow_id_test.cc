// Identifiers of a flow: SHA-1 against FIPS 180's vectors and lengths around the block size, the
// digest's exact bytes, Community ID against the published baseline and an independent
// implementation.
#include "core/flow_id.h"

#include <arpa/inet.h>

#include <vector>

#include "check.h"
#include "core/sha1.h"

using namespace dipper;

namespace {

std::string hex(const std::array<uint8_t, 20>& digest) {
  std::string text;
  for (const uint8_t byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::string sha1_of(const std::string& text) {
  return hex(sha1(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

// Canonical key of a packet; `from_lower` says how it went.
FlowKey key_of(uint8_t protocol, const char* from, uint16_t from_port, const char* to,
               uint16_t to_port, bool& from_lower) {
  FlowKey key{};
  uint8_t source[16] = {}, destination[16] = {};
  key.ip_version = inet_pton(AF_INET, from, source) == 1 ? 4 : 6;
  const int family = key.ip_version == 4 ? AF_INET : AF_INET6;
  if (inet_pton(family, from, source) != 1 || inet_pton(family, to, destination) != 1) abort();
  key.ip_protocol = protocol;
  const int order = memcmp(source, destination, 16);
  from_lower = order < 0 || (order == 0 && from_port <= to_port);
  memcpy(key.lower_address, from_lower ? source : destination, 16);
  memcpy(key.upper_address, from_lower ? destination : source, 16);
  key.lower_port = from_lower ? from_port : to_port;
  key.upper_port = from_lower ? to_port : from_port;
  return key;
}

std::string id_of(uint8_t protocol, const char* from, uint16_t from_port, const char* to,
                  uint16_t to_port, uint16_t seed = 0) {
  bool from_lower;
  const FlowKey key = key_of(protocol, from, from_port, to, to_port, from_lower);
  return community_id(community_hash(key, 0, 0, from_lower, seed));
}

std::string icmp_id_of(uint8_t protocol, const char* from, const char* to, uint8_t type,
                       uint8_t code) {
  bool from_lower;
  const FlowKey key = key_of(protocol, from, 0, to, 0, from_lower);
  return community_id(community_hash(key, type, code, from_lower));
}

}  // namespace

TEST(sha1_fips_vectors) {
  CHECK_STR(sha1_of(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK_STR(sha1_of("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK_STR(sha1_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  CHECK_STR(sha1_of(std::string(1000000, 'a')), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST(sha1_lengths_around_the_block) {
  // Byte i of n is (7 i + n) mod 256; digests by Python's hashlib.
  const struct {
    size_t size;
    const char* digest;
  } cases[] = {{1, "bf8b4530d8d246dd74ac53a13471bba17941dff7"},
               {55, "63ac9708fb581dd150d3647549f9e0cb51dcf1df"},
               {56, "5a0c4d0eb2f15e05bbbff6b8dada9ae767fc03f0"},
               {57, "4e77d3077d2ab5167db3434c31cac3d15a3afc12"},
               {63, "d94ff3ad53f9b9327704b812ee9c1f3abbba3d48"},
               {64, "5f55a35e13f1865e7ffc22dca1275b1a49b0ff56"},
               {65, "d7f8931010f8342a97383e1410a58c47d057708b"},
               {119, "774001b5ad1f46b40c48e1b94cb092c593ead25b"},
               {120, "6ebf3111dc761f11b13f29df0484848785385973"},
               {127, "82d007f6e7e5672722c0717b6bea2ba6f17cd35c"},
               {128, "0a44ac02432f6ead67d86fcb70a4d8ce589e50ec"},
               {1000, "7461968a9edb9b418224f1acb305d2feeaa10ba5"}};
  for (const auto& c : cases) {
    std::string text;
    for (size_t i = 0; i < c.size; ++i) text += static_cast<char>(i * 7 + c.size);
    CHECK_STR(sha1_of(text), c.digest);
  }
}

// A message of words, alone and side by side with others of other lengths, gives what the general function does.
TEST(sha1_of_messages_side_by_side) {
  for (uint32_t round = 0; round < 12; ++round) {
    Sha1Message messages[sha1_lanes];
    Sha1Digest digests[sha1_lanes], expected[sha1_lanes];
    for (uint32_t lane = 0; lane < sha1_lanes; ++lane) {
      memset(&messages[lane], 0xaa, sizeof messages[lane]);  // what is behind its words must not matter
      const uint32_t size = (round + lane * 5) % 12;
      std::vector<uint8_t> bytes;
      for (uint32_t i = 0; i < size; ++i) {
        messages[lane].words[i] = i * 0x01234567 + lane * 0x9e3779b9 + round;
        for (int shift = 24; shift >= 0; shift -= 8)
          bytes.push_back(static_cast<uint8_t>(messages[lane].words[i] >> shift));
      }
      messages[lane].words[size] = 0x80000000;
      messages[lane].count = size + 1;
      messages[lane].bits = 32 * size;
      expected[lane] = sha1(bytes.data(), bytes.size());
      CHECK_STR(hex(sha1(messages[lane])), hex(expected[lane]));
    }
    sha1(messages, digests);
    for (size_t lane = 0; lane < sha1_lanes; ++lane) CHECK_STR(hex(digests[lane]), hex(expected[lane]));
  }
}

TEST(flow_digest_is_the_documented_value) {
  // Computed by Python's hashlib and integers from what flow_id.h documents. A change here breaks
  // stored digests.
  bool from_lower;
  const FlowKey v4 = key_of(6, "10.0.0.1", 40000, "10.0.0.2", 443, from_lower);
  const Sha1Digest tuple = community_hash(v4, 0, 0, from_lower);
  CHECK_STR(hex(tuple), "5161ca27fc7a390d58895bf8ac8974b77ca18e0f");
  CHECK_STR(hex(flow_digest(tuple, v4, 0)), hex(tuple));
  CHECK_STR(hex(flow_digest(tuple, v4, 1700000000123456789)),
            "6f99f10acdc3f64d58895bf8ac8974b77ca18e0f");
  CHECK_STR(hex(flow_digest(tuple, v4, 1700000000123456000)),
            "6f99f10acdc3f64d58895bf8ac8974b77ca18e0f");
  CHECK_STR(hex(flow_digest(tuple, v4, 1700000000123457000)),
            "8c4e7ec14d7e725858895bf8ac8974b77ca18e0f");
  FlowKey v6 = key_of(17, "2001:db8::1", 53, "2001:db8::2", 40001, from_lower);
  v6.vlan_id = 100;
  v6.tunnel = Tunnel::vxlan;
  v6.tunnel_id = 4711;
  CHECK_STR(hex(flow_digest(community_hash(v6, 0, 0, from_lower), v6, 0)),
            "ab70fb9e6386334087690ce9b935e97af7e9849f");
}

TEST(flow_digest_tells_vlan_and_tunnel_apart) {
  bool from_lower;
  const FlowKey plain = key_of(6, "10.0.0.1", 40000, "10.0.0.2", 443, from_lower);
  const Sha1Digest tuple = community_hash(plain, 0, 0, from_lower);
  FlowKey vlan = plain, tunnel = plain, id = plain;
  vlan.vlan_id = 1;
  tunnel.tunnel = Tunnel::gre;
  id.tunnel_id = 1;
  const std::string digests[] = {
      hex(flow_digest(tuple, plain, 5000)), hex(flow_digest(tuple, vlan, 5000)),
      hex(flow_digest(tuple, tunnel, 5000)), hex(flow_digest(tuple, id, 5000))};
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < i; ++j) CHECK(digests[i] != digests[j]);
}

TEST(community_id_baseline) {
  CHECK_STR(id_of(6, "128.232.110.120", 34855, "66.35.250.204", 80),
            "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
  CHECK_STR(id_of(6, "66.35.250.204", 80, "128.232.110.120", 34855),
            "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
  CHECK_STR(id_of(17, "192.168.1.52", 54585, "8.8.8.8", 53), "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
  CHECK_STR(id_of(17, "8.8.8.8", 53, "192.168.1.52", 54585), "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
  CHECK_STR(id_of(132, "192.168.170.8", 7, "192.168.170.56", 80), "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ=");
  CHECK_STR(id_of(132, "192.168.170.56", 80, "192.168.170.8", 7), "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ=");
  const char* a = "2001:470:e5bf:dead:4957:2174:e82c:4887";
  const char* b = "2607:f8b0:400c:c03::1a";
  CHECK_STR(id_of(6, a, 63943, b, 25), "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=");
  CHECK_STR(id_of(6, b, 25, a, 63943), "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=");
  CHECK_STR(id_of(6, "10.0.0.1", 10, "10.0.0.2", 20), "1:9j2Dzwrw7T9E+IZi4b4IVT66HBI=");
}

TEST(community_id_same_address_orders_by_port) {
  CHECK_STR(id_of(6, "127.0.0.1", 40000, "127.0.0.1", 80), "1:5rFr+y3i0wpQbEhThSaj08U8BaE=");
  CHECK_STR(id_of(6, "127.0.0.1", 80, "127.0.0.1", 40000), "1:5rFr+y3i0wpQbEhThSaj08U8BaE=");
}

TEST(community_id_icmp) {
  // Request and answer of a pair have one id; a one-way message has one for each direction.
  CHECK_STR(icmp_id_of(1, "192.168.0.89", "192.168.0.1", 8, 0), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
  CHECK_STR(icmp_id_of(1, "192.168.0.1", "192.168.0.89", 0, 0), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
  CHECK_STR(icmp_id_of(1, "192.168.0.89", "192.168.0.1", 20, 0), "1:3o2RFccXzUgjl7zDpqmY7yJi8rI=");
  CHECK_STR(icmp_id_of(1, "192.168.0.1", "192.168.0.89", 3, 1), "1:o3zT92uTgnRWv/YrDVeXcWumpC4=");
  CHECK_STR(icmp_id_of(1, "192.168.0.89", "192.168.0.1", 3, 1), "1:LXCfhMUFbYXe+CEMrQuZCbiLY3o=");
  const char* a = "fe80::200:86ff:fe05:80da";
  const char* b = "fe80::260:97ff:fe07:69ea";
  CHECK_STR(icmp_id_of(58, a, b, 135, 0), "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=");
  CHECK_STR(icmp_id_of(58, b, a, 136, 0), "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=");
  CHECK_STR(
      icmp_id_of(58, "3ffe:507:0:1:260:97ff:fe07:69ea", "3ffe:507:0:1:200:86ff:fe05:80da", 3, 0),
      "1:NdobDX8PQNJbAyfkWxhtL2Pqp5w=");
}

TEST(community_id_pairs_answer_each_other) {
  const uint8_t v4[][2] = {{8, 0}, {13, 14}, {15, 16}, {10, 9}, {17, 18}};
  for (const auto& pair : v4)
    CHECK_STR(icmp_id_of(1, "10.0.0.9", "10.0.0.1", pair[0], 0),
              icmp_id_of(1, "10.0.0.1", "10.0.0.9", pair[1], 0));
  const uint8_t v6[][2] = {{128, 129}, {133, 134}, {135, 136}, {130, 131}, {139, 140}, {144, 145}};
  for (const auto& pair : v6)
    CHECK_STR(icmp_id_of(58, "fe80::9", "fe80::1", pair[0], 0),
              icmp_id_of(58, "fe80::1", "fe80::9", pair[1], 0));
}

TEST(community_id_other_protocols) {
  CHECK_STR(id_of(47, "10.1.1.1", 0, "10.1.1.2", 0), "1:6bVMFPWneS3bg49/6T1HieDmRMQ=");
  CHECK_STR(id_of(46, "10.1.24.4", 0, "10.1.12.1", 0), "1:/nQI4Rh/TtY3mf0R2gJFBkVlgS4=");
  CHECK_STR(id_of(2, "224.0.0.1", 0, "192.168.1.1", 0), "1:S4CgTUOVVwlsmbtw3BGVYip/RgY=");
}

TEST(community_id_seed) {
  CHECK_STR(id_of(6, "128.232.110.120", 34855, "66.35.250.204", 80, 1),
            "1:3V71V58M3Ksw/yuFALMcW0LAHvc=");
  CHECK_STR(id_of(17, "192.168.1.52", 54585, "8.8.8.8", 53, 1), "1:Q9We8WO3piVF8yEQBNJF4uiSVrI=");
}
