// DNS (RFC 1035), LLMNR (RFC 4795) and multicast DNS (RFC 6762, 6763) for people: what was asked, what was answered. Names
// for flows to the addresses in the answers are another thing: dns_answers.h.
#pragma once
#include <cstdint>

#include "../cursor.h"
#include "reading.h"

namespace dipper {

class Findings;

struct DnsState {
  uint16_t id = 0;
  bool asked = false;
};

// Whether it is a query for one host name, and nothing else: on any port, DNSCrypt's begin on 443.
bool dns_begins(Cursor message);

// One message of DNS or LLMNR, without the length that goes before it over TCP. The first query counts and the response to
// it; a response whose query was not seen counts as well.
Reading read_dns(Cursor message, DnsState& state, Findings& findings);

// One message of multicast DNS. Every message may add services and, once, the name of the host that sent it.
Reading read_mdns(Cursor message, Findings& findings);

// `bytes`: all that one side sent so far over TCP, where each message has its length before it (RFC 1035, 4.2.2); the first.
Reading read_dns_stream(Cursor bytes, bool from_client, Findings& findings);

}  // namespace dipper
