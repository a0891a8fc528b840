// MD5, SHA-256, HMAC and AES-128 against the vectors of their specifications; split and cut inputs.
#include <string>

#include "check.h"
#include "core/aes128.h"
#include "core/md5.h"
#include "core/sha256.h"
#include "dissect_rig.h"

using namespace dipper;
using dissect::bytes_of;

namespace {

template <class Bytes>
std::string hex(const Bytes& bytes) {
  std::string text;
  for (const uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

template <class Hash>
std::string hash(const std::string& message) {
  Hash hash;
  hash.add(message);
  return hex(hash.digest());
}

const uint8_t* bytes(const std::string& text) { return reinterpret_cast<const uint8_t*>(text.data()); }

}  // namespace

TEST(digests_md5_by_rfc_1321) {
  CHECK_STR(hash<Md5>(""), "d41d8cd98f00b204e9800998ecf8427e");
  CHECK_STR(hash<Md5>("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  CHECK_STR(hash<Md5>("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
            "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(digests_sha256_by_fips_180) {
  CHECK_STR(hash<Sha256>(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK_STR(hash<Sha256>("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK_STR(hash<Sha256>("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK_STR(hash<Sha256>(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(digests_are_the_same_however_the_message_is_cut) {
  const std::string message(200, 'x');
  for (size_t size = 0; size <= message.size(); ++size) {
    const std::string whole = hash<Sha256>(message.substr(0, size));
    for (const size_t step : {1u, 7u, 63u, 64u, 65u}) {
      Sha256 parts;
      for (size_t at = 0; at < size; at += step) parts.add(message.data() + at, std::min(step, size - at));
      CHECK_STR(hex(parts.digest()), whole);
    }
  }
}

TEST(digests_sha256_with_and_without_the_processor_s_help) {
  std::string block(64, '\0');
  for (int run = 0; run < 100; ++run) {
    std::array<uint32_t, 8> one = Sha256Rules::initial, other = one;
    for (char& c : block) c = static_cast<char>(c * 5 + run + 1);
    one[run % 8] ^= static_cast<uint32_t>(run) * 0x9e3779b9u;
    other = one;
    Sha256Rules::compress(one, bytes(block));
    Sha256Rules::compress_portable(other, bytes(block));
    CHECK(one == other);
  }
}

TEST(digests_hmac_by_rfc_4231) {
  const std::string key(20, '\x0b'), text = "Hi There";
  CHECK_STR(hex(HmacSha256(bytes(key), key.size()).of(bytes(text), text.size())),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}

TEST(digests_aes128_by_fips_197) {
  const std::string key = bytes_of("000102030405060708090a0b0c0d0e0f"), plain = bytes_of("00112233445566778899aabbccddeeff");
  const Aes128 aes(bytes(key));
  std::array<uint8_t, 16> out;
  aes.encrypt(bytes(plain), out.data());
  CHECK_STR(hex(out), "69c4e0d86a7b0430d8cdb78070b4c55a");
  aes.encrypt_portable(bytes(plain), out.data());
  CHECK_STR(hex(out), "69c4e0d86a7b0430d8cdb78070b4c55a");
}

// NIST's GCM test case 4 (SP 800-38D's submission, appendix B), whose last block is not whole.
TEST(digests_gcm_counter_mode) {
  const std::string key = bytes_of("feffe9928665731c6d6a8f9467308308"), nonce = bytes_of("cafebabefacedbaddecaf888");
  const std::string plain = bytes_of(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
  std::string out(plain.size(), '\0');
  Aes128(bytes(key)).gcm_crypt(bytes(nonce), bytes(plain), plain.size(), reinterpret_cast<uint8_t*>(out.data()));
  CHECK_STR(out, bytes_of("42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0"
                          "aac973d58e091"));
}
