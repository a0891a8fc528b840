#include "gquic.h"

#include <algorithm>

#include "findings.h"
#include "text_lines.h"

namespace dipper {
namespace {

constexpr uint8_t has_version = 0x01, is_reset = 0x02, has_connection_id = 0x08;
constexpr size_t connection_id_size = 8, hash_size = 12;
constexpr uint8_t padding_frame = 0, ping_frame = 7, stream_frame = 0x80;
constexpr size_t index_at = 8, index_entry = 8;
constexpr uint32_t most_tags = 128;
constexpr unsigned first_version = 25, private_flags_until = 33, big_endian_from = 39, last_public = 43, long_version = 46;
constexpr unsigned longest_name = 255;

// The number behind "Q0", 0 for anything else.
unsigned version_number(Cursor version) {
  const auto digit = [version](size_t at) { return static_cast<unsigned>(version.u8(at) - '0'); };
  return version.u8(0) == 'Q' && version.u8(1) == '0' && digit(2) < 10 && digit(3) < 10 ? digit(2) * 10 + digit(3) : 0;
}

// The header of the versions before Q044: flags, connection id, version, packet number, hash.
bool skip_public_header(Cursor& rest, unsigned& version) {
  constexpr size_t version_at = 1 + connection_id_size;
  const uint8_t flags = rest.u8(0);
  if ((flags & (has_version | is_reset | has_connection_id)) != (has_version | has_connection_id) || !rest.has(version_at + 4))
    return false;
  constexpr size_t number_sizes[] = {1, 2, 4, 6};
  version = version_number(rest.skip(version_at));
  if (version < first_version || version > last_public) return false;
  rest = rest.skip(version_at + 4 + number_sizes[flags >> 4 & 3] + hash_size + (version <= private_flags_until ? 1 : 0));
  return true;
}

// Q046 has a long header as drafts of the IETF had: the lengths of both connection ids in one byte, less 3 where there is one.
bool skip_long_header(Cursor& rest, unsigned& version) {
  const uint8_t flags = rest.u8(0);
  if (!rest.has(6) || (flags & 0xf0) != 0xc0) return false;  // Initial
  version = version_number(rest.skip(1));
  if (version != long_version) return false;
  const auto id_size = [](unsigned nibble) { return nibble ? size_t{nibble} + 3 : 0; };
  const size_t ids = id_size(rest.u8(5) >> 4) + id_size(rest.u8(5) & 15);
  rest = rest.skip(6 + ids + (flags & 3u) + 1 + hash_size);
  return true;
}

// The content of the STREAM frame with the first bytes of stream 1, which is the handshake's: 1fdooossB says whether it has a
// length (d), and how long its offset (ooo) and its stream's number (ss) are.
bool take_first_stream_frame(Cursor rest, unsigned version, Cursor& content) {
  while (rest.size && (rest.u8(0) == padding_frame || rest.u8(0) == ping_frame)) rest = rest.skip(1);
  if (!rest.size || !(rest.u8(0) & stream_frame)) return false;
  const uint8_t type = rest.u8(0);
  const size_t id_size = (type & 3u) + 1, offset_code = type >> 2 & 7, offset_size = offset_code ? offset_code + 1 : 0;
  const bool has_length = type & 0x20, big_endian = version >= big_endian_from;
  if (!rest.has(1 + id_size + offset_size + (has_length ? 2 : 0))) return false;
  const Cursor id = rest.skip(1).first(id_size), offset = rest.skip(1 + id_size).first(offset_size);
  const size_t low = big_endian ? id_size - 1 : 0;
  for (size_t i = 0; i < id_size; ++i)
    if (id.u8(i) != (i == low ? 1 : 0)) return false;
  if (std::any_of(offset.data, offset.data + offset.size, [](uint8_t byte) { return byte != 0; })) return false;
  content = rest.skip(1 + id_size + offset_size);
  if (!has_length) return true;
  const size_t size = big_endian ? content.be16(0) : content.le16(0);
  content = content.skip(2).first(size);
  return true;
}

// A CHLO: its name, the number of its tags, then of each tag the name and where its value ends; the values behind. Little-endian in
// every version.
bool take_client_hello(Cursor datagram, Cursor& hello) {
  unsigned version;
  if (!datagram.size || !(skip_public_header(datagram, version) || skip_long_header(datagram, version)) ||
      !take_first_stream_frame(datagram, version, hello) || !hello.has(index_at) || !begins_with(text_of(hello), "CHLO"))
    return false;
  const uint32_t tags = hello.le32(4);
  return tags > 0 && tags <= most_tags && hello.has(index_at + tags * index_entry);
}

void set_name(Cursor value, Findings& findings) {
  char host[longest_name];
  const std::string_view name = text_of(value.first(sizeof host));
  std::transform(name.begin(), name.end(), host, lower_case);
  findings.set(Field::ssl_client_sni, name);
  findings.set(Field::host_server_name, std::string_view(host, name.size()));
}

}  // namespace

bool gquic_begins(Cursor datagram) {
  Cursor hello;
  return take_client_hello(datagram, hello);
}

Reading read_gquic(Cursor datagram, Findings& findings) {
  Cursor hello;
  if (!take_client_hello(datagram, hello)) return Reading::foreign;
  const uint32_t tags = hello.le32(4);
  const Cursor values = hello.skip(index_at + tags * index_entry);
  uint32_t begin = 0;
  for (uint32_t i = 0; i < tags; ++i) {
    const Cursor entry = hello.skip(index_at + i * index_entry).first(index_entry);
    const uint32_t end = entry.le32(4);
    if (end < begin || !values.has(end)) break;  // of a packet that was cut, what is whole
    const Cursor value = values.skip(begin).first(end - begin);
    const std::string_view tag = text_of(entry.first(4));
    if (tag == std::string_view("SNI\0", 4))
      set_name(value, findings);
    else if (tag == "UAID")
      findings.set(Field::http_user_agent, text_of(value));
    else if (tag == std::string_view("VER\0", 4))
      findings.set(Field::quic_version, text_of(value.first(4)));
    begin = end;
  }
  return Reading::done;
}

}  // namespace dipper
