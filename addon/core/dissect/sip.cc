// Thread: a pure function over the caller's bytes and findings.
#include "sip.h"

#include <algorithm>

#include "findings.h"
#include "text_lines.h"

namespace dipper {
namespace {

// `user@host` of `"Name" <sip:user@host:5060;transport=udp>;tag=1` (RFC 3261, 20.10; 19.1.1). Empty: no such address.
std::string_view user_and_host(std::string_view value) {
  const size_t angle = value.find('<');
  if (angle != std::string_view::npos) value = value.substr(angle + 1, value.find('>', angle) - angle - 1);
  constexpr std::string_view schemes[] = {"sip:", "sips:", "tel:"};
  for (const std::string_view scheme : schemes) {
    if (!begins_with_word(value, scheme)) continue;
    value.remove_prefix(scheme.size());
    value = value.substr(0, value.find_first_of(";?> \t"));
    const size_t at = value.find('@'), host_at = at == std::string_view::npos ? 0 : at + 1;
    const std::string_view user = value.substr(0, host_at), host = without_port(value.substr(host_at));
    // A password may stand behind the user (19.1.1): then only the host is told.
    return user.find(':') == std::string_view::npos ? value.substr(0, host_at + host.size()) : host;
  }
  return {};
}

struct Name {
  std::string_view full, compact;  // 7.3.3
};
constexpr Name from{"from", "f"}, to{"to", "t"}, call_id{"call-id", "i"};

bool is(const Header& header, const Name& name) { return is_word(header.name, name.full) || is_word(header.name, name.compact); }

constexpr std::string_view version = "SIP/2.0";

// `INVITE sip:bob@b.example SIP/2.0`, `SIP/2.0 200 OK` (7.1, 7.2).
bool is_request_line(std::string_view line) {
  const size_t space = line.find(' ');
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  return space != std::string_view::npos && std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(space), is_capital) &&
         line.size() > space + version.size() && line.substr(line.size() - version.size()) == version;
}
bool is_status_line(std::string_view line) { return begins_with(line, "SIP/2.0 "); }

}  // namespace

bool sip_begins(Cursor payload) {
  constexpr size_t longest_line = 512;
  std::string_view rest = text_of(payload.first(longest_line)), line;
  return take_line(rest, line) && (is_status_line(line) || is_request_line(line));
}

Reading read_sip(Cursor message, Findings& findings) {
  std::string_view rest = text_of(message), line;
  if (!take_line(rest, line)) return Reading::foreign;
  if (is_request_line(line))
    findings.set_first(Field::sip_method, line.substr(0, line.find(' ')));
  else if (!is_status_line(line))
    return Reading::foreign;
  Header header;
  while (take_line(rest, line) && !line.empty()) {
    if (!split_header(line, header)) continue;
    if (is(header, from))
      findings.set_first(Field::sip_from, user_and_host(header.value));
    else if (is(header, to))
      findings.set_first(Field::sip_to, user_and_host(header.value));
    else if (is(header, call_id))
      findings.set_first(Field::sip_call_id, header.value);
    else if (is_word(header.name, "user-agent"))
      findings.set_first(Field::sip_user_agent, header.value);
  }
  return Reading::more;
}

}  // namespace dipper
