// DTLS: hellos with cookies, fragments in any order, certificates over several datagrams.
#include "check.h"
#include "dissect_rig.h"

using namespace dipper;
using namespace dissect;

namespace {

std::string fragment(unsigned type, unsigned number, const std::string& body, size_t at, size_t size) {
  return static_cast<char>(type) + be24(static_cast<unsigned>(body.size())) + be16(number) + be24(static_cast<unsigned>(at)) +
         vector_of(3, body.substr(at, size));
}
std::string datagram(unsigned type, const std::string& content, unsigned epoch = 0) {
  return static_cast<char>(type) + be16(0xfefd) + be16(epoch) + std::string(6, '\0') + vector_of(2, content);
}
std::string whole(unsigned type, unsigned number, const std::string& body) { return fragment(type, number, body, 0, body.size()); }

const std::string hello = example_hello(true);
const std::string answer = server_hello(0xfefd, 0xc02b, "").substr(4);
const std::string certificates = certificate_message(certificate()).substr(4);

}  // namespace

TEST(dtls_handshake_with_a_cookie) {
  FlowRig rig(17);
  rig.udp(true, datagram(22, whole(1, 0, hello)));
  CHECK_STR(rig.found(Field::ssl_client_ja4), "dd2d1516h2_8daaf6152771_e5627efa2ab1");
  CHECK_STR(rig.found(Field::ssl_client_sni), "WWW.Example.org");
  rig.udp(false, datagram(22, whole(3, 0, bytes_of("feff 02 abcd"))));
  rig.udp(true, datagram(22, whole(1, 1, hello)));
  rig.udp(false, datagram(22, whole(2, 1, answer)) + datagram(22, fragment(11, 2, certificates, 0, 200)));
  CHECK_STR(rig.found(Field::ssl_version), "DTLSv1.2");
  CHECK_STR(rig.found(Field::ssl_cipher_suite), "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
  CHECK(rig.wants_more());
  rig.udp(false, datagram(22, fragment(11, 2, certificates, 400, certificates.size())));
  CHECK(rig.wants_more());
  rig.udp(false, datagram(22, fragment(11, 2, certificates, 200, 250)));
  CHECK_STR(rig.found(Field::ssl_subject_dn), "C=DE, O=Dipper tests, CN=www.example.org");
  CHECK(!rig.wants_more());
}

TEST(dtls_hello_in_fragments_in_any_order) {
  for (size_t cut = 1; cut < hello.size(); ++cut) {
    for (const bool reversed : {false, true}) {
      FlowRig rig(17);
      const std::string parts[2] = {datagram(22, fragment(1, 0, hello, 0, cut)), datagram(22, fragment(1, 0, hello, cut, hello.size()))};
      rig.udp(true, parts[reversed]);
      CHECK_STR(rig.found(Field::ssl_client_ja4), "");
      rig.udp(true, parts[!reversed]);
      CHECK_EQ(rig.found(Field::ssl_client_ja4).size(), 36u);
    }
  }
}

TEST(dtls_resumption_ends_with_the_change_of_cipher) {
  FlowRig rig(17);
  rig.udp(true, datagram(22, whole(1, 0, hello)));
  rig.udp(false, datagram(22, whole(2, 0, answer)) + datagram(20, "\1"));
  CHECK(!rig.wants_more());
}

TEST(dtls_behind_capwap_s_preamble) {
  const std::string preamble("\1\0\0\0", 4);
  FlowRig rig(17, 4, 4, 5246);
  rig.udp(true, std::string("\0\x20\2\x10", 4) + std::string(60, 'd'));  // a discovery, in the clear
  rig.udp(true, preamble + datagram(21, std::string(48, 'e'), 1));  // the end of a session before
  CHECK(rig.wants_more());
  rig.udp(true, preamble + datagram(22, whole(1, 0, hello)));
  rig.udp(false, preamble + datagram(22, whole(2, 0, answer)));
  CHECK_STR(rig.found(Field::ssl_cipher_suite), "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
  CHECK_EQ(rig.found(Field::ssl_client_ja4).size(), 36u);
}

TEST(dtls_cut_or_changed_anywhere) {
  const std::string first = datagram(22, whole(1, 0, hello));
  for (size_t captured = 0; captured < first.size(); ++captured) {
    FlowRig rig(17);
    rig.udp(true, first, captured);
    CHECK_STR(rig.found(Field::ssl_client_ja4), "");
  }
  const std::string second = datagram(22, whole(2, 1, answer)) + datagram(22, fragment(11, 2, certificates, 0, 300));
  for (size_t at = 0; at < first.size() + second.size(); ++at) {
    for (const char value : {'\0', '\x01', '\x7f', '\xff'}) {
      std::string all = first + second;
      all[at] = value;
      FlowRig rig(17);
      rig.udp(true, all.substr(0, first.size()));
      rig.udp(false, all.substr(first.size()));
    }
  }
}
