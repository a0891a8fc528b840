// Lines and headers of the protocols that are text: HTTP, SSDP, SIP, SSH, mail. Views into the payload, nothing is copied.
#pragma once
#include <cstring>
#include <string_view>

#include "../cursor.h"

namespace dipper {

inline std::string_view text_of(Cursor bytes) noexcept { return {reinterpret_cast<const char*>(bytes.data), bytes.size}; }

constexpr char lower_case(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Letters of ASCII in any case; `small` in small ones.
inline bool is_word(std::string_view text, std::string_view small) noexcept {
  if (text.size() != small.size()) return false;
  for (size_t i = 0; i < text.size(); ++i)
    if (lower_case(text[i]) != small[i]) return false;
  return true;
}
inline bool begins_with_word(std::string_view text, std::string_view small) noexcept {
  return is_word(text.substr(0, small.size()), small);
}
inline bool begins_with(std::string_view text, std::string_view prefix) noexcept {
  return text.substr(0, prefix.size()) == prefix;
}

// Without the blanks around it.
inline std::string_view trimmed(std::string_view text) noexcept {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// A host as authorities have it, `192.0.2.1:80` or `[2001:db8::1]:80`, without the port.
inline std::string_view without_port(std::string_view authority) noexcept {
  if (begins_with(authority, "[")) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

// What stands before the first `separator`, which `rest` then begins behind; all of it when there is none.
inline std::string_view take_until(std::string_view& rest, char separator) noexcept {
  const size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return part;
}

// Takes a line off the front of `rest`, without its LF or CR LF. False: no line ends in it.
inline bool take_line(std::string_view& rest, std::string_view& line) noexcept {
  const size_t end = rest.find('\n');
  if (end == std::string_view::npos) return false;
  line = rest.substr(0, end && rest[end - 1] == '\r' ? end - 1 : end);
  rest = rest.substr(end + 1);
  return true;
}

// `name: value`; the value without blanks around it. False: there is no colon, or no name before it.
struct Header {
  std::string_view name, value;
};
inline bool split_header(std::string_view line, Header& header) noexcept {
  const size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  header = {trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1))};
  return true;
}

}  // namespace dipper
