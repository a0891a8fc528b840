// Fuzz target: our own dissectors of TLS, DTLS and QUIC. The input is a flow: its first byte chooses TCP or UDP, then packets,
// each a byte (direction, and how far its sequence number jumps), two bytes of length, payload; what follows the last header is
// the rest of its payload. 2 in the first byte: the TCP connection was seen to open. `q` in the first byte's upper half: UDP payloads are frames, sealed here as QUIC Initial packets, so
// that what is behind the encryption is reached. Packets are in exact allocations, and after the flow all is given back.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "core/dissect/dissectors.h"

using namespace dipper;

namespace {

const uint8_t connection_id[8] = {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08};

std::string seal(const std::string& given, bool from_client) {
  static const Sha256::Digest secret = initial_secret(QuicVersion::v1, {connection_id, 8});
  static const InitialKeys client = initial_keys(QuicVersion::v1, secret, QuicSide::client);
  static const InitialKeys server = initial_keys(QuicVersion::v1, secret, QuicSide::server);
  const InitialKeys& keys = from_client ? client : server;
  const std::string frames = given.substr(0, 1200) + std::string(20, '\0');
  std::string packet = std::string("\xc0\0\0\0\1\x08", 6) + std::string(reinterpret_cast<const char*>(connection_id), 8) +
                       std::string(2, '\0');
  const size_t size = 1 + frames.size() + 16;
  packet += static_cast<char>(0x40 | size >> 8);
  packet += static_cast<char>(size);
  packet += '\0';  // packet number
  const size_t number_at = packet.size() - 1;
  std::string sealed(frames.size(), '\0');
  keys.packet.gcm_crypt(keys.iv, reinterpret_cast<const uint8_t*>(frames.data()), frames.size(), reinterpret_cast<uint8_t*>(sealed.data()));
  packet += sealed + std::string(16, 'T');
  uint8_t mask[16];
  keys.header.encrypt(reinterpret_cast<const uint8_t*>(packet.data()) + number_at + 4, mask);
  packet[0] = static_cast<char>(packet[0] ^ (mask[0] & 0x0f));
  packet[number_at] = static_cast<char>(packet[number_at] ^ mask[1]);
  return packet;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Dissectors dissectors;
  static InspectionPool pool(2, 2);
  static const auto metadata = std::make_unique<Metadata>();
  if (size < 1) return 0;
  const bool tcp = data[0] & 1, sealed = !tcp && data[0] & 0x10;
  Dissection dissection;
  FlowKey key{};
  key.ip_protocol = tcp ? 6 : 17;
  key.lower_port = 443;
  key.upper_port = 50000;
  dissection.candidates = dissectors.candidates(key);
  uint32_t sequence[2] = {1000, 2000};
  if (tcp && data[0] & 2)
    for (const unsigned direction : {0u, 1u}) dissection.start.expect(direction, sequence[direction]);
  for (size_t at = 1; at + 3 <= size;) {
    const bool from_client = !(data[at] & 1);
    const auto jump = static_cast<int8_t>(data[at]) >> 1;
    const size_t length = std::min<size_t>(load_be16(data + at + 1), size - at - 3);
    std::string payload(reinterpret_cast<const char*>(data + at + 3), length);
    at += 3 + length;
    if (sealed) payload = seal(payload, from_client);
    std::string l4(tcp ? 20 : 8, '\0');
    if (tcp) {
      const uint32_t number = sequence[from_client] + static_cast<uint32_t>(jump) * 16, other = sequence[!from_client];
      for (int i = 0; i < 4; ++i) {
        l4[4 + i] = static_cast<char>(number >> (24 - 8 * i));
        l4[8 + i] = static_cast<char>(other >> (24 - 8 * i));
      }
      l4[12] = '\x50';
      if (jump == 0) sequence[from_client] += static_cast<uint32_t>(length);
    }
    const std::string bytes = l4 + payload;
    const std::unique_ptr<uint8_t[]> exact(new uint8_t[bytes.size()]);
    memcpy(exact.get(), bytes.data(), bytes.size());
    Packet packet{};
    packet.key = key;
    packet.from_lower = !from_client;
    packet.tcp_flags = tcp ? tcp_ack : 0;
    packet.l3 = exact.get();
    packet.l3_length = static_cast<uint16_t>(std::min<size_t>(bytes.size(), 65535));
    packet.payload_length = static_cast<uint16_t>(std::min<size_t>(payload.size(), 65535));
    dissectors.look(packet, from_client, dissection, pool);
  }
  dissectors.end(key, false, dissection, pool);
  metadata->clear();
  FieldSink(*metadata, dissection.findings()).finish();
  if (metadata->text().size() > 8 * Findings::most_bytes) abort();
  if (dissection.inspection) pool.release(dissection.inspection);
  if (pool.bytes_in_use()) abort();
  return 0;
}
