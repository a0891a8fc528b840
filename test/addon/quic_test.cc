// QUIC: the packets of RFC 9001 and RFC 9369; hellos in shuffled CRYPTO frames over several packets; Retry; hostile packets.
#include <algorithm>
#include <random>

#include "check.h"
#include "dissect_rig.h"
#include "quic_vectors.h"

using namespace dipper;
using namespace dissect;

namespace {

const std::string connection_id = bytes_of("8394c8f03e515708");

Cursor cursor(const std::string& text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

struct Keys {
  InitialKeys client, server;
  explicit Keys(const std::string& id = connection_id, QuicVersion version = QuicVersion::v1) {
    const Sha256::Digest secret = initial_secret(version, cursor(id));
    client = initial_keys(version, secret, QuicSide::client);
    server = initial_keys(version, secret, QuicSide::server);
  }
};

// An Initial packet of version 1 with its tag left out of account, as it is by the reader.
std::string seal(const InitialKeys& keys, const std::string& destination, unsigned number, std::string frames,
                 const char* version = "00000001") {
  if (frames.size() < 20) frames.append(20 - frames.size(), '\0');
  std::string packet = bytes_of("c1") + bytes_of(version) + vector_of(1, destination) + vector_of(1, "source") + '\0' +
                       be16(0x4000u | static_cast<unsigned>(2 + frames.size() + 16)) + be16(number);
  const size_t number_at = packet.size() - 2;
  uint8_t nonce[12];
  memcpy(nonce, keys.iv, sizeof nonce);
  nonce[10] ^= static_cast<uint8_t>(number >> 8);
  nonce[11] ^= static_cast<uint8_t>(number);
  std::string sealed(frames.size(), '\0');
  keys.packet.gcm_crypt(nonce, cursor(frames).data, frames.size(), reinterpret_cast<uint8_t*>(sealed.data()));
  packet += sealed + std::string(16, 'T');
  uint8_t mask[16];
  keys.header.encrypt(cursor(packet).data + number_at + 4, mask);
  packet[0] = static_cast<char>(packet[0] ^ (mask[0] & 0x0f));
  for (int i = 0; i < 2; ++i) packet[number_at + i] = static_cast<char>(packet[number_at + i] ^ mask[1 + i]);
  return packet;
}

std::string crypto(const std::string& message, size_t at, size_t size) {
  const std::string part = message.substr(at, size);
  return "\x06" + be16(0x4000u | static_cast<unsigned>(at)) + be16(0x4000u | static_cast<unsigned>(part.size())) + part;
}

const std::string hello = example_hello();
const std::string answer = server_hello(0x0303, 0x1302, extension(43, be16(0x0304)));
const std::string quic_ja4 = std::string("q") + example_ja4;

}  // namespace

TEST(quic_keys_of_rfc_9001) {
  const Keys keys;
  // A.2 and A.3 by what the keys open; A.1's header protection key by the mask that A.2 has of its sample.
  uint8_t plain[InitialKeys::most_plain], mask[16];
  const std::string client = bytes_of(quic_vectors::client_v1), sample = bytes_of("d1b1c98dd7689fb8ec11d242b123dc9b");
  keys.client.header.encrypt(cursor(sample).data, mask);
  CHECK_STR(std::string(reinterpret_cast<char*>(mask), 5), bytes_of("437b9aec36"));
  const Cursor opened = keys.client.open(cursor(client), 18, plain);
  CHECK_STR(std::string(reinterpret_cast<const char*>(opened.data), opened.size),
            bytes_of(quic_vectors::client_crypto) + std::string(917, '\0'));
}

TEST(quic_packets_of_both_rfcs) {
  for (const bool v2 : {false, true}) {
    FlowRig rig(17);
    rig.udp(true, bytes_of(v2 ? quic_vectors::client_v2 : quic_vectors::client_v1));
    CHECK_STR(rig.found(Field::ssl_client_sni), "example.com");
    CHECK_STR(rig.found(Field::ssl_alpn), "alpn");
    CHECK_STR(rig.found(Field::ssl_client_ja4).substr(0, 11), "q13d0211an_");
    CHECK(rig.wants_more());
    rig.udp(false, bytes_of(v2 ? quic_vectors::server_v2 : quic_vectors::server_v1));
    CHECK_STR(rig.found(Field::ssl_cipher_suite), "TLS_AES_128_GCM_SHA256");
    CHECK_STR(rig.found(Field::ssl_version), "TLSv1.3");
    CHECK_EQ(rig.found(Field::ssl_server_ja3).size(), 32u);
    CHECK(!rig.wants_more());
  }
}

TEST(quic_hello_in_shuffled_frames_over_packets) {
  std::mt19937 random(11);
  const Keys keys;
  for (int run = 0; run < 300; ++run) {
    std::vector<std::string> frames;
    for (size_t at = 0; at < hello.size();) {
      const size_t size = 1 + random() % 60;
      frames.push_back(crypto(hello, at, size));
      if (random() % 4 == 0) frames.push_back(random() % 2 ? std::string(1, '\1') : std::string(3, '\0'));
      at += size;
    }
    std::shuffle(frames.begin(), frames.end(), random);
    FlowRig rig(17);
    std::string packet;
    unsigned number = 0;
    for (const std::string& frame : frames) {
      packet += frame;
      if (random() % 5 == 0 || &frame == &frames.back()) {
        rig.udp(true, seal(keys.client, connection_id, number++, packet));
        packet.clear();
      }
    }
    CHECK_STR(rig.found(Field::ssl_client_ja4), quic_ja4);
    CHECK_STR(rig.found(Field::ssl_client_sni), "WWW.Example.org");
  }
}

TEST(quic_hello_cut_at_every_byte_in_either_order) {
  const Keys keys;
  for (size_t cut = 1; cut < hello.size(); ++cut) {
    for (const bool reversed : {false, true}) {
      const std::string parts[2] = {seal(keys.client, connection_id, 0, crypto(hello, 0, cut)),
                                    seal(keys.client, connection_id, 1, crypto(hello, cut, hello.size()))};
      FlowRig rig(17);
      rig.udp(true, parts[reversed]);
      CHECK_STR(rig.found(Field::ssl_client_ja4), "");
      rig.udp(true, parts[!reversed]);
      CHECK_STR(rig.found(Field::ssl_client_ja4), quic_ja4);
    }
  }
}

TEST(quic_server_s_answer_retry_and_acknowledgements) {
  const Keys keys;
  FlowRig rig(17);
  // The first flight is lost but for its beginning; a Retry names another connection id, under whose keys all comes again.
  rig.udp(true, seal(keys.client, connection_id, 0, crypto(hello, 0, 50)));
  const Keys again("retried");
  rig.udp(true, seal(again.client, "retried", 1, crypto(hello, 0, hello.size())));
  CHECK_STR(rig.found(Field::ssl_client_ja4), quic_ja4);
  // Its answer: an ACK with a range and ECN counts, then the hello in two frames.
  rig.udp(false, seal(again.server, "source", 0, bytes_of("03 01 00 01 00 0000 010203") + crypto(answer, 20, answer.size())));
  CHECK(rig.wants_more());
  rig.udp(false, seal(again.server, "source", 1, crypto(answer, 0, 20)));
  CHECK_STR(rig.found(Field::ssl_cipher_suite), "TLS_AES_256_GCM_SHA384");
  CHECK(!rig.wants_more());
}

TEST(quic_server_s_answer_after_a_retry_of_a_whole_hello) {
  const Keys keys, again("retried");
  FlowRig rig(17);
  rig.udp(true, seal(keys.client, connection_id, 0, crypto(hello, 0, hello.size())));
  rig.udp(true, seal(again.client, "retried", 1, crypto(hello, 0, hello.size())));
  rig.udp(true, seal(again.client, "source", 2, bytes_of("02 00 00 00 00")));  // to the server's own id, under the same keys
  CHECK(rig.wants_more());
  rig.udp(false, seal(again.server, "source", 0, crypto(answer, 0, answer.size())));
  CHECK_STR(rig.found(Field::ssl_cipher_suite), "TLS_AES_256_GCM_SHA384");
  CHECK(!rig.wants_more());
}

TEST(quic_versions_that_are_reserved_and_google_s_frames) {
  for (const QuicVersion version : {QuicVersion::v1, QuicVersion::draft_29}) {
    FlowRig rig(17);
    rig.udp(true, seal(Keys(connection_id, version).client, connection_id, 0, crypto(hello, 0, hello.size()), "1a2a3a4a"));
    CHECK_STR(rig.found(Field::ssl_client_ja4), quic_ja4);
  }
  std::string frame = crypto(hello, 0, hello.size());
  frame[0] = 8;
  FlowRig rig(17);
  rig.udp(true, seal(Keys(connection_id, QuicVersion::t051).client, connection_id, 0, frame, "54303531"));
  CHECK_STR(rig.found(Field::ssl_client_ja4), quic_ja4);
  // Neither a version that there is not, nor keys that are nobody's.
  for (const char* number : {"1a2a3a4b", "0a0a0a0a"}) {
    FlowRig other(17);
    other.udp(true, seal(Keys("other").client, connection_id, 0, frame, number));
    CHECK_STR(other.found(Field::ssl_client_ja4), "");
  }
}

TEST(quic_drafts_and_versions_of_others) {
  const std::pair<const char*, QuicVersion> versions[] = {
      {"ff00001d", QuicVersion::draft_29}, {"ff000020", QuicVersion::draft_29}, {"ff000017", QuicVersion::draft_23},
      {"ff000016", QuicVersion::draft_22}, {"ff000022", QuicVersion::v1},       {"1a2a3a4a", QuicVersion::draft_29},
      {"faceb002", QuicVersion::draft_23}, {"ff020000", QuicVersion::draft_v2}, {"54303530", QuicVersion::t050},
      {"54303531", QuicVersion::t051}};
  for (const auto& [number, version] : versions) {
    const bool google = version == QuicVersion::t050 || version == QuicVersion::t051;
    std::string frame = crypto(hello, 0, hello.size());
    if (google) frame[0] = '\x08';
    FlowRig rig(17);
    rig.udp(true, seal(Keys(connection_id, version).client, connection_id, 0, frame, number));
    CHECK_STR(rig.found(Field::ssl_client_ja4), quic_ja4);
  }
  for (const char* number : {"ff000010", "ff000023", "51303530", "00000002", "00000000"}) {
    FlowRig rig(17);
    rig.udp(true, seal(Keys().client, connection_id, 0, crypto(hello, 0, hello.size()), number));
    CHECK(!rig.dissection.inspection);
  }
}

TEST(quic_reads_on_behind_other_packets_until_the_short_header) {
  const Keys keys;
  FlowRig rig(17);
  const std::string handshake_packet = bytes_of("e0 00000001 00 00 4014") + std::string(20, 'h');
  rig.udp(true, handshake_packet + seal(keys.client, connection_id, 0, crypto(hello, 0, hello.size())));
  CHECK(!rig.dissection.inspection);  // a flow begins with an Initial packet
  rig.udp(true, seal(keys.client, connection_id, 0, crypto(hello, 0, 100)) + seal(keys.client, connection_id, 1, crypto(hello, 100, 1000)));
  CHECK_STR(rig.found(Field::ssl_client_ja4), quic_ja4);
  rig.udp(true, "\x41 from the client");
  CHECK(rig.wants_more());
  rig.udp(false, "\x41 from the server");
  CHECK(!rig.wants_more());
}

TEST(quic_other_datagrams_give_everything_back) {
  for (const std::string& payload :
       {bytes_of("c0 00000000 08") + std::string(60, 'v'), bytes_of("c0 00000001 08") + std::string(200, 'x'), std::string(1200, '\xff'),
        seal(Keys("other").client, connection_id, 0, crypto(hello, 0, hello.size()))}) {
    FlowRig rig(17);
    rig.udp(true, payload);
    CHECK(!rig.dissection.inspection);
    CHECK_EQ(rig.pool.bytes_in_use(), 0u);
  }
}

TEST(quic_cut_or_changed_anywhere) {
  const Keys keys;
  const std::string packet = seal(keys.client, connection_id, 0, crypto(hello, 0, hello.size()));
  for (size_t captured = 0; captured < packet.size(); ++captured) {
    FlowRig rig(17);
    rig.udp(true, packet, captured);
    CHECK_STR(rig.found(Field::ssl_client_ja4), "");
  }
  for (size_t at = 0; at < 80; ++at) {
    for (const char value : {'\0', '\x3f', '\x7f', '\xff'}) {
      std::string changed = packet;
      changed[at] = value;
      FlowRig rig(17);
      rig.udp(true, changed);
    }
  }
  // Frames that lie, sealed right.
  for (const char* frames : {"06", "0600", "06 00 7fff", "06 ffffffffffffffff 01 61", "06 7fff 01 61", "02 00 00 ffffffffffffffff 00", "1c", "ff", "07"}) {
    FlowRig rig(17);
    rig.udp(true, seal(keys.client, connection_id, 0, bytes_of(frames)));
    rig.udp(true, seal(keys.client, connection_id, 1, crypto(hello, 0, 10) + bytes_of(frames)));
  }
}
