// Thread: a pure function over the caller's bytes and findings.
#include "smb.h"

#include "findings.h"
#include "ntlm.h"
#include "text_lines.h"

namespace dipper {
namespace {

constexpr uint8_t session_message = 0, session_request = 0x81, keep_alive = 0x85;
constexpr uint32_t mark_smb1 = 0xff534d42, mark_smb2 = 0xfe534d42;

// [MS-SMB2], 2.2.4. The wildcard says that another negotiation follows.
const char* dialect_name(uint16_t revision) {
  switch (revision) {
    case 0x0202:
      return "2.0.2";
    case 0x0210:
      return "2.1";
    case 0x0300:
      return "3.0";
    case 0x0302:
      return "3.0.2";
    case 0x0311:
      return "3.1.1";
    default:
      return nullptr;
  }
}

// The number of words in the answer tells the dialects apart ([MS-CIFS], 2.2.4.52.2); index ffff is none.
void read_negotiation1(Cursor words, Findings& findings) {
  if (words.size < 2 || words.le16(0) == 0xffff) return;
  if (words.size == 34)
    findings.set(Field::smb_dialect, "NT LM 0.12");
  else if (words.size == 26)
    findings.set(Field::smb_dialect, "LANMAN");
  else if (words.size == 2)
    findings.set(Field::smb_dialect, "PC NETWORK PROGRAM 1.0");
}

// The server's answer to a session setup: four words with a security blob, three without; then the name of its system
// ([MS-SMB], 2.2.4.6.2). Text in UTF-16 begins at an even offset of the message.
void read_session_setup1(Cursor message, Cursor words, Cursor rest, Findings& findings) {
  if (words.size == 8) rest = rest.skip(words.le16(6));
  const bool unicode = message.le16(10) & 0x8000;
  if (unicode && (rest.data - message.data) % 2) rest = rest.skip(1);
  char text[256];
  const std::string_view plain = text_of(rest);
  findings.set(Field::smb_native_os, unicode ? std::string_view(text, utf8_of_utf16(rest, text, sizeof text))
                                             : plain.substr(0, plain.find('\0')));
}

// True: there is no more to come from this side.
bool read_message1(Cursor message, bool from_client, Findings& findings) {
  constexpr size_t header = 32;
  constexpr uint8_t negotiate = 0x72, session_setup = 0x73;
  if (!message.has(header + 1)) return false;
  const size_t words_size = 2u * message.u8(header);
  const Cursor words = message.skip(header + 1).first(words_size), rest = message.skip(header + 1 + words_size);
  if (!rest.has(2)) return false;
  switch (message.u8(4)) {
    case negotiate:
      if (!from_client) read_negotiation1(words, findings);
      return false;
    case session_setup:
      if (from_client)
        find_ntlm(rest, findings);
      else if (words.size == 6 || words.size == 8)
        read_session_setup1(message, words, rest.skip(2), findings);
      return false;
    default:
      return true;
  }
}

bool read_message2(Cursor message, bool from_client, Findings& findings) {
  constexpr size_t header = 64;
  enum : uint16_t { negotiate = 0, session_setup = 1 };
  if (!message.has(header + 6)) return false;
  switch (message.le16(12)) {
    case negotiate: {
      const char* dialect = from_client ? nullptr : dialect_name(message.le16(header + 4));
      if (dialect) findings.set(Field::smb_dialect, dialect);
      return false;
    }
    case session_setup:
      if (from_client) find_ntlm(message.skip(header), findings);
      return false;
    default:
      return true;
  }
}

}  // namespace

Reading read_smb(Cursor bytes, bool from_client, Findings& findings) {
  Cursor rest = bytes;
  for (bool first = true; rest.has(4); first = false) {
    const uint8_t type = rest.u8(0);
    const size_t length = rest.be32(0) & 0xffffff;
    if (type != session_message && (type < session_request || type > keep_alive)) return first ? Reading::foreign : Reading::done;
    if (!rest.skip(4).has(length)) return Reading::more;
    const Cursor message = rest.skip(4).first(length);
    rest = rest.skip(4 + length);
    if (type != session_message || !message.has(4)) continue;
    const uint32_t mark = message.be32(0);
    if (mark != mark_smb1 && mark != mark_smb2) return first ? Reading::foreign : Reading::done;  // 3.x encrypts (fd)
    if (mark == mark_smb1 ? read_message1(message, from_client, findings) : read_message2(message, from_client, findings))
      return Reading::done;
  }
  return Reading::more;
}

}  // namespace dipper
