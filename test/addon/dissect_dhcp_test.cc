// DHCP and DHCPv6: what clients say of themselves.
#include "core/dissect/dhcp.h"

#include "check.h"
#include "findings_json.h"

using namespace dipper;
using namespace dissect_test;
using namespace std::string_literals;

namespace {

std::string option(unsigned code, const std::string& data) {
  return std::string{static_cast<char>(code), static_cast<char>(data.size())} + data;
}
std::string message(char operation, const std::string& options) {
  return operation + std::string(235, '\0') + "\x63\x82\x53\x63" + options;
}
std::string read(std::initializer_list<std::string> messages, Reading last) {
  Findings findings;
  Reading reading = Reading::foreign;
  for (const std::string& one : messages) reading = read_dhcp(Bytes(one), findings);
  CHECK(reading == last);
  return json(findings);
}

std::string option6(unsigned code, const std::string& data) {
  return be16(code) + be16(static_cast<unsigned>(data.size())) + data;
}
std::string read6(std::initializer_list<std::string> messages, Reading last) {
  Findings findings;
  Reading reading = Reading::foreign;
  for (const std::string& one : messages) reading = read_dhcpv6(Bytes(one), findings);
  CHECK(reading == last);
  return json(findings);
}

const std::string request = message('\1', option(53, "\3") + option(50, "\xc0\xa8\x08\x64") + "\0\0"s + option(81, "\0\0\0other"s) +
                                              option(12, "laptop\0"s) + option(60, "udhcp 1.35.0") + option(55, "\1\3\6\x0f\x77") + "\xff" +
                                              option(12, "behind the end"));
const std::string solicit = "\1abc" + option6(6, be16(23) + be16(24)) + option6(16, be32(311) + be16(8) + "MSFT 5.0") +
                            option6(39, "\0"s + dns_name("laptop.example"));
const std::string solicit_json =
    R"("dhcp":{"fingerprint":"23,24","class_ident":"MSFT 5.0","host_name":"laptop.example","message_type":"solicit"})";

}  // namespace

TEST(dhcp_client_tells_fingerprint_class_and_names) {
  CHECK_STR(read({request}, Reading::more),
            R"("dhcp":{"fingerprint":"1,3,6,15,119","class_ident":"udhcp 1.35.0","host_name":"laptop",)"
            R"("message_type":"request","requested_ip":"192.168.8.100"})");
}

TEST(dhcp_name_comes_out_of_the_fqdn_where_there_is_no_other) {
  CHECK_STR(read({message('\1', option(81, "\0\0\0phone.example"s))}, Reading::more), R"("dhcp":{"host_name":"phone.example"})");
  CHECK_STR(read({message('\1', option(81, "\4\0\0"s + dns_name("phone.example")))}, Reading::more), R"("dhcp":{"host_name":"phone.example"})");
  // A part of a name has no zero at its end (RFC 4702, 3.3).
  CHECK_STR(read({message('\1', option(81, "\4\0\0\5phone"s))}, Reading::more), R"("dhcp":{"host_name":"phone"})");
}

TEST(dhcp_first_message_counts_and_later_ones_add) {
  const std::string offer = message('\2', option(53, "\2") + option(12, "given"));
  CHECK_STR(read({offer}, Reading::more), R"("dhcp":{"host_name":"given","message_type":"offer"})");
  CHECK_STR(read({request, offer}, Reading::more), read({request}, Reading::more));
  CHECK_STR(read({message('\1', option(53, "\1")), request}, Reading::more),
            R"("dhcp":{"fingerprint":"1,3,6,15,119","class_ident":"udhcp 1.35.0","host_name":"laptop",)"
            R"("message_type":"discover","requested_ip":"192.168.8.100"})");
}

TEST(dhcpv6_client_tells_the_same_also_through_relays) {
  CHECK_STR(read6({solicit}, Reading::more), solicit_json);
  const std::string relayed = "\x0c\1"s + std::string(32, '\0') + option6(18, "eth0") + option6(9, solicit);
  CHECK_STR(read6({relayed}, Reading::more), solicit_json);
  std::string deep = solicit;
  for (int i = 0; i < 12; ++i) deep = "\x0c\1"s + std::string(32, '\0') + option6(9, deep);
  CHECK_STR(read6({deep}, Reading::foreign), "");
  CHECK_STR(read6({"\7abc"}, Reading::more), R"("dhcp":{"message_type":"reply"})");
}

TEST(dhcp_messages_that_lie_stay_inside) {
  CHECK_STR(read({std::string(240, '\1')}, Reading::foreign), "");
  CHECK_STR(read({message('\1', option(12, "x") + "\x0c\xff")}, Reading::more), R"("dhcp":{"host_name":"x"})");
  CHECK_STR(read6({""}, Reading::foreign), "");
  distort(request, [](Cursor one, Findings& found) { read_dhcp(one, found); });
  distort(solicit, [](Cursor one, Findings& found) { read_dhcpv6(one, found); });
}
