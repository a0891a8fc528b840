#include "quic_protection.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace dipper {
namespace {

constexpr size_t salt_size = 20, sample_size = 16, tag_size = 16;

struct Version {
  uint8_t salt[salt_size];
  std::string_view key, iv, header;  // labels
};

// Of RFC 9001, 5.2, RFC 9369, 3.3.1, and the drafts of both; T050 and T051 are Google's, with TLS instead of its own handshake.
constexpr Version versions[] = {
    {},
    {{0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a},
     "quic key", "quic iv", "quic hp"},
    {{0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9},
     "quicv2 key", "quicv2 iv", "quicv2 hp"},
    {{0xa7, 0x07, 0xc2, 0x03, 0xa5, 0x9b, 0x47, 0x18, 0x4a, 0x1d, 0x62, 0xca, 0x57, 0x04, 0x06, 0xea, 0x7a, 0xe3, 0xe5, 0xd3},
     "quicv2 key", "quicv2 iv", "quicv2 hp"},
    {{0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99},
     "quic key", "quic iv", "quic hp"},
    {{0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02},
     "quic key", "quic iv", "quic hp"},
    {{0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a, 0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a},
     "quic key", "quic iv", "quic hp"},
    {{0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80, 0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83, 0x10},
     "quic key", "quic iv", "quic hp"},
    {{0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50, 0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d},
     "quic key", "quic iv", "quic hp"},
};

}  // namespace

QuicVersion quic_version(uint32_t number) noexcept {
  switch (number) {
    case 0x00000001: return QuicVersion::v1;
    case 0x6b3343cf: return QuicVersion::v2;
    case 0xff020000: return QuicVersion::draft_v2;
    case 0x54303530: return QuicVersion::t050;
    case 0x54303531: return QuicVersion::t051;
    case 0xfaceb001: return QuicVersion::draft_22;  // mvfst, Facebook's
    case 0xfaceb002:
    case 0xfaceb00e: return QuicVersion::draft_23;
    default: break;
  }
  if ((number & 0x0f0f0f0f) == 0x0a0a0a0a) return QuicVersion::reserved;
  if (number >> 8 != 0xff0000) return QuicVersion::none;
  const unsigned draft = number & 0xff;
  return draft > 34    ? QuicVersion::none
         : draft >= 33 ? QuicVersion::v1
         : draft >= 29 ? QuicVersion::draft_29
         : draft >= 23 ? QuicVersion::draft_23
         : draft >= 21 ? QuicVersion::draft_22
                       : QuicVersion::none;
}

Sha256::Digest initial_secret(QuicVersion version, Cursor connection_id) noexcept {
  static const std::vector<HmacSha256> salted = [] {  // half of the work, and always the same
    std::vector<HmacSha256> all;
    for (const Version& rules : versions) all.emplace_back(rules.salt, salt_size);
    return all;
  }();
  return salted[static_cast<size_t>(version)].of(connection_id.data, connection_id.size);
}

// Twelve blocks of SHA-256, 20,000 instructions without the processor's help.
InitialKeys initial_keys(QuicVersion version, const Sha256::Digest& secret, QuicSide side) noexcept {
  const Version& rules = versions[static_cast<size_t>(version)];
  uint8_t of_side[Sha256::digest_size], key[16];
  expand_label(HmacSha256(secret.data(), secret.size()), side == QuicSide::client ? "client in" : "server in", of_side, sizeof of_side);
  const HmacSha256 hmac(of_side, sizeof of_side);
  InitialKeys keys;
  expand_label(hmac, rules.key, key, sizeof key);
  keys.packet = Aes128(key);
  expand_label(hmac, rules.header, key, sizeof key);
  keys.header = Aes128(key);
  expand_label(hmac, rules.iv, keys.iv, sizeof keys.iv);
  return keys;
}

Cursor InitialKeys::open(Cursor packet_bytes, size_t number_at, uint8_t plain[most_plain]) const noexcept {
  if (!packet_bytes.has(number_at + 4 + sample_size)) return {plain, 0};
  uint8_t mask[16];
  header.encrypt(packet_bytes.data + number_at + 4, mask);
  const auto first = static_cast<uint8_t>(packet_bytes.u8(0) ^ (mask[0] & 0x0f));
  if (first & 0x0c) return {plain, 0};  // reserved bits
  const size_t number_size = (first & 3) + 1u;
  if (!packet_bytes.has(number_at + number_size + tag_size)) return {plain, 0};
  uint8_t nonce[12];
  std::copy(iv, iv + sizeof nonce, nonce);
  // Numbers of Initial packets are small: the bytes left out are zero.
  for (size_t i = 0; i < number_size; ++i) nonce[12 - number_size + i] ^= packet_bytes.u8(number_at + i) ^ mask[1 + i];
  const Cursor payload = packet_bytes.skip(number_at + number_size);
  const size_t size = std::min(payload.size - tag_size, most_plain);
  packet.gcm_crypt(nonce, payload.data, size, plain);
  return {plain, size};
}

}  // namespace dipper
