// Google's QUIC before TLS: the client's first message (CHLO, tags and values) of versions Q025 to Q043 and Q046. Its packets are
// not encrypted; a hash of FNV stands where others have a tag, and proves nothing. Described in Google's "QUIC Wire Layout
// Specification" and "QUIC Crypto" of 2016.
#pragma once
#include "../cursor.h"
#include "reading.h"

namespace dipper {

class Findings;

// A datagram whose first packet has the whole index of a CHLO.
bool gquic_begins(Cursor datagram);
Reading read_gquic(Cursor datagram, Findings& findings);

}  // namespace dipper
