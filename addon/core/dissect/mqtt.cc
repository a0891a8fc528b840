// Thread: a pure function over the caller's bytes and findings.
#include "mqtt.h"

#include "findings.h"
#include "text_lines.h"

namespace dipper {
namespace {

constexpr uint8_t connect = 0x10;
constexpr uint8_t flag_will = 0x04, flag_user_name = 0x80;

// Variable byte integer (MQTT 5.0, 1.5.5): at most four bytes of seven bits. False: not whole or too long.
bool take_length(Cursor& rest, size_t& value) {
  value = 0;
  for (unsigned i = 0; i < 4; ++i) {
    if (!rest.has(1)) return false;
    const uint8_t byte = rest.u8(0);
    rest = rest.skip(1);
    value |= static_cast<size_t>(byte & 0x7f) << 7 * i;
    if (!(byte & 0x80)) return true;
  }
  return false;
}

// Two bytes of length, the text (1.5.4).
bool take_text(Cursor& rest, std::string_view& text) {
  if (!rest.has(2) || !rest.skip(2).has(rest.be16(0))) return false;
  text = text_of(rest.skip(2).first(rest.be16(0)));
  rest = rest.skip(2 + text.size());
  return true;
}

bool is_protocol(std::string_view name) { return name == "MQTT" || name == "MQIsdp"; }

bool skip_properties(Cursor& rest) {
  size_t length;
  if (!take_length(rest, length) || !rest.has(length)) return false;
  rest = rest.skip(length);
  return true;
}

}  // namespace

bool mqtt_begins(Cursor payload) {
  if (!payload.has(1) || payload.u8(0) != connect) return false;
  Cursor rest = payload.skip(1);
  size_t length;
  std::string_view name;
  return take_length(rest, length) && take_text(rest, name) && is_protocol(name);
}

Reading read_mqtt(Cursor bytes, Findings& findings) {
  if (!bytes.has(1)) return Reading::more;
  if (bytes.u8(0) != connect) return Reading::foreign;
  Cursor rest = bytes.skip(1);
  size_t length;
  if (!take_length(rest, length)) return bytes.has(5) ? Reading::foreign : Reading::more;
  const bool whole = rest.has(length);
  rest = rest.first(length);
  std::string_view text;
  if (!take_text(rest, text)) return whole ? Reading::foreign : Reading::more;
  if (!is_protocol(text)) return Reading::foreign;
  if (!rest.has(4)) return whole ? Reading::foreign : Reading::more;
  const uint8_t level = rest.u8(0), flags = rest.u8(1);  // then two bytes of keep-alive
  findings.set(Field::mqtt_version, uint64_t{level});
  rest = rest.skip(4);
  const Reading unfinished = whole ? Reading::done : Reading::more;
  const bool version5 = level >= 5;
  if ((version5 && !skip_properties(rest)) || !take_text(rest, text)) return unfinished;
  findings.set(Field::mqtt_client_id, text);
  if (flags & flag_will) {  // its topic and message stand between
    if ((version5 && !skip_properties(rest)) || !take_text(rest, text) || !take_text(rest, text)) return unfinished;
  }
  if (flags & flag_user_name) {
    if (!take_text(rest, text)) return unfinished;
    findings.set(Field::mqtt_user_name, text);
  }
  return Reading::done;
}

}  // namespace dipper
