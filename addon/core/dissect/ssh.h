// The clear beginning of SSH: identification strings (RFC 4253, 4.2) and the first key exchange message (7.1), of which HASSH
// is the MD5 of four lists as text (Reardon, Salesforce 2018: kex;encryption;mac;compression of the own direction).
#pragma once
#include "../cursor.h"
#include "reading.h"

namespace dipper {

class Findings;

bool ssh_begins(Cursor payload);

// `bytes`: all that this side sent so far. Fills its banner, then its HASSH.
Reading read_ssh(Cursor bytes, bool from_client, Findings& findings);

}  // namespace dipper
