// Thread: pure functions over the caller's bytes and findings.
#include "ntlm.h"

#include "findings.h"
#include "text_lines.h"

namespace dipper {
namespace {

constexpr std::string_view signature{"NTLMSSP\0", 8};
constexpr uint32_t authenticate = 3, flag_unicode = 1;
constexpr size_t domain_at = 28, user_at = 36, workstation_at = 44, flags_at = 60, fixed_size = 64;

// A field: length, room, offset in the message (2.2.1.3).
void set_text(Cursor message, size_t field_at, bool unicode, Field field, Findings& findings) {
  const Cursor bytes = message.skip(message.le32(field_at + 4)).first(message.le16(field_at));
  if (bytes.size < message.le16(field_at)) return;
  char text[512];
  findings.set(field, unicode ? std::string_view(text, utf8_of_utf16(bytes, text, sizeof text)) : text_of(bytes));
}

char* write_utf8(uint32_t c, char* out) {
  const auto put = [&out](uint32_t byte) { *out++ = static_cast<char>(byte); };
  const auto put_rest = [&](unsigned shift) { put(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put_rest(0);
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put_rest(6);
    put_rest(0);
  } else {
    put(0xf0 | c >> 18);
    put_rest(12);
    put_rest(6);
    put_rest(0);
  }
  return out;
}

}  // namespace

size_t utf8_of_utf16(Cursor text, char* out, size_t room) {
  const char* const begin = out;
  const char* const end = out + room;
  while (text.has(2) && end - out >= 4) {
    uint32_t c = text.le16(0);
    text = text.skip(2);
    if (c == 0) break;
    if (c >= 0xd800 && c < 0xe000) {
      const uint32_t low = c < 0xdc00 && text.has(2) ? text.le16(0) : 0;
      const bool pair = low >= 0xdc00 && low < 0xe000;
      c = pair ? 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00)) : 0xfffd;
      if (pair) text = text.skip(2);
    }
    out = write_utf8(c, out);
  }
  return static_cast<size_t>(out - begin);
}

void find_ntlm(Cursor bytes, Findings& findings) {
  const std::string_view text = text_of(bytes);
  for (size_t at = text.find(signature); at != std::string_view::npos; at = text.find(signature, at + signature.size())) {
    const Cursor message = bytes.skip(at);
    if (!message.has(fixed_size) || message.le32(signature.size()) != authenticate) continue;
    const bool unicode = message.le32(flags_at) & flag_unicode;
    set_text(message, domain_at, unicode, Field::smb_domain, findings);
    set_text(message, workstation_at, unicode, Field::smb_workstation, findings);
    set_text(message, user_at, unicode, Field::smb_user_name, findings);
  }
}

}  // namespace dipper
