// The parts of an X.509 certificate (RFC 5280, 4.1) that a flow's metadata has.
#pragma once
#include "findings.h"
#include "../cursor.h"

namespace dipper {

// Reads a certificate in DER, as far as it is one: issuer, subject, validity, alternative names, SHA-1. False: it isn't one,
// and nothing was found.
bool read_certificate(Cursor der, Findings& findings);

}  // namespace dipper
