// What a worker has decided about the application of one flow, and by what. Plain data beside the flow's metadata
// (metadata_store.h): a flow of which nothing is known has neither.
#pragma once
#include <cstdint>

namespace dipper {

// What speaks for an application, strongest first. `host`: HTTP's host, the name in a DNS query, what else is a flow's host.
enum class Evidence : uint8_t { none, client_sni, host, certificate, dns_hint, address, library, port };
constexpr int evidence_count = 8;

struct ApplicationChoice {
  uint32_t rule = 0;                        // + 1 in its table; 0 = none
  uint16_t list = 0;                        // of domains.d, + 1 in its table; 0 = none
  uint16_t packet = 0;                      // the flow's, with which it was decided
  uint8_t asked = 0;                        // a bit for each Evidence that was looked up
  Evidence evidence = Evidence::none;       // that decided
  Evidence list_evidence = Evidence::none;  // whose name was looked up in the lists
  uint8_t table : 1;                        // which of the worker's two tables it is of
  uint8_t told : 1;                         // a `flow` went out for it before the protocol was known

  ApplicationChoice() : table(0), told(0) {}
  bool empty() const { return !rule && !list && !told; }
};
static_assert(sizeof(ApplicationChoice) == 12);

}  // namespace dipper
