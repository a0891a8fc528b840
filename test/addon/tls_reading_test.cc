// TLS over TCP: handshakes in any cut of segments and records, out of order, sent again, hostile.
#include "check.h"
#include "dissect_rig.h"

using namespace dipper;
using namespace dissect;

namespace {

constexpr uint32_t client_start = 0xffffff00, server_start = 7000;  // the client's numbers wrap around

const std::string hello_record = record(22, example_hello());
const std::string tls12_answer = record(22, server_hello(0x0303, 0xc02f, alpn({"h2"})) + certificate_message(certificate()) +
                                                message(14, ""));

void check_client(const FlowRig& rig) {
  CHECK_STR(rig.found(Field::ssl_client_sni), "WWW.Example.org");
  CHECK_STR(rig.found(Field::host_server_name), "www.example.org");
  CHECK_STR(rig.found(Field::ssl_alpn), "h2|http/1.1");
  CHECK_STR(rig.found(Field::ssl_client_ja4), std::string("t") + example_ja4);
  CHECK_EQ(rig.found(Field::ssl_client_ja3).size(), 32u);
}

void check_server(const FlowRig& rig) {
  CHECK_STR(rig.found(Field::ssl_version), "TLSv1.2");
  CHECK_STR(rig.found(Field::ssl_cipher_suite), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
  CHECK_STR(rig.found(Field::ssl_alpn_server), "h2");
  CHECK_EQ(rig.found(Field::ssl_server_ja3).size(), 32u);
  CHECK_STR(rig.found(Field::ssl_subject_dn), "C=DE, O=Dipper tests, CN=www.example.org");
  CHECK_STR(rig.found(Field::ssl_server_names), "www.example.org|*.example.org|192.0.2.7|2001:db8::7");
}

}  // namespace

TEST(tls_handshake_in_two_segments) {
  FlowRig rig(6);
  rig.tcp(true, client_start, hello_record, server_start);
  check_client(rig);
  CHECK_STR(rig.found(Field::ssl_version), "TLSv1.3");  // the highest that it offers
  CHECK(rig.wants_more());
  rig.tcp(false, server_start, tls12_answer);
  check_client(rig);
  check_server(rig);
  CHECK(!rig.wants_more());
}

TEST(tls_hello_cut_at_every_byte) {
  for (size_t cut = 1; cut < hello_record.size(); ++cut) {
    FlowRig rig(6);
    rig.tcp(true, client_start, hello_record.substr(0, cut), server_start);
    CHECK_STR(rig.found(Field::ssl_client_ja4), "");
    rig.tcp(true, client_start + static_cast<uint32_t>(cut), hello_record.substr(cut), server_start);
    check_client(rig);
  }
}

TEST(tls_answer_cut_at_every_byte_in_either_order) {
  for (size_t cut = 1; cut < tls12_answer.size(); ++cut) {
    for (const bool reversed : {false, true}) {
      FlowRig rig(6);
      rig.tcp(true, client_start, hello_record, server_start);
      const auto second = server_start + static_cast<uint32_t>(cut);
      if (reversed) rig.tcp(false, second, tls12_answer.substr(cut));
      rig.tcp(false, server_start, tls12_answer.substr(0, cut));
      rig.tcp(false, server_start, tls12_answer.substr(0, cut));  // sent again
      if (!reversed) rig.tcp(false, second, tls12_answer.substr(cut));
      check_server(rig);
      CHECK(!rig.wants_more());
    }
  }
}

TEST(tls_byte_by_byte_and_in_records_of_one_byte) {
  FlowRig bytes(6), records(6);
  for (size_t i = 0; i < hello_record.size(); ++i)
    bytes.tcp(true, client_start + static_cast<uint32_t>(i), hello_record.substr(i, 1), server_start);
  check_client(bytes);
  std::string stream;
  for (const char c : example_hello()) stream += record(22, std::string(1, c));
  for (size_t at = 0; at < stream.size(); at += 1000)
    records.tcp(true, client_start + static_cast<uint32_t>(at), stream.substr(at, 1000), server_start);
  check_client(records);
}

TEST(tls13_ends_with_the_server_s_hello) {
  FlowRig rig(6);
  rig.tcp(true, client_start, hello_record, server_start);
  // A HelloRetryRequest first (RFC 8446, 4.1.3), which is not the answer.
  std::string retry = server_hello(0x0303, 0x1302, extension(43, be16(0x0304)));
  retry.replace(6, 32, bytes_of("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"));
  const std::string first = record(22, retry);
  rig.tcp(false, server_start, first);
  CHECK_STR(rig.found(Field::ssl_cipher_suite), "");
  CHECK(rig.wants_more());
  rig.tcp(false, server_start + static_cast<uint32_t>(first.size()),
          record(22, server_hello(0x0303, 0x1301, extension(43, be16(0x0304)))) + record(20, "\1") + record(23, "secret"));
  CHECK_STR(rig.found(Field::ssl_version), "TLSv1.3");
  CHECK_STR(rig.found(Field::ssl_cipher_suite), "TLS_AES_128_GCM_SHA256");
  CHECK(!rig.wants_more());
}

TEST(tls_resumption_alert_and_encrypted_client_hello) {
  FlowRig resumed(6), refused(6), hidden(6);
  resumed.tcp(true, client_start, hello_record, server_start);
  resumed.tcp(false, server_start, record(22, server_hello(0x0303, 0xc02f, "")) + record(20, "\1"));
  CHECK(!resumed.wants_more());
  refused.tcp(true, client_start, hello_record, server_start);
  refused.tcp(false, server_start, record(21, "\2\50"));
  CHECK(!refused.wants_more());
  check_client(refused);
  HelloParts parts;
  parts.ciphers = {0x1301};
  parts.extensions = server_name("public.example") + extension(0xfe0d, bytes_of("00 0001 0001 2a 0002 aabb 0002 ccdd"));
  hidden.tcp(true, 1, record(22, client_hello(parts)));
  CHECK_STR(hidden.found(Field::ssl_encrypted_ch_version), "0xfe0d");
  CHECK_STR(hidden.found(Field::ssl_encrypted_ch_config_id), "42");
  CHECK_STR(hidden.found(Field::ssl_client_sni), "public.example");
}

TEST(tls_behind_starttls) {
  FlowRig rig(6, 4, 4, 25);
  rig.tcp(false, server_start, "220 mail\r\n");
  rig.tcp(true, client_start, "STARTTLS\r\n");
  CHECK(rig.wants_more());
  rig.tcp(false, server_start + 10, "220 go\r\n");
  rig.tcp(true, client_start + 10, hello_record, server_start + 18);
  rig.tcp(false, server_start + 18, tls12_answer);
  check_client(rig);
  check_server(rig);
  CHECK(!rig.wants_more());
}

TEST(tls_client_s_certificate_is_not_the_server_s) {
  FlowRig rig(6);
  rig.tcp(true, client_start, hello_record, server_start);
  rig.tcp(false, server_start, record(22, server_hello(0x0303, 0xc02f, "")));
  rig.tcp(true, client_start + static_cast<uint32_t>(hello_record.size()), record(22, certificate_message(certificate())));
  CHECK_STR(rig.found(Field::ssl_subject_dn), "");
}

TEST(tls_other_protocols_give_everything_back) {
  for (const std::string& payload : {std::string("\x16\x04\x01xxxxxx"), std::string("\x16\x03\x01\x00\x00\x01xx", 8), std::string("get / HTTP/1.1")}) {
    FlowRig rig(6);
    rig.tcp(true, 1, payload);
    CHECK(!rig.dissection.inspection);
    CHECK_EQ(rig.pool.in_use(), 0u);
  }
  FlowRig late(6);  // one byte may be a record's
  late.tcp(true, 1, "\x16");
  CHECK(late.wants_more());
  late.tcp(true, 2, "no record at all");
  CHECK(!late.dissection.inspection);
  CHECK_EQ(late.pool.in_use(), 0u);
  CHECK_EQ(late.pool.bytes_in_use(), 0u);
}

TEST(tls_without_inspections_or_blocks) {
  FlowRig none(6, 0);
  none.tcp(true, 1, hello_record);
  CHECK(!none.dissection.inspection);
  CHECK_EQ(none.pool.refused(), 1u);
  FlowRig no_block(6, 1, 0);
  no_block.tcp(true, 1, hello_record.substr(0, 100));
  no_block.tcp(true, 101, hello_record.substr(100));
  CHECK(no_block.pool.pieces_refused() > 0);
  CHECK_STR(no_block.found(Field::ssl_client_ja4), "");
  // A hello in one segment needs none.
  FlowRig whole(6, 1, 0);
  whole.tcp(true, 1, hello_record);
  check_client(whole);
}

TEST(tls_cut_by_the_capture_or_changed_anywhere) {
  for (size_t captured = 0; captured < hello_record.size(); ++captured) {
    FlowRig rig(6);
    rig.tcp(true, 1, hello_record, 0, captured);
    CHECK_STR(rig.found(Field::ssl_client_ja4), "");
  }
  const std::string all = hello_record + tls12_answer;
  for (size_t at = 0; at < all.size(); ++at) {
    for (const char value : {'\0', '\x01', '\x7f', '\xff'}) {
      std::string changed = all;
      changed[at] = value;
      FlowRig rig(6);
      rig.tcp(true, 1, changed.substr(0, hello_record.size()), server_start);
      rig.tcp(false, server_start, changed.substr(hello_record.size()));
      rig.tcp(false, server_start + 400, changed.substr(hello_record.size()));
    }
  }
}
