// ClientHello and ServerHello of TLS, DTLS and QUIC (RFC 8446, 4.1; RFC 5246, 7.4.1; RFC 6347, 4.2.1): where their parts are.
// Views into the message; nothing is copied.
#pragma once
#include "../cursor.h"

namespace dipper {

// Takes a value with its length of one, two or three bytes in front. False, and nothing taken, when it is not whole.
bool take_vector(Cursor& rest, unsigned length_bytes, Cursor& value) noexcept;

// Reserved values that clients throw in to keep servers tolerant (RFC 8701): 0a0a, 1a1a, ... fafa.
constexpr bool is_grease(uint16_t value) noexcept { return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff); }

enum Extension : uint16_t {
  extension_server_name = 0,
  extension_supported_groups = 10,
  extension_point_formats = 11,
  extension_signature_algorithms = 13,
  extension_alpn = 16,
  extension_supported_versions = 43,
  extension_encrypted_client_hello = 0xfe0d,  // RFC 9849
  extension_esni = 0xffce,                    // its first drafts
};

struct Hello {
  uint16_t version = 0;     // legacy_version
  Cursor random{};          // 32 bytes
  Cursor ciphers{};         // two bytes each; of a ServerHello the one that was chosen
  Cursor extensions{};
};

// `datagram`: DTLS, whose ClientHello has a cookie. False: not a hello.
bool parse_client_hello(Cursor body, bool datagram, Hello& hello) noexcept;
bool parse_server_hello(Cursor body, Hello& hello) noexcept;

// Takes one extension off the front. False at the end, or where the rest is not one.
struct ExtensionView {
  uint16_t type;
  Cursor data;
};
bool take_extension(Cursor& rest, ExtensionView& extension) noexcept;
// The data of the first extension of the type; false when there is none.
bool find_extension(const Hello& hello, uint16_t type, Cursor& data) noexcept;

// The first host name of a server_name extension (RFC 6066, 3); empty when there is none.
Cursor server_name(Cursor extension) noexcept;
// The names of an ALPN extension (RFC 7301, 3.1), one after another by take_vector(names, 1, name).
Cursor alpn_names(Cursor extension) noexcept;

}  // namespace dipper
