// Which side is local: address classes at the edges of every prefix, and netifyd's documented table
// row by row.
#include "core/roles.h"

#include <arpa/inet.h>

#include "check.h"

using namespace dipper;

namespace {

void parse(const char* text, uint8_t* bytes, uint8_t& version) {
  version = inet_pton(AF_INET, text, bytes) == 1 ? 4 : 6;
  if (version == 6 && inet_pton(AF_INET6, text, bytes) != 1) abort();
}

const char* class_name(AddressClass c) {
  static const char* const names[] = {"unknown", "local_ip",  "local_net",
                                      "private", "multicast", "broadcast"};
  return names[static_cast<int>(c)];
}

std::string class_of(const Roles& roles, const char* text) {
  uint8_t bytes[16] = {}, version;
  parse(text, bytes, version);
  return class_name(roles.classify(version, bytes));
}

void add(Roles& roles, const char* prefix, uint8_t bits, AddressClass address_class) {
  uint8_t bytes[16] = {}, version;
  parse(prefix, bytes, version);
  roles.add(version, bytes, bits, address_class);
}

// "lower local", "upper remote", ...
std::string sides_of(const Roles& roles, const char* lower, const char* upper,
                     bool client_is_lower = true) {
  FlowKey key{};
  parse(lower, key.lower_address, key.ip_version);
  parse(upper, key.upper_address, key.ip_version);
  const Sides sides = roles.sides(key, client_is_lower);
  return std::string(sides.lower_is_local ? "lower " : "upper ") +
         other_type_name(sides.other_type);
}

}  // namespace

TEST(roles_built_in_classes_at_their_edges) {
  const Roles roles;
  const struct {
    const char* address;
    const char* expected;
  } cases[] = {{"9.255.255.255", "unknown"},
               {"10.0.0.0", "private"},
               {"10.255.255.255", "private"},
               {"11.0.0.0", "unknown"},
               {"100.63.255.255", "unknown"},
               {"100.64.0.0", "private"},
               {"100.127.255.255", "private"},
               {"100.128.0.0", "unknown"},
               {"126.255.255.255", "unknown"},
               {"127.0.0.1", "private"},
               {"128.0.0.0", "unknown"},
               {"169.253.255.255", "unknown"},
               {"169.254.0.1", "private"},
               {"169.254.255.255", "broadcast"},
               {"169.255.0.0", "unknown"},
               {"172.15.255.255", "unknown"},
               {"172.16.0.0", "private"},
               {"172.31.255.255", "private"},
               {"172.32.0.0", "unknown"},
               {"192.167.255.255", "unknown"},
               {"192.168.0.0", "private"},
               {"192.168.255.255", "private"},
               {"192.169.0.0", "unknown"},
               {"223.255.255.255", "unknown"},
               {"224.0.0.0", "multicast"},
               {"239.255.255.255", "multicast"},
               {"240.0.0.0", "unknown"},
               {"255.255.255.254", "unknown"},
               {"255.255.255.255", "broadcast"},
               {"::", "unknown"},
               {"::1", "private"},
               {"::2", "unknown"},
               {"fbff::1", "unknown"},
               {"fc00::", "private"},
               {"fdff:ffff::1", "private"},
               {"fe00::1", "unknown"},
               {"fe7f::1", "unknown"},
               {"fe80::1", "private"},
               {"febf:ffff::1", "private"},
               {"fec0::1", "unknown"},
               {"ff00::", "multicast"},
               {"ff02::1", "multicast"},
               {"2001:db8::1", "unknown"}};
  for (const auto& c : cases)
    CHECK_STR(std::string(c.address) + " " + class_of(roles, c.address),
              std::string(c.address) + " " + c.expected);
}

TEST(roles_networks_of_the_host_win_in_order) {
  Roles roles;
  add(roles, "192.168.7.0", 25, AddressClass::local_net);
  add(roles, "192.168.7.1", 32, AddressClass::local_ip);
  add(roles, "192.168.7.127", 32, AddressClass::broadcast);
  add(roles, "2001:db8:1::", 47, AddressClass::local_net);
  CHECK_STR(class_of(roles, "192.168.7.1"), "local_ip");
  CHECK_STR(class_of(roles, "192.168.7.2"), "local_net");
  CHECK_STR(class_of(roles, "192.168.7.127"), "broadcast");
  CHECK_STR(class_of(roles, "192.168.7.128"), "private");
  CHECK_STR(class_of(roles, "2001:db8:1:ffff::1"), "local_net");
  CHECK_STR(class_of(roles, "2001:db8::1"), "local_net");
  CHECK_STR(class_of(roles, "2001:db8:2::1"), "unknown");
  // An IPv4 prefix says nothing about IPv6 addresses that begin with the same bytes.
  CHECK_STR(class_of(roles, "c0a8:0701::"), "unknown");
}

TEST(roles_own_address_is_never_broadcast) {
  Roles roles;
  add(roles, "198.51.100.7", 32, AddressClass::broadcast);  // what a /32 address says its broadcast is
  add(roles, "198.51.100.7", 32, AddressClass::local_ip);
  add(roles, "169.254.0.0", 16, AddressClass::local_net);
  CHECK_STR(class_of(roles, "198.51.100.7"), "local_ip");
  CHECK_STR(class_of(roles, "169.254.1.1"), "local_net");
  CHECK_STR(class_of(roles, "169.254.255.255"), "broadcast");
}

TEST(roles_table) {
  Roles roles;
  add(roles, "20.0.0.0", 8, AddressClass::local_net);
  add(roles, "20.0.0.1", 32, AddressClass::local_ip);
  add(roles, "20.0.0.9", 32, AddressClass::local_ip);
  const struct {
    const char* lower;
    const char* upper;
    const char* expected;
  } rows[] = {
      {"20.0.0.1", "20.0.0.2", "upper local"},        // local_ip / local_net
      {"20.0.0.0", "20.0.0.1", "lower local"},        // local_net / local_ip
      {"224.0.0.1", "239.0.0.1", "upper multicast"},  // lower multicast
      {"20.0.0.2", "224.0.0.1", "lower multicast"},   // upper multicast
      {"169.254.255.255", "192.168.0.1", "upper broadcast"},
      {"20.0.0.1", "255.255.255.255", "lower broadcast"},
      {"10.0.0.1", "20.0.0.2", "upper local"},      // private / local_net
      {"20.0.0.2", "192.168.0.1", "lower local"},   // local_net / private
      {"10.0.0.1", "192.168.0.1", "lower local"},   // private / private
      {"10.0.0.1", "20.0.0.1", "upper remote"},     // private / local_ip
      {"20.0.0.1", "192.168.0.1", "lower remote"},  // local_ip / private
      {"20.0.0.2", "20.0.0.3", "lower local"},      // local_net / local_net
      {"20.0.0.1", "20.0.0.9", "lower unknown"},    // local_ip / local_ip
      {"8.8.8.8", "20.0.0.1", "upper remote"},      // lower unknown
      {"8.8.8.8", "192.168.0.1", "upper remote"},
      {"20.0.0.1", "93.184.216.34", "lower remote"},  // upper unknown
      {"10.0.0.1", "93.184.216.34", "lower remote"},
  };
  for (const auto& row : rows)
    for (const bool client_is_lower : {true, false})
      CHECK_STR(std::string(row.lower) + "/" + row.upper + ": " +
                    sides_of(roles, row.lower, row.upper, client_is_lower),
                std::string(row.lower) + "/" + row.upper + ": " + row.expected);
}

TEST(roles_without_a_local_address_the_client_is_local) {
  const Roles roles;
  CHECK_STR(sides_of(roles, "8.8.8.8", "93.184.216.34", true), "lower remote");
  CHECK_STR(sides_of(roles, "8.8.8.8", "93.184.216.34", false), "upper remote");
  CHECK_STR(sides_of(roles, "2001:db8::1", "2001:db8::2", false), "upper remote");
}
