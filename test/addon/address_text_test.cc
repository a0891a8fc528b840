// Addresses as text, against inet_ntop.
#include "core/address_text.h"

#include <arpa/inet.h>

#include <cstring>
#include <random>

#include "check.h"

using namespace dipper;

namespace {

std::string ipv6(const uint8_t* address) {
  char text[64];
  return {text, static_cast<size_t>(write_ipv6(address, text) - text)};
}

std::string expected_ipv6(const uint8_t* address) {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(AF_INET6, address, text, sizeof text);
}

}  // namespace

TEST(address_text_ipv6_equals_inet_ntop) {
  std::mt19937 random(1);
  for (int round = 0; round < 200000; ++round) {
    uint8_t address[16];
    // Every pattern of zero groups, with short, long and 0xffff groups between.
    const unsigned zero_groups = static_cast<unsigned>(round) & 255;
    for (int g = 0; g < 8; ++g) {
      unsigned group = random() & 0xffff;
      if (round & 256) group >>= random() % 16;
      if ((round & 512) && random() % 2) group = 0xffff;
      if (zero_groups >> g & 1) group = 0;
      address[2 * g] = static_cast<uint8_t>(group >> 8);
      address[2 * g + 1] = static_cast<uint8_t>(group);
    }
    const std::string actual = ipv6(address), expected = expected_ipv6(address);
    if (actual != expected) {
      CHECK_STR(actual, expected);
      return;
    }
  }
}

TEST(address_text_ipv6_literals) {
  uint8_t address[16];
  for (const char* text : {"::", "::1", "fe80::1", "2001:db8::1", "2001:db8:0:1:1:1:1:1", "2001:0:0:1::1", "1::", "::ffff:192.0.2.1",
                           "::192.0.2.1", "::ffff", "ff02::1:ff00:0", "2001:db8:1:2:3:4:5:6", "64:ff9b::c000:201"}) {
    CHECK(inet_pton(AF_INET6, text, address) == 1);
    CHECK_STR(ipv6(address), expected_ipv6(address));
  }
}

TEST(address_text_ipv4_mac_hex) {
  char text[64];
  const uint8_t low[4] = {0, 9, 10, 99}, high[4] = {100, 199, 200, 255};
  CHECK_STR(std::string(text, write_ipv4(low, text)), "0.9.10.99");
  CHECK_STR(std::string(text, write_ipv4(high, text)), "100.199.200.255");
  const uint8_t mac[6] = {0, 0x0f, 0xa0, 0xff, 0x1b, 0xb1};
  CHECK_STR(std::string(text, write_mac(mac, text)), "00:0f:a0:ff:1b:b1");
  CHECK_STR(std::string(text, write_hex(mac, 6, text)), "000fa0ff1bb1");
  const uint8_t digest[20] = {0x00, 0x0f, 0xa0, 0xff, 0x1b, 0xb1, 0x9a, 0xa9, 0x99, 0xaa,
                              0xf9, 0x9f, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
  CHECK_STR(std::string(text, write_hex20(digest, text)), "000fa0ff1bb19aa999aaf99f0123456789abcdef");
}

TEST(address_text_numbers_equal_to_string) {
  char text[32];
  std::mt19937_64 random(2);
  for (int round = 0; round < 200000; ++round) {
    const uint64_t value = random() >> (random() % 64);
    const std::string actual(text, write_number(value, text)), expected = std::to_string(value);
    if (actual != expected) {
      CHECK_STR(actual, expected);
      return;
    }
  }
  for (uint64_t power = 1; power < 10000000000000000000u; power *= 10) {
    CHECK_STR(std::string(text, write_number(power, text)), std::to_string(power));
    CHECK_STR(std::string(text, write_number(power - 1, text)), std::to_string(power - 1));
  }
  CHECK_STR(std::string(text, write_number(UINT64_MAX, text)), "18446744073709551615");
}
