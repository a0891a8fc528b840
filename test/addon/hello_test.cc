// JA3, JA3S and JA4 of hellos made by hand: the example and the rules of JA4's description, the vectors of JA3's; and
// certificates, cut at every byte.
#include <memory>

#include "check.h"
#include "core/dissect/certificate.h"
#include "core/dissect/hello_fingerprints.h"
#include "core/dissect/short_hashes.h"
#include "core/md5.h"
#include "core/sha256.h"
#include "dissect_rig.h"

using namespace dipper;
using namespace dissect;

namespace {

Cursor cursor(const std::string& text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

std::string ja4_of(const std::string& body, HelloTransport transport = HelloTransport::tls) {
  Hello hello;
  Ja4 result;
  if (!parse_client_hello(cursor(body), transport == HelloTransport::dtls, hello)) return "no hello";
  return ja4(hello, transport, result) ? std::string(result.text, sizeof result.text) : "none";
}

std::string body_of(const HelloParts& parts) { return client_hello(parts).substr(4); }

std::string with_alpn(const std::string& first) {
  HelloParts parts;
  parts.ciphers = {0x1301};
  parts.extensions = alpn({first, "h2"});
  return ja4_of(body_of(parts)).substr(8, 2);
}

std::string md5(const std::string& text) {
  Md5 md5;
  md5.add(text);
  std::string hex;
  for (const uint8_t byte : md5.digest()) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

}  // namespace

TEST(hello_ja4_of_the_description_s_example) {
  const std::string body = example_hello().substr(4);
  CHECK_STR(ja4_of(body), std::string("t") + example_ja4);
  CHECK_STR(ja4_of(body, HelloTransport::quic), std::string("q") + example_ja4);
  CHECK_STR(ja4_of(example_hello(true), HelloTransport::dtls), "dd2d1516h2_8daaf6152771_e5627efa2ab1");
}

TEST(hello_ja4_without_signature_algorithms_names_or_extensions) {
  // 6d807ffa2a79: the description's hash of its example without signature algorithms.
  HelloParts parts;
  parts.ciphers = {0x1301};
  for (const unsigned type : {0x001b, 0x0033, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015})
    parts.extensions += extension(type, "");
  CHECK_STR(ja4_of(body_of(parts)).substr(0, 11), "t12i011400_");
  CHECK_STR(ja4_of(body_of(parts)).substr(24), "6d807ffa2a79");
  HelloParts bare;
  bare.version = 0x0300;
  CHECK_STR(ja4_of(body_of(bare)), "ts3i000000_000000000000_000000000000");
  bare.ciphers = {0x0a0a, 0xfafa};  // GREASE only
  bare.extensions = server_name("a") + alpn({"h2"});
  CHECK_STR(ja4_of(body_of(bare)), "ts3d0002h2_000000000000_000000000000");
}

TEST(hello_ja4_counts_to_99_and_takes_the_highest_version) {
  HelloParts parts;
  for (unsigned i = 0; i < 120; ++i) parts.ciphers.push_back(0x1000 + i);
  parts.extensions = extension(43, vector_of(1, numbers({0x0302, 0x0303, 0xbaba, 0x0301})));
  CHECK_STR(ja4_of(body_of(parts)).substr(0, 10), "t12i990100");
  parts.ciphers.assign(513, 0x1301);
  CHECK_STR(ja4_of(body_of(parts)), "none");
}

// Kept or made anew, short or too long to be kept: always the text's own.
TEST(hello_short_hashes_are_the_text_s_own) {
  const auto hash_of = [](const std::string& text) {
    Sha256 sha;
    sha.add(text);
    std::string hash(ShortHashes::digits, '\0');
    write_short_hash(sha.digest().data(), hash.data());
    return hash;
  };
  CHECK_STR(hash_of("abc"), "ba7816bf8f01");  // FIPS 180-4's example
  ShortHashes kept;
  for (const int round : {0, 1}) {
    for (size_t size = 0; size < 2 * ShortHashes::longest_kept; ++size) {
      const std::string text(size, static_cast<char>('a' + round));
      for (int again = 0; again < 2; ++again) {
        std::string hash(ShortHashes::digits, '\0');
        kept.write(text, hash.data());
        CHECK_STR(hash, hash_of(text));
      }
    }
  }
  HelloParts parts;
  std::string text;
  for (unsigned i = 0; i < 500; ++i) {
    parts.ciphers.push_back(0x1000 + i);
    char number[8];
    snprintf(number, sizeof number, "%s%04x", i ? "," : "", 0x1000 + i);
    text += number;
  }
  CHECK_STR(ja4_of(body_of(parts)).substr(11, 12), hash_of(text));
}

TEST(hello_ja4_alpn_by_the_description_s_table) {
  CHECK_STR(with_alpn("h2"), "h2");
  CHECK_STR(with_alpn("http/1.1"), "h1");
  CHECK_STR(with_alpn("x"), "xx");
  CHECK_STR(with_alpn("\xab"), "ab");
  CHECK_STR(with_alpn("\xab\xcd"), "ad");
  CHECK_STR(with_alpn("0\xab"), "3b");
  CHECK_STR(with_alpn("01\xab\xcd"), "3d");
  CHECK_STR(with_alpn("0\xab\xcd"
                      "1"),
            "01");
  HelloParts none;
  none.extensions = extension(16, "");
  CHECK_STR(ja4_of(body_of(none)).substr(8, 2), "00");
}

TEST(hello_ja3_and_ja3s) {
  // JA3's own example: 769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0 is ada70206e40642a3e4461f35503241d5.
  HelloParts parts;
  parts.version = 769;
  parts.ciphers = {47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4};
  parts.extensions = server_name("a.example") + extension(10, vector_of(2, numbers({23, 24, 25}))) + extension(11, bytes_of("0100"));
  Hello hello;
  const std::string body = body_of(parts);
  CHECK(parse_client_hello(cursor(body), false, hello));
  CHECK_STR(std::string(ja3(hello).text, 32), "ada70206e40642a3e4461f35503241d5");
  // And the one of a hello without extensions: 769,4-5-10-9-100-98-3-6-19-18-99,,, is de350869b8c85de67a350c8d186f11e6.
  parts.ciphers = {4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99};
  parts.extensions = "";
  const std::string bare = body_of(parts);
  CHECK(parse_client_hello(cursor(bare), false, hello = {}));
  CHECK_STR(std::string(ja3(hello).text, 32), "de350869b8c85de67a350c8d186f11e6");
  const std::string answer = server_hello(771, 49199, extension(65281, std::string(1, '\0')) + extension(11, bytes_of("0100"))).substr(4);
  CHECK(parse_server_hello(cursor(answer), hello = {}));
  CHECK_STR(std::string(ja3s(hello).text, 32), md5("771,49199,65281-11"));
}

TEST(hello_cut_or_lengthened_is_none) {
  const std::string body = example_hello().substr(4);
  for (size_t size = 0; size < body.size(); ++size) {
    const std::unique_ptr<uint8_t[]> exact(new uint8_t[size + 1]);
    memcpy(exact.get(), body.data(), size);
    Hello hello;
    const bool is_hello = parse_client_hello({exact.get(), size}, false, hello);
    CHECK_EQ(is_hello, size == 2 + 32 + 8 + 2 + 32 + 2);  // before the extensions it may end
  }
  CHECK_STR(ja4_of(body + "x"), "no hello");
}

TEST(hello_certificate_in_full) {
  Findings findings;
  const std::string der = certificate();
  CHECK(read_certificate(cursor(der), findings));
  CHECK_STR(std::string(findings.text(Field::ssl_subject_dn)), "C=DE, O=Dipper tests, CN=www.example.org");
  CHECK_STR(std::string(findings.text(Field::ssl_issuer_dn)), "C=DE, O=Dipper tests, CN=www.example.org");
  CHECK_STR(std::string(findings.text(Field::ssl_fingerprint)), "2bf3c6879322fe11e2060de913a94e3b86837509");
  CHECK_EQ(findings.number(Field::ssl_not_before), 1795392242u);  // 2026-11-23T00:04:02Z, UTCTime
  CHECK_EQ(findings.number(Field::ssl_not_after), 2659305842u);   // 2054-04-09T00:04:02Z, GeneralizedTime
  Metadata metadata;
  findings.write(Field::ssl_server_names, metadata);
  CHECK_STR(std::string(metadata.text()),
            ",\"ssl\":{\"server_names\":[\"www.example.org\",\"*.example.org\",\"192.0.2.7\",\"2001:db8::7\"]}");
}

TEST(hello_certificate_cut_or_changed_anywhere) {
  const std::string der = certificate();
  for (size_t size = 0; size < der.size(); ++size) {
    const std::unique_ptr<uint8_t[]> exact(new uint8_t[size + 1]);
    memcpy(exact.get(), der.data(), size);
    Findings findings;
    CHECK(!read_certificate({exact.get(), size}, findings));
    CHECK(findings.empty());
  }
  for (size_t at = 0; at < der.size(); ++at) {
    for (const char value : {'\0', '\x7f', '\x80', '\xff'}) {
      const std::unique_ptr<uint8_t[]> exact(new uint8_t[der.size()]);
      memcpy(exact.get(), der.data(), der.size());
      exact[at] = static_cast<uint8_t>(value);
      Findings findings;
      read_certificate({exact.get(), der.size()}, findings);  // whatever it finds, it stays inside
    }
  }
}
