// DTLS (RFC 6347, RFC 9147): handshake messages of epoch 0, put together of their fragments. Also behind the preamble of a
// CAPWAP control channel (RFC 5415, 4.2), which begins in the clear.
#pragma once
#include <cstdint>

namespace dipper {

struct Segment;
struct Inspection;
enum class Reading : uint8_t;

// The message of a direction whose fragments are collected in Handshake::pieces.
struct DtlsMessage {
  bool begun = false;
  uint8_t type = 0;
  uint16_t number = 0;  // message_seq
  uint32_t size = 0;
};
struct DtlsMessages {
  DtlsMessage of[2];  // by Segment::from_client
};

bool dtls_begins(const Segment& segment);
Reading read_dtls(const Segment& segment, Inspection& inspection);

}  // namespace dipper
