#include "dtls.h"

#include "dissectors.h"

namespace dipper {
namespace {

constexpr size_t record_header = 13, fragment_header = 12;
constexpr uint8_t type_handshake = 22;

uint32_t be24(Cursor bytes, size_t at) { return uint32_t{bytes.u8(at)} << 16 | bytes.be16(at + 1); }

// A plaintext record (RFC 9147, 4): all of those that count are of epoch 0.
bool take_record(Cursor& rest, uint8_t& type, Cursor& content) {
  if (!rest.has(record_header) || rest.u8(1) != 0xfe || rest.be16(3) != 0) return false;
  type = rest.u8(0);
  Cursor behind = rest.skip(record_header - 2);
  if (!take_vector(behind, 2, content)) return false;
  rest = behind;
  return true;
}

// Behind CAPWAP's DTLS header of four bytes, version 0 and type 1, or as it is.
Cursor records_of(const Segment& segment) {
  const Cursor payload = segment.payload;
  return payload.has(4) && payload.be32(0) == 0x01000000 ? payload.skip(4) : payload;
}

struct Fragment {
  uint8_t type;
  uint16_t number;
  uint32_t size, at;  // of the message; of the fragment in it
  Cursor bytes;
};
bool take_fragment(Cursor& rest, Fragment& fragment) {
  if (!rest.has(fragment_header)) return false;
  fragment.type = rest.u8(0);
  fragment.size = be24(rest, 1);
  fragment.number = rest.be16(4);
  fragment.at = be24(rest, 6);
  Cursor behind = rest.skip(fragment_header - 3);
  if (!take_vector(behind, 3, fragment.bytes)) return false;
  rest = behind;
  return fragment.at <= fragment.size && fragment.bytes.size <= fragment.size - fragment.at;
}

void read_fragment(const Fragment& fragment, bool from_client, Inspection& inspection) {
  Handshake& handshake = inspection.handshake;
  if (fragment.bytes.size == fragment.size)
    return handshake.read(fragment.type, fragment.bytes, from_client, HelloTransport::dtls, inspection.findings);
  if (fragment.type != message_client_hello && fragment.type != message_server_hello && fragment.type != message_certificate) return;
  DtlsMessage& message = inspection.dtls.of[from_client];
  Assembly& pieces = handshake.pieces[from_client];
  if (!message.begun || message.number != fragment.number || message.type != fragment.type || message.size != fragment.size) {
    pieces.release(inspection.buffers);
    message = {true, fragment.type, fragment.number, fragment.size};
  }
  if (!pieces.add(fragment.at, fragment.bytes, inspection.buffers)) return;
  const Cursor whole = pieces.whole();
  if (whole.size == fragment.size)
    handshake.read(fragment.type, whole, from_client, HelloTransport::dtls, inspection.findings);
  else if (fragment.type != message_certificate ||
           !handshake.read_certificate_message(whole, fragment.size, from_client, inspection.findings))
    return;
  pieces.release(inspection.buffers);
  message.begun = false;
}

}  // namespace

bool dtls_begins(const Segment& segment) {
  Cursor rest = records_of(segment), content;
  uint8_t type;
  Fragment fragment;
  return take_record(rest, type, content) && type == type_handshake && take_fragment(content, fragment) &&
         fragment.type >= message_client_hello && fragment.type <= message_hello_verify_request;
}

Reading read_dtls(const Segment& segment, Inspection& inspection) {
  Handshake& handshake = inspection.handshake;
  Cursor rest = records_of(segment), content;
  uint8_t type;
  while (!handshake.over && take_record(rest, type, content)) {
    if (type == type_handshake) {
      for (Fragment fragment; !handshake.over && take_fragment(content, fragment);)
        read_fragment(fragment, segment.from_client, inspection);
    } else if (handshake.server_seen && segment.from_client != handshake.client_side) {
      handshake.over = true;  // the server's cipher is changed without a certificate: a resumption
    }
  }
  return handshake.over ? Reading::done : Reading::more;
}

}  // namespace dipper
