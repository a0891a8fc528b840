// The table of soft dissectors and what each takes for proof. A row needs the structure of a whole
// payload, never a port and never a magic number alone: a wrong name is worse than none. Thread: a
// worker's.
#include "soft_dissectors.h"

#include <string_view>

namespace dipper {
namespace {

constexpr char lower(uint8_t c) noexcept {
  return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

// `prefix` in small letters; the text in any.
bool starts_with(Cursor text, std::string_view prefix) noexcept {
  if (!text.has(prefix.size())) return false;
  for (size_t i = 0; i < prefix.size(); ++i)
    if (lower(text.u8(i)) != prefix[i]) return false;
  return true;
}

// Takes a line that ends in CR LF off the front; false when the payload has no whole one.
bool take_line(Cursor& rest, Cursor& line) noexcept {
  const void* found = rest.size ? memchr(rest.data, '\n', rest.size) : nullptr;
  if (!found) return false;
  const auto length = static_cast<size_t>(static_cast<const uint8_t*>(found) - rest.data);
  if (length == 0 || rest.u8(length - 1) != '\r') return false;
  line = rest.first(length - 1);
  rest = rest.skip(length + 1);
  return true;
}

// An IPP operation is a POST whose body is application/ipp (RFC 8010, 3.4 and 4). Any path:
// printers differ.
bool is_ipp(Cursor payload) noexcept {
  if (!payload.has(5) || memcmp(payload.data, "POST ", 5) != 0) return false;
  Cursor line;
  if (!take_line(payload, line) || !line.has(14)) return false;
  const Cursor version = line.skip(line.size - 9);  // " HTTP/1.1"
  if (memcmp(version.data, " HTTP/1.", 8) != 0) return false;
  while (take_line(payload, line) && line.size) {
    constexpr std::string_view name = "content-type:", type = "application/ipp";
    if (!starts_with(line, name)) continue;
    Cursor value = line.skip(name.size());
    while (value.size && (value.u8(0) == ' ' || value.u8(0) == '\t')) value = value.skip(1);
    if (!starts_with(value, type)) return false;
    value = value.skip(type.size());
    return !value.size || value.u8(0) == ';' || value.u8(0) == ' ' || value.u8(0) == '\t';
  }
  return false;
}

// Takes a TPKT packet off the front: version 3, reserved 0, length with this header (RFC 1006, 6).
bool take_tpkt(Cursor& rest, Cursor& content) noexcept {
  if (!rest.has(4) || rest.u8(0) != 3 || rest.u8(1) != 0) return false;
  const size_t length = rest.be16(2);
  if (length < 4 || !rest.has(length)) return false;
  content = rest.first(length).skip(4);
  rest = rest.skip(length);
  return true;
}

// One TPKT packet or several end exactly where the payload ends; `content` is the first one's.
bool is_tpkt(Cursor payload, Cursor& content) noexcept {
  if (!take_tpkt(payload, content)) return false;
  for (Cursor next; payload.size;)
    if (!take_tpkt(payload, next)) return false;
  return true;
}

// Call signalling of H.323: a Q.931 message with a two-byte call reference (H.225.0, 7.2.2) whose
// information elements (Q.931, 4.5.1) end with the message, the User-user one (7e: here two bytes
// of length) announcing ASN.1 (05).
bool is_h225(Cursor payload) noexcept {
  Cursor q931;
  if (!is_tpkt(payload, q931)) return false;
  if (!q931.has(5) || q931.u8(0) != 0x08 || q931.u8(1) != 0x02 || q931.u8(4) >= 0x80) return false;
  Cursor rest = q931.skip(5);
  bool user_user = false;
  while (rest.size) {
    const uint8_t id = rest.u8(0);
    if (id >= 0x80) {  // one byte in all
      rest = rest.skip(1);
      continue;
    }
    const size_t header = id == 0x7e ? 3 : 2;
    if (!rest.has(header)) return false;
    const size_t length = id == 0x7e ? rest.be16(1) : rest.u8(1);
    if (!rest.has(header + length)) return false;
    if (id == 0x7e) {
      if (user_user || length < 2 || rest.u8(3) != 0x05) return false;
      user_user = true;
    }
    rest = rest.skip(header + length);
  }
  return user_user;
}

// The H.245 connection of a call opens with terminalCapabilitySet (X.691: choice 0, then choice 2 =
// 02), its sequence number, and the object identifier of H.245, {itu-t(0) recommendation(0) h(8)
// 245 0 version}.
bool is_h245(Cursor payload) noexcept {
  static constexpr uint8_t identifier[] = {0x06, 0x00, 0x08, 0x81, 0x75, 0x00};
  Cursor h245;
  return is_tpkt(payload, h245) && h245.has(10) && h245.u8(0) == 0x02 &&
         memcmp(h245.data + 3, identifier, sizeof identifier) == 0 && h245.u8(9) >= 1 &&
         h245.u8(9) < 32;
}

// A compound RTCP packet (RFC 3550, 6.1 and the checks of A.2): at least two packets of version 2,
// the first a sender or receiver report without padding, room for the reports that each announces,
// lengths that end with the payload.
bool is_rtcp(Cursor payload) noexcept {
  constexpr uint8_t sender_report = 200, receiver_report = 201, last_type = 207;  // RFC 3611
  int packets = 0;
  for (Cursor rest = payload; rest.size; ++packets) {
    if (!rest.has(8) || rest.u8(0) >> 6 != 2) return false;
    const uint8_t type = rest.u8(1), count = rest.u8(0) & 31;
    const bool padding = rest.u8(0) & 0x20;
    const size_t size = (static_cast<size_t>(rest.be16(2)) + 1) * 4;
    if (type < sender_report || type > last_type || !rest.has(size)) return false;
    if (packets == 0 && (type > receiver_report || padding)) return false;
    if (padding && size != rest.size) return false;  // only the last may have any
    if (type == sender_report && size < 28 + 24u * count) return false;
    if (type == receiver_report && size < 8 + 24u * count) return false;
    rest = rest.skip(size);
  }
  return packets >= 2;
}

// CRC-32 of IEEE 802.3 over bytes of which four, at `zeroed`, count as zero.
uint32_t crc32_without(Cursor bytes, size_t zeroed) noexcept {
  static constexpr uint32_t of_nibble[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
                                             0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                             0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                             0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
  uint32_t crc = ~0u;
  for (size_t i = 0; i < bytes.size; ++i) {
    crc ^= i >= zeroed && i < zeroed + 4 ? 0 : bytes.u8(i);
    crc = crc >> 4 ^ of_nibble[crc & 15];
    crc = crc >> 4 ^ of_nibble[crc & 15];
  }
  return ~crc;
}

// TeamSpeak 2 has no public specification; its packets prove themselves. The connection class (f4
// be) has four types of one size each (ping, its answer, login, its answer), and the checksum at
// byte 16 covers the packet.
bool is_teamspeak2(Cursor payload) noexcept {
  static constexpr uint16_t size_of_type[] = {0, 20, 24, 180, 436};
  if (!payload.has(20) || payload.be16(0) != 0xf4be) return false;
  const uint16_t type = payload.le16(2);
  return type >= 1 && type <= 4 && payload.size == size_of_type[type] &&
         payload.le32(16) == crc32_without(payload, 16);
}

enum class Proof : uint8_t {
  one_packet,    // such a packet is in no other protocol's flow: said at once
  every_packet,  // it may be part of another protocol's flow: all that the library was shown must
                 // be such; said after it
};

struct SoftDissector {
  const char* protocol;  // the library's name
  uint8_t ip_protocol;
  Proof proof;
  std::string_view first_bytes;  // of the payload, each a possible one
  const char* mistakes[2];       // what the library says instead where it is wrong, or null
  bool (*match)(Cursor payload) noexcept;
};

constexpr uint8_t tcp = 6, udp = 17;
constexpr SoftDissector table[] = {
    // libndpi 4.2 follows the HTTP alone, later ones say HTTP.IPP.
    {"IPP", tcp, Proof::one_packet, "P", {"HTTP", nullptr}, is_ipp},
    // 4.2 takes 03 00 .. for a header of Cassandra's binary protocol.
    {"H323", tcp, Proof::one_packet, "\x03", {"Cassandra", nullptr}, is_h225},
    {"H323", tcp, Proof::one_packet, "\x03", {"Cassandra", nullptr}, is_h245},
    // 4.2 names whatever uses port 5001 or 5201. RTP and RTCP may share a port (RFC 5761), hence
    // every packet.
    {"RTCP",
     udp,
     Proof::every_packet,
     "\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f"
     "\x90\x91\x92\x93\x94\x95\x96\x97\x98\x99\x9a\x9b\x9c\x9d\x9e\x9f",
     {"TargusDataspeed", nullptr},
     is_rtcp},
    // 4.2 knows version 3 only, and takes any datagram with 03 00 at byte 2 for Viber.
    {"TeamSpeak", udp, Proof::one_packet, "\xf4", {"Viber", nullptr}, is_teamspeak2},
};
static_assert(sizeof table / sizeof *table <= 16, "a row is a bit of rows_by_first_byte_");

uint16_t protocol_named(const Dpi& dpi, const char* name) {
  for (uint16_t id = 1; name && id < dpi.protocol_count(); ++id)
    if (std::string_view(dpi.protocol_name(id)) == name) return id;
  return 0;
}

}  // namespace

SoftDissectors::SoftDissectors(const Dpi& dpi) {
  for (int i = 0; i < 256 && by_port_ < 0; ++i)
    if (std::string_view(dpi.confidence_name(static_cast<uint8_t>(i))) == "Match by port")
      by_port_ = i;
  for (const SoftDissector& row : table) {
    const uint16_t id = protocol_named(dpi, row.protocol);
    if (!id) continue;
    const auto bit = static_cast<uint16_t>(1u << rows_.size());
    for (const char first : row.first_bytes)
      rows_by_first_byte_[row.ip_protocol == udp][static_cast<uint8_t>(first)] |= bit;
    Row known{row.match, id, {id, id}, row.proof == Proof::every_packet};
    for (int i = 0; i < 2; ++i)
      if (const uint16_t mistake = protocol_named(dpi, row.mistakes[i]))
        known.mistakes[i] = mistake;
    rows_.push_back(known);
  }
}

const SoftDissectors::Row* SoftDissectors::row_of(uint16_t protocol) const noexcept {
  for (const Row& row : rows_)
    if (row.protocol == protocol) return &row;
  return nullptr;
}

void SoftDissectors::examine(Cursor payload, uint16_t rows, bool first,
                             Detection& detection) const noexcept {
  if (detection.soft) {
    const Row* row = row_of(detection.soft);
    if (row && row->every_packet && !row->match(payload)) detection.soft = 0;
  } else {
    for (unsigned rest = rows; rest; rest &= rest - 1) {
      const Row& row = rows_[static_cast<unsigned>(__builtin_ctz(rest))];
      if ((row.every_packet && !first) || !row.match(payload)) continue;
      detection.soft = row.protocol;
      break;
    }
  }
  settle(detection);
}

bool SoftDissectors::overrules(const Detection& detection) const noexcept {
  const uint16_t said = detection.master ? detection.master : detection.app;
  if (!said) return true;
  const Row* row = row_of(detection.soft);
  return row && said != detection.soft &&
         (detection.confidence == by_port_ || said == row->mistakes[0] || said == row->mistakes[1]);
}

bool SoftDissectors::certain(const Detection& detection) const noexcept {
  const Row* row = detection.soft ? row_of(detection.soft) : nullptr;
  return row && !row->every_packet;
}

}  // namespace dipper
