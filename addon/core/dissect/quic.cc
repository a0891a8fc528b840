#include "quic.h"

#include <new>

#include "dissectors.h"

namespace dipper {
namespace {

constexpr size_t message_header = 4, longest_connection_id = 20;
constexpr uint8_t long_header = 0x80;

// A variable-length integer (RFC 9000, 16).
bool take_integer(Cursor& rest, uint64_t& value) {
  if (!rest.size) return false;
  const size_t size = size_t{1} << (rest.u8(0) >> 6);
  if (!rest.has(size)) return false;
  value = rest.u8(0) & 0x3f;
  for (size_t i = 1; i < size; ++i) value = value << 8 | rest.u8(i);
  rest = rest.skip(size);
  return true;
}

struct LongHeader {
  QuicVersion version;
  bool initial;
  Cursor destination;  // connection id
  Cursor packet;       // the whole packet
  size_t number_at;    // of the packet number in it
};

// Takes a packet with a long header off a datagram (RFC 9000, 17.2, and 12.2: several may be in one). False: there is none, or
// none with a length (Retry, version negotiation).
bool take_packet(Cursor& datagram, LongHeader& header) {
  if (!datagram.has(7) || !(datagram.u8(0) & long_header)) return false;
  header.version = quic_version(datagram.be32(1));
  if (header.version == QuicVersion::none) return false;
  // RFC 9369, 3.2 counts the types of version 2 from Retry on. Its first draft did not yet.
  const unsigned type = datagram.u8(0) >> 4 & 3, initial = header.version == QuicVersion::v2 ? 1 : 0,
                 retry = header.version == QuicVersion::v2 ? 0 : 3;
  if (type == retry) return false;
  header.initial = type == initial;
  Cursor rest = datagram.skip(5), source;
  if (!take_vector(rest, 1, header.destination) || !take_vector(rest, 1, source)) return false;
  if (header.destination.size > longest_connection_id || source.size > longest_connection_id) return false;
  uint64_t size;
  if (header.initial) {
    if (!take_integer(rest, size) || !rest.has(size)) return false;  // the token
    rest = rest.skip(size);
  }
  if (!take_integer(rest, size) || !rest.has(size)) return false;
  header.number_at = datagram.size - rest.size;
  header.packet = datagram.first(header.number_at + size);
  datagram = datagram.skip(header.number_at + size);
  return true;
}

Cursor behind_zeros(Cursor rest) {
  while (rest.has(8) && !load_be64(rest.data)) rest = rest.skip(8);
  while (rest.size && !rest.u8(0)) rest = rest.skip(1);
  return rest;
}

struct CryptoFrame {
  uint64_t at;
  Cursor bytes;
};

// Frames that an Initial packet may have (RFC 9000, 12.4). `is_frame` is false where the rest is none of them. Returns false
// after the last.
bool take_crypto_frame(Cursor& rest, CryptoFrame& crypto, bool& is_frame) {
  // T050 and T051 still have Google's number for CRYPTO, which is STREAM's since: no Initial packet has that.
  constexpr uint64_t padding = 0, ping = 1, ack = 2, ack_ecn = 3, crypto_data = 6, google_crypto_data = 8, close = 0x1c;
  for (uint64_t type; rest.size;) {
    uint64_t number, ranges = 0;
    is_frame = take_integer(rest, type);
    if (!is_frame || type == close) return false;  // what is behind a CONNECTION_CLOSE does not matter
    switch (type) {
      case padding:  // most of a packet
        rest = behind_zeros(rest);
        continue;
      case ping:
        continue;
      case ack:
      case ack_ecn:
        // Largest, delay, count, first range; then two numbers a range, and three of ECN.
        is_frame = take_integer(rest, number) && take_integer(rest, number) && take_integer(rest, ranges) && take_integer(rest, number);
        for (uint64_t left = ranges * 2 + (type == ack_ecn ? 3 : 0); is_frame && left; --left) is_frame = take_integer(rest, number);
        if (!is_frame) return false;
        continue;
      case crypto_data:
      case google_crypto_data: {
        uint64_t size;
        is_frame = take_integer(rest, crypto.at) && take_integer(rest, size) && rest.has(size);
        if (!is_frame) return false;
        crypto.bytes = rest.first(size);
        rest = rest.skip(size);
        return true;
      }
      default:
        is_frame = false;
        return false;
    }
  }
  return false;
}

bool are_frames(Cursor plain) {
  if (!plain.size) return false;
  bool is_frame;
  for (CryptoFrame frame; take_crypto_frame(plain, frame, is_frame);) {
  }
  return is_frame;
}

void take_messages(Cursor bytes, bool from_client, Inspection& inspection) {
  while (bytes.has(message_header)) {
    const size_t size = size_t{bytes.u8(1)} << 16 | bytes.be16(2);
    if (!bytes.has(message_header + size)) return;
    inspection.handshake.read(bytes.u8(0), bytes.skip(message_header).first(size), from_client, HelloTransport::quic,
                              inspection.findings);
    bytes = bytes.skip(message_header + size);
  }
}

bool is_whole_message(Cursor bytes) {
  return bytes.has(message_header) && bytes.size == message_header + (size_t{bytes.u8(1)} << 16 | bytes.be16(2));
}

void read_frames(Cursor plain, bool from_client, Inspection& inspection) {
  Handshake& handshake = inspection.handshake;
  Assembly& pieces = handshake.pieces[from_client];
  const auto read_all = [&] { return from_client == inspection.quic->client_side ? handshake.client_seen : handshake.server_seen; };
  bool is_frame;
  for (CryptoFrame frame; take_crypto_frame(plain, frame, is_frame);) {
    const bool is_whole = frame.at == 0 && !pieces.started() && is_whole_message(frame.bytes);
    if (is_whole) take_messages(frame.bytes, from_client, inspection);
    // A HelloRetryRequest is not what is waited for: the ServerHello has the offset behind it.
    if (!read_all() && pieces.add(frame.at, frame.bytes, inspection.buffers))
      take_messages(pieces.whole(), from_client, inspection);
    if (read_all()) return pieces.release(inspection.buffers);
  }
}

// The first Initial packet, or the first after a Retry (RFC 9001, 5.2): then the server answers under the new keys, also where
// the hello has been read already. Who forces version negotiation takes the keys of a version that he speaks.
void read_first_initial(const LongHeader& header, bool from_client, Inspection& inspection) {
  Handshake& handshake = inspection.handshake;
  uint8_t plain_bytes[InitialKeys::most_plain];
  const bool forced = header.version == QuicVersion::reserved;
  for (const QuicVersion version : {forced ? QuicVersion::v1 : header.version, QuicVersion::draft_29}) {
    const Sha256::Digest secret = initial_secret(version, header.destination);
    const InitialKeys client = initial_keys(version, secret, QuicSide::client);
    const Cursor plain = client.open(header.packet, header.number_at, plain_bytes);
    if (are_frames(plain)) {
      if (!inspection.quic) inspection.quic.reset(new (std::nothrow) QuicKeys);
      QuicKeys* const keys = inspection.quic.get();
      if (!keys) return inspection.buffers.refuse();
      keys->client_side = from_client;
      keys->server_known = false;
      keys->version = version;
      keys->secret = secret;
      keys->client = client;
      if (handshake.client_seen) return;
      handshake.pieces[from_client].release(inspection.buffers);
      return read_frames(plain, from_client, inspection);
    }
    if (!forced) return;
  }
}

void read_initial(const LongHeader& header, bool from_client, Inspection& inspection) {
  QuicKeys* const keys = inspection.quic.get();
  if (!keys) return read_first_initial(header, from_client, inspection);
  const bool of_client = from_client == keys->client_side;
  if (!of_client && !keys->server_known) {
    keys->server = initial_keys(keys->version, keys->secret, QuicSide::server);
    keys->server_known = true;
  }
  uint8_t plain_bytes[InitialKeys::most_plain];
  const Cursor plain = (of_client ? keys->client : keys->server).open(header.packet, header.number_at, plain_bytes);
  if (!are_frames(plain)) {
    if (of_client) read_first_initial(header, from_client, inspection);
  } else if (!of_client || !inspection.handshake.client_seen) {
    read_frames(plain, from_client, inspection);
  }
}

}  // namespace

bool quic_begins(const Segment& segment) {
  Cursor rest = segment.payload;
  LongHeader header;
  return take_packet(rest, header) && header.initial;
}

Reading read_quic(const Segment& segment, Inspection& inspection) {
  Cursor rest = segment.payload;
  LongHeader header;
  const bool is_long = rest.u8(0) & long_header;
  while (take_packet(rest, header))
    if (header.initial) read_initial(header, segment.from_client, inspection);
  if (!inspection.quic) return Reading::foreign;
  const bool from_server = segment.from_client != inspection.quic->client_side;
  // After the server's first packet with a short header its hello has passed by.
  if (!inspection.handshake.server_seen && (is_long || !from_server || !inspection.handshake.client_seen)) return Reading::more;
  inspection.quic.reset();
  return Reading::done;
}

}  // namespace dipper
