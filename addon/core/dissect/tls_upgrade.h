// Connections that begin in the clear and go on with TLS: STARTTLS of mail (RFC 3207, RFC 2595), LDAP, XMPP and others,
// PostgreSQL's SSLRequest, SOCKS. The library has its answer before the hello; this keeps the flow in detection until it comes.
#pragma once
#include <cstdint>

namespace dipper {

struct Segment;
struct Inspection;
enum class Reading : uint8_t;

bool upgrade_begins(const Segment& segment);
Reading await_tls(const Segment& segment, Inspection& inspection);

}  // namespace dipper
