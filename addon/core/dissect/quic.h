// QUIC: Initial packets of both sides opened, their CRYPTO frames put together in any order over any number of packets.
#pragma once
#include <cstdint>

#include "quic_protection.h"

namespace dipper {

struct Segment;
struct Inspection;
enum class Reading : uint8_t;

// Of a connection whose client's first Initial packet was opened.
struct QuicKeys {
  bool client_side;   // the direction that it came in
  bool server_known;  // `server` is made of the secret when it is needed
  QuicVersion version;
  Sha256::Digest secret;
  InitialKeys client, server;
};

bool quic_begins(const Segment& segment);
Reading read_quic(const Segment& segment, Inspection& inspection);

}  // namespace dipper
