// What a lookup costs: the table of a columns file, asked for names and addresses that come one a line on standard input, in
// turn for ROUNDS. One line of JSON.   applications-bench COLUMNS ROUNDS < NAMES
#include <arpa/inet.h>

#include <algorithm>
#include <chrono>
#include <iostream>

#include "columns_file.h"

namespace {

using Clock = std::chrono::steady_clock;

double ns_since(Clock::time_point start, size_t count) {
  return count ? std::chrono::duration<double, std::nano>(Clock::now() - start).count() / static_cast<double>(count) : 0;
}

struct Address {
  uint8_t ip_version, bytes[16];
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: applications-bench COLUMNS ROUNDS < NAMES\n");
    return 64;
  }
  const bench::ColumnsFile file(argv[1]);
  const auto begin = Clock::now();
  const auto table = file.table();
  const double create_ms = ns_since(begin, 1) / 1e6;
  std::vector<std::string> names;
  std::vector<Address> addresses;
  for (std::string line; std::getline(std::cin, line);) {
    Address address{4, {}};
    if (inet_pton(AF_INET, line.c_str(), address.bytes) == 1) {
      addresses.push_back(address);
    } else if (inet_pton(AF_INET6, line.c_str(), address.bytes) == 1) {
      address.ip_version = 6;
      addresses.push_back(address);
    } else {
      names.push_back(line);
    }
  }
  const int rounds = atoi(argv[2]);
  // The best of the rounds, which no other process has disturbed, and the median.
  std::vector<double> name_ns, address_ns;
  size_t found_names = 0, found_addresses = 0;
  for (int round = 0; round < rounds; ++round) {
    found_names = found_addresses = 0;
    auto start = Clock::now();
    for (const std::string& name : names) found_names += table->find_name(dipper::HostName(name)).rule != 0;
    name_ns.push_back(ns_since(start, names.size()));
    start = Clock::now();
    for (const Address& one : addresses) found_addresses += table->find_address(one.ip_version, one.bytes) != 0;
    address_ns.push_back(ns_since(start, addresses.size()));
  }
  std::sort(name_ns.begin(), name_ns.end());
  std::sort(address_ns.begin(), address_ns.end());
  printf("{\"create_ms\":%.2f,\"bytes\":%zu,\"names\":%zu,\"names_found\":%zu,\"name_ns\":%.1f,\"name_median_ns\":%.1f,"
         "\"addresses\":%zu,\"addresses_found\":%zu,\"address_ns\":%.1f,\"address_median_ns\":%.1f}\n",
         create_ms, table->bytes(), names.size(), found_names, name_ns.front(), name_ns[name_ns.size() / 2],
         addresses.size(), found_addresses, address_ns.front(), address_ns[address_ns.size() / 2]);
  return 0;
}
