// How QUIC protects its Initial packets (RFC 9001, 5; RFC 9369, 3.3): with keys that follow from a connection id in the clear.
// The packets' authentication tags are not checked: everybody can make a valid one, so it proves nothing to an observer, and a
// packet under other keys does not look like frames to its last byte.
#pragma once
#include <cstdint>

#include "../aes128.h"
#include "../cursor.h"
#include "../sha256.h"

namespace dipper {

// The keys of one direction.
struct InitialKeys {
  Aes128 packet, header;
  uint8_t iv[12];

  // The first 4,096 bytes at most of a packet's payload, without its tag, into `plain`. `packet` goes from the first byte to
  // the end that its length says; the packet number is at `number_at`. Empty: it is none of these keys, or too short.
  static constexpr size_t most_plain = 4096;
  Cursor open(Cursor packet_bytes, size_t number_at, uint8_t plain[most_plain]) const noexcept;
};

enum class QuicVersion : uint8_t { none, v1, v2, draft_v2, draft_29, draft_23, draft_22, t050, t051, reserved };
// `none` for versions that carry no TLS, or that nobody speaks any more; `reserved` for those by which a client forces version
// negotiation (RFC 9000, 15), which have no keys of their own.
QuicVersion quic_version(uint32_t number) noexcept;

// HKDF-Extract of the destination connection id of the client's first packet: what the keys of both directions follow from. Not for `none` and `reserved`.
Sha256::Digest initial_secret(QuicVersion version, Cursor connection_id) noexcept;
enum class QuicSide : uint8_t { client, server };
InitialKeys initial_keys(QuicVersion version, const Sha256::Digest& secret, QuicSide side) noexcept;

}  // namespace dipper
