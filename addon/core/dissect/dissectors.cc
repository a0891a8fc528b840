// The table of our dissectors, and what happens with a packet that one of them may want.
#include "dissectors.h"

#include "dtls.h"
#include "quic.h"
#include "tls.h"
#include "tls_upgrade.h"

namespace dipper {
namespace {

// Bytes from c0 on: QUIC's long header with the fixed bit (RFC 9000, 17.2).
constexpr char long_headers[] =
    "\xc0\xc1\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca\xcb\xcc\xcd\xce\xcf\xd0\xd1\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xdb\xdc\xdd"
    "\xde\xdf\xe0\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xeb\xec\xed\xee\xef\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb"
    "\xfc\xfd\xfe\xff";

// name, protocol, ports, first bytes, begins, read
const std::vector<Dissector>& table() {
  static const std::vector<Dissector> rows = {
      {"TLS", ip_protocol_tcp, {}, "\x16", tls_begins, read_tls},
      {"TLS later on", ip_protocol_tcp, {21, 25, 110, 119, 143, 389, 587, 1080, 4190, 5222, 5269, 5432}, {}, upgrade_begins, await_tls},
      {"DTLS", ip_protocol_udp, {}, "\x16", dtls_begins, read_dtls},
      {"DTLS in CAPWAP", ip_protocol_udp, {5246}, "\x01", capwap_begins, read_dtls},
      {"QUIC", ip_protocol_udp, {}, long_headers, quic_begins, read_quic},
  };
  return rows;
}

}  // namespace

Dissectors::Dissectors() : rows_(table()) {
  uint32_t bit = 1;
  for (const Dissector& row : rows_) {
    const bool udp = row.ip_protocol == ip_protocol_udp;
    if (row.ports.empty()) any_port_[udp] |= bit;
    for (const uint16_t port : row.ports) by_port_[udp][slot_of(port)].push_back({port, bit});
    for (int byte = 0; byte < 256; ++byte)
      if (row.first_bytes.empty() || row.first_bytes.find(static_cast<char>(byte)) != std::string_view::npos)
        by_first_byte_[udp][byte] |= bit;
    bit <<= 1;
  }
}

// First those that are at it, then those that this packet may begin.
void Dissectors::examine(const Segment& segment, uint32_t rows, Dissection& dissection, InspectionPool& pool) const {
  Inspection*& inspection = dissection.inspection;
  const uint32_t at_it = inspection ? inspection->reading : 0;
  for (uint32_t left = at_it | rows; left; left &= left - 1) {
    const auto position = static_cast<unsigned>(__builtin_ctz(left));
    const uint32_t bit = uint32_t{1} << position;
    const Dissector& row = rows_[position];
    if (!(at_it & bit) && !row.begins(segment)) continue;
    if (!inspection && !(inspection = pool.acquire())) {
      dissection.candidates = 0;
      return;
    }
    inspection->reading &= ~bit;
    const Reading reading = row.read(segment, *inspection);
    if (reading == Reading::more) inspection->reading |= bit;
    dissection.candidates = reading == Reading::foreign ? dissection.candidates | bit : dissection.candidates & ~bit;
  }
  if (inspection && !inspection->reading && inspection->findings.empty()) {
    pool.release(inspection);
    inspection = nullptr;
  }
}

}  // namespace dipper
