// BitTorrent's handshake over TCP (BEP 3): which torrent a peer is about.
#pragma once
#include "../cursor.h"
#include "reading.h"

namespace dipper {

class Findings;

// `bytes`: all that this side sent so far.
Reading read_bittorrent(Cursor bytes, Findings& findings);

}  // namespace dipper
