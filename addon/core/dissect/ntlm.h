// NTLM ([MS-NLMP], 2.2.1.3): the AUTHENTICATE message, in which a client names its user, domain and workstation.
#pragma once
#include "../cursor.h"

namespace dipper {

class Findings;

// Looks for the message anywhere in `bytes`: it is wrapped in SPNEGO, which has nothing else to tell.
void find_ntlm(Cursor bytes, Findings& findings);

// UTF-16LE as UTF-8 into `out` of `room` bytes, until a zero or the end; returns how many. Half a pair becomes U+FFFD.
size_t utf8_of_utf16(Cursor text, char* out, size_t room);

}  // namespace dipper
