// The connection request of RDP ([MS-RDPBCGR], 2.2.1.1), the only part that is always in the clear.
#pragma once
#include "../cursor.h"
#include "reading.h"

namespace dipper {

class Findings;

// Whether a payload begins with a connection request of X.224.
bool rdp_begins(Cursor payload);

// `bytes`: all that the client sent so far. Fills the cookie (as a rule the first nine characters of the user's name) and
// the security protocols that it offers.
Reading read_rdp(Cursor bytes, Findings& findings);

}  // namespace dipper
