// SMB ([MS-CIFS], [MS-SMB2]) over TCP: the dialect that the server chose, and who logs in with NTLM.
#pragma once
#include "../cursor.h"
#include "reading.h"

namespace dipper {

class Findings;

// `bytes`: all that this side sent so far, on port 445 or behind a NetBIOS session's beginning (RFC 1002, 4.3).
Reading read_smb(Cursor bytes, bool from_client, Findings& findings);

}  // namespace dipper
