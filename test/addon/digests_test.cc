// MD5, SHA-1, SHA-256, HMAC and AES-128 against the vectors of their specifications; split and cut inputs.
#include <string>

#include "check.h"
#include "core/aes128.h"
#include "core/md5.h"
#include "core/sha1.h"
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

// Groups of blocks that are done side by side give what one after another does, wherever the text ends.
TEST(digests_gcm_counter_mode_of_any_length) {
  const Aes128 aes(bytes(bytes_of("feffe9928665731c6d6a8f9467308308")));
  const std::string nonce = bytes_of("cafebabefacedbaddecaf888");
  for (size_t size = 0; size <= 400; ++size) {
    std::string plain(size, '\0'), expected(size, '\0'), out(size + 1, '~');
    for (size_t i = 0; i < size; ++i) plain[i] = static_cast<char>(i * 7 + 3);
    for (size_t i = 0; i < size; ++i) {
      std::array<uint8_t, 16> stream;
      const std::string counter = nonce + dissect::be16(0) + dissect::be16(static_cast<unsigned>(2 + i / 16));
      aes.encrypt_portable(bytes(counter), stream.data());
      expected[i] = static_cast<char>(plain[i] ^ stream[i % 16]);
    }
    aes.gcm_crypt(bytes(nonce), bytes(plain), size, reinterpret_cast<uint8_t*>(out.data()));
    CHECK_STR(out, expected + "~");
  }
}

// FIPS 180's examples: one block, two, and a million bytes; then what the portable rounds make of every length of one block.
TEST(digests_sha1_by_fips_180) {
  const auto of = [](const std::string& text) { return hex(sha1(bytes(text), text.size())); };
  CHECK_STR(of("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK_STR(of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  CHECK_STR(of(std::string(1000000, 'a')), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
  for (uint32_t words = 0; words <= 11; ++words) {
    Sha1Message message{};
    std::string text;
    for (uint32_t i = 0; i < words; ++i) {
      message.words[i] = 0x9e3779b9u * (i + words + 1);
      text += dissect::be16(message.words[i] >> 16) + dissect::be16(message.words[i] & 0xffff);
    }
    message.words[words] = 0x80000000;
    message.count = words + 1;
    message.bits = words * 32;
    CHECK_STR(hex(sha1(message)), of(text));
  }
}
