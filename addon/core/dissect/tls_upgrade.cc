#include "tls_upgrade.h"

#include "dissectors.h"

namespace dipper {

// On these ports everything may. A record of TLS at once is TLS's own.
bool upgrade_begins(const Segment& segment) { return segment.payload.u8(0) != 0x16; }

// The flow's limit of packets ends the wait for a hello that never comes.
Reading await_tls(const Segment&, Inspection& inspection) {
  return inspection.tls.of[0].begun || inspection.tls.of[1].begun ? Reading::done : Reading::more;
}

}  // namespace dipper
