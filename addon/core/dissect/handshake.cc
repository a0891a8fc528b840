#include "handshake.h"

#include <string>

#include "certificate.h"
#include "tls_names.h"

namespace dipper {
namespace {

std::string_view text(Cursor bytes) { return {reinterpret_cast<const char*>(bytes.data), bytes.size}; }
template <size_t n>
std::string_view text(const char (&array)[n]) {
  return {array, n};
}

std::string lower_case(std::string_view name) {
  std::string result(name.substr(0, Metadata::max_text));
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 'a' - 'A');
  return result;
}

void add_names(Cursor extension, Field field, Findings& findings) {
  Cursor names = alpn_names(extension), name;
  while (take_vector(names, 1, name)) findings.add(field, text(name));
}

// Encrypted ClientHello: the outer one names its key by a config id (RFC 9849, 5). Clients without a key send random bytes
// of the same form, and nobody can tell. Drafts 8 to 12 had other numbers and another form.
void read_encrypted_hello(const Hello& hello, Findings& findings) {
  Cursor data;
  for (const uint16_t type : {uint16_t{extension_encrypted_client_hello}, uint16_t{0xfe0c}, uint16_t{0xfe0b}, uint16_t{0xfe0a},
                              uint16_t{0xfe09}, uint16_t{0xfe08}, uint16_t{extension_esni}}) {
    if (!find_extension(hello, type, data)) continue;
    constexpr char digits[] = "0123456789abcdef";
    const char version[] = {'0', 'x', digits[type >> 12], digits[type >> 8 & 15], digits[type >> 4 & 15], digits[type & 15]};
    findings.set(Field::ssl_encrypted_ch_version, text(version));
    constexpr uint8_t outer = 0;
    if (type == extension_encrypted_client_hello && data.has(6) && data.u8(0) == outer)
      findings.set(Field::ssl_encrypted_ch_config_id, uint64_t{data.u8(5)});
    return;
  }
}

// RFC 8446, 4.1.3: a HelloRetryRequest is a ServerHello with the SHA-256 of its name for a random.
bool is_retry_request(Cursor random) {
  constexpr uint8_t marker[32] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
                                  0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
                                  0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};
  return memcmp(random.data, marker, sizeof marker) == 0;
}

}  // namespace

void Handshake::clear(ReassemblyBuffers& buffers) {
  for (Assembly& assembly : pieces) assembly.release(buffers);
  client_seen = client_side = server_seen = over = false;
}

void Handshake::read(uint8_t type, Cursor body, bool from_client, HelloTransport transport, Findings& findings) {
  const bool from_server = !client_seen || from_client != client_side;
  Hello hello;
  switch (type) {
    case message_client_hello:
      // The first is the one to know a program by; a second follows a HelloRetryRequest or brings a cookie.
      if (client_seen || !parse_client_hello(body, transport == HelloTransport::dtls, hello)) return;
      client_seen = true;
      client_side = from_client;
      return read_client_hello(hello, transport, findings);
    case message_server_hello:
      if (from_server && parse_server_hello(body, hello) && !is_retry_request(hello.random)) read_server_hello(hello, findings);
      return;
    case message_certificate:
      read_certificate_message(body, body.size, from_client, findings);
      return;
    case message_server_hello_done:
      if (from_server) over = true;
      return;
    default:
      return;
  }
}

void Handshake::read_client_hello(const Hello& hello, HelloTransport transport, Findings& findings) {
  Cursor data;
  if (find_extension(hello, extension_server_name, data)) {
    const std::string_view name = text(server_name(data));
    findings.set(Field::ssl_client_sni, name);
    findings.set(Field::host_server_name, lower_case(name));
  }
  if (find_extension(hello, extension_alpn, data)) add_names(data, Field::ssl_alpn, findings);
  findings.set(Field::ssl_client_ja3, text(ja3(hello).text));
  Ja4 fingerprint;
  if (ja4(hello, transport, fingerprint)) findings.set(Field::ssl_client_ja4, text(fingerprint.text));
  if (!server_seen) findings.set(Field::ssl_version, tls_version_name(newest_version(hello)));
  read_encrypted_hello(hello, findings);
}

void Handshake::read_server_hello(const Hello& hello, Findings& findings) {
  server_seen = true;
  uint16_t version = hello.version;
  Cursor data;
  if (find_extension(hello, extension_supported_versions, data) && data.has(2)) version = data.be16(0);
  findings.set(Field::ssl_version, tls_version_name(version));
  findings.set(Field::ssl_cipher_suite, cipher_suite_name(hello.ciphers.be16(0)));
  findings.set(Field::ssl_server_ja3, text(ja3s(hello).text));
  if (find_extension(hello, extension_alpn, data)) add_names(data, Field::ssl_alpn_server, findings);
  // What follows is encrypted from TLS 1.3 on.
  if (version != hello.version) over = true;
}

bool Handshake::read_certificate_message(Cursor body, size_t size, bool from_client, Findings& findings) {
  const bool from_server = client_seen ? from_client != client_side : server_seen;
  if (!from_server) return true;
  if (!body.has(6)) return size < 6;
  Cursor certificates = body.skip(3), first;
  if (!take_vector(certificates, 3, first)) {
    const size_t needed = 6 + (size_t{body.u8(3)} << 16 | body.be16(4));
    return needed > size;  // else it is still on its way
  }
  read_certificate(first, findings);
  over = true;
  return true;
}

}  // namespace dipper
