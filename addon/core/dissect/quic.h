// QUIC: Initial packets of both sides opened, their CRYPTO frames put together in any order over any number of packets.
#pragma once
#include <cstdint>

#include "quic_protection.h"

namespace dipper {

struct Segment;
struct Inspection;
enum class Reading : uint8_t;

struct QuicKeys {
  bool known = false;        // the client's first Initial packet was opened
  bool client_side = false;  // the direction that it came in
  QuicVersion version;
  Sha256::Digest secret;
  bool server_known = false;  // `server` is made of the secret when it is needed
  InitialKeys client, server;

  void clear() { known = client_side = server_known = false; }
};

bool quic_begins(const Segment& segment);
Reading read_quic(const Segment& segment, Inspection& inspection);

}  // namespace dipper
