// Addresses out of DNS responses (RFC 1035, 3596; multicast: RFC 6762): each A and AAAA record under the name that was asked
// for, through CNAMEs. Every read is checked, whatever the packet says of its lengths.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace dipper {

struct DnsAnswer {
  uint8_t ip_version;
  uint8_t address[16];
  uint32_t ttl_s;    // the least on the way from the question
  std::string name;  // lower case; letters, digits, hyphens, underscores and dots alone, 253 at most
};

// The answers of the message of `size` bytes; none when it is no response, has an error or is malformed. `multicast`: names
// are those of the records, additional ones included, and only below "local" (anybody on the link can send these).
std::vector<DnsAnswer> dns_answers(const uint8_t* message, size_t size, bool multicast);

}  // namespace dipper
