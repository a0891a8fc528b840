// Thread: pure functions over the caller's bytes and findings.
#include "netbios.h"

#include "findings.h"

namespace dipper {
namespace {

constexpr size_t encoded_size = 32, name_size = 16;

// Sixteen bytes as letters from 'A', four bits each (RFC 1001, 14.1): fifteen of a name filled up with blanks, and its suffix.
struct NetbiosName {
  char text[name_size];
  size_t size = 0;
  uint8_t suffix = 0;
  std::string_view view() const { return {text, size}; }
};

// The name at the front of `bytes`; its scope, behind it, is of no use.
bool read_name(Cursor bytes, NetbiosName& name) {
  if (!bytes.has(1 + encoded_size) || bytes.u8(0) != encoded_size) return false;
  uint8_t decoded[name_size];
  for (size_t i = 0; i < name_size; ++i) {
    const unsigned high = bytes.u8(1 + 2 * i) - 'A', low = bytes.u8(2 + 2 * i) - 'A';
    if (high > 15 || low > 15) return false;
    decoded[i] = static_cast<uint8_t>(high << 4 | low);
  }
  name.suffix = decoded[name_size - 1];
  name.size = name_size - 1;
  while (name.size && (decoded[name.size - 1] == ' ' || decoded[name.size - 1] == 0)) --name.size;
  for (size_t i = 0; i < name.size; ++i) name.text[i] = static_cast<char>(decoded[i]);
  return name.size > 0;
}

// RFC 1002, 4.2.1.1.
const char* operation_name(unsigned opcode) {
  switch (opcode) {
    case 0:
      return "query";
    case 5:
    case 15:  // multi-homed, as Windows sends it
      return "registration";
    case 6:
      return "release";
    case 7:
      return "wack";
    case 8:
    case 9:
      return "refresh";
    default:
      return nullptr;
  }
}

}  // namespace

Reading read_netbios_name(Cursor packet, Findings& findings) {
  constexpr size_t header = 12;
  if (!packet.has(header)) return Reading::foreign;
  const char* operation = operation_name(packet.u8(2) >> 3 & 15);
  NetbiosName name;
  // The first record of every packet has the name, be it the question or the answer.
  if (!operation || !read_name(packet.skip(header), name)) return Reading::foreign;
  if (findings.has(Field::netbios_name)) return Reading::more;
  findings.set(Field::netbios_name, name.view());
  findings.set(Field::netbios_suffix, uint64_t{name.suffix});
  findings.set(Field::netbios_operation, operation);
  return Reading::more;
}

Reading read_netbios_datagram(Cursor packet, Findings& findings) {
  // RFC 1002, 4.4.1: type, flags, id, source address and port, length, offset; 10 to 12 are those with names.
  constexpr size_t header = 14, encoded_name = 1 + encoded_size + 1;
  if (!packet.has(header) || packet.u8(0) < 0x10 || packet.u8(0) > 0x12) return Reading::foreign;
  NetbiosName source, destination;
  if (!read_name(packet.skip(header), source)) return Reading::foreign;
  findings.set(Field::netbios_source_name, source.view());
  // A name without scope ends with a zero; with a scope the next one stands further on, and is left out.
  if (packet.has(header + encoded_name) && packet.u8(header + encoded_name - 1) == 0 &&
      read_name(packet.skip(header + encoded_name), destination))
    findings.set(Field::netbios_destination_name, destination.view());
  return Reading::done;
}

}  // namespace dipper
