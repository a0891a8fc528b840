// Thread: a pure function over the caller's bytes and findings.
#include "snmp.h"

#include "findings.h"

namespace dipper {
namespace {

// BER of ASN.1 (X.690, 8.1), as much as SNMP has of it.
enum : uint8_t { integer = 0x02, octet_string = 0x04, sequence = 0x30, first_operation = 0xa0 };
constexpr const char* operations[] = {"get",      "get-next", "response",    "set",   "trap",
                                      "get-bulk", "inform",   "snmpV2-trap", "report"};

// Takes an element off the front: its type, and its content, which is inside of `rest`.
bool take(Cursor& rest, uint8_t& type, Cursor& content) {
  if (!rest.has(2)) return false;
  type = rest.u8(0);
  size_t length = rest.u8(1), header = 2;
  if (length & 0x80) {
    const size_t octets = length & 0x7f;
    if (octets == 0 || octets > 3 || !rest.has(2 + octets)) return false;
    length = 0;
    for (size_t i = 0; i < octets; ++i) length = length << 8 | rest.u8(2 + i);
    header += octets;
  }
  if (!rest.skip(header).has(length)) return false;
  content = rest.skip(header).first(length);
  rest = rest.skip(header + length);
  return true;
}

bool take_this(Cursor& rest, uint8_t expected, Cursor& content) {
  uint8_t type;
  return take(rest, type, content) && type == expected;
}

bool set_operation(Cursor rest, Findings& findings) {
  uint8_t type;
  Cursor content;
  if (!take(rest, type, content)) return false;
  const unsigned operation = type - unsigned{first_operation};
  if (operation >= sizeof operations / sizeof *operations) return false;
  findings.set(Field::snmp_operation, operations[operation]);
  return true;
}

}  // namespace

Reading read_snmp(Cursor message, Findings& findings) {
  Cursor rest, part;
  if (!take_this(message, sequence, rest) || !take_this(rest, integer, part) || part.size != 1) return Reading::foreign;
  const uint8_t number = part.u8(0);  // 0 is version 1, 1 version 2c, 3 version 3
  if (number > 3 || number == 2) return Reading::foreign;
  if (findings.has(Field::snmp_version)) return Reading::done;
  if (number < 3) {
    if (!take_this(rest, octet_string, part) || !set_operation(rest, findings)) return Reading::foreign;
  } else {
    // Header data, security parameters, then the scoped PDU unless it is encrypted: engine, context, operation.
    if (!take_this(rest, sequence, part) || !take_this(rest, octet_string, part)) return Reading::foreign;
    if (take_this(rest, sequence, part)) {
      Cursor name;
      if (take_this(part, octet_string, name) && take_this(part, octet_string, name)) set_operation(part, findings);
    }
  }
  findings.set(Field::snmp_version, uint64_t{number == 3 ? 3u : number + 1u});
  return Reading::done;
}

}  // namespace dipper
