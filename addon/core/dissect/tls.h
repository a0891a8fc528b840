// TLS over TCP: the records of both directions put in order, their handshake messages put together over records and segments
// (RFC 8446, 5.1), from the first hello of a connection on, wherever in it that is (STARTTLS).
#pragma once
#include <cstdint>

namespace dipper {

struct Segment;
struct Inspection;
enum class Reading : uint8_t;

// One direction. Whole records are read where they lie; from the first that isn't whole on, bytes are collected in
// Handshake::pieces, and the handshake bytes of records moved together at their front.
struct TlsStream {
  bool begun = false;
  bool over = false;        // no handshake message that matters can follow
  uint32_t base = 0;        // sequence number of the first byte that isn't read, or of the first that was collected
  uint16_t read = 0;        // of the collected bytes: records are read up to here,
  uint16_t joined = 0;      // and their contents are before here,
  uint16_t taken = 0;       // of which this much was whole messages
  uint16_t record_left = 0; // of the record that `read` is in
};
struct TlsStreams {
  TlsStream of[2];  // by Segment::from_client
};

bool tls_begins(const Segment& segment);
Reading read_tls(const Segment& segment, Inspection& inspection);

}  // namespace dipper
