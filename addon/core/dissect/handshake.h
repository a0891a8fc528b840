// The handshake that TLS, DTLS and QUIC have in common: messages to findings. Each transport puts the messages together.
#pragma once
#include "assembly.h"
#include "findings.h"
#include "hello_fingerprints.h"

namespace dipper {

enum HandshakeType : uint8_t {
  message_client_hello = 1,
  message_server_hello = 2,
  message_hello_verify_request = 3,
  message_certificate = 11,
  message_server_hello_done = 14,
};

struct Handshake {
  Assembly pieces[2];  // by Segment::from_client
  bool client_seen = false, client_side = false;  // which direction's the ClientHello was
  bool server_seen = false;                       // a ServerHello that is no HelloRetryRequest
  bool over = false;                              // nothing more can be read

  void clear(ReassemblyBuffers& buffers);

  // A whole message. `from_client` is the direction that it came in.
  void read(uint8_t type, Cursor body, bool from_client, HelloTransport transport, Findings& findings);
  // A Certificate message of which `body` is there, out of `size` bytes. The server's own certificate comes first (RFC 5246,
  // 7.4.2): the others are not waited for. False: not enough of it yet.
  bool read_certificate_message(Cursor body, size_t size, bool from_client, Findings& findings);

 private:
  void read_client_hello(const Hello& hello, HelloTransport transport, Findings& findings);
  void read_server_hello(const Hello& hello, Findings& findings);
};

}  // namespace dipper
