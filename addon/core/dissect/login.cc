// Thread: pure functions over the caller's bytes and findings.
#include "login.h"

#include "findings.h"
#include "text_lines.h"

namespace dipper {
namespace {

struct Words {
  std::string_view greetings[2];  // the second may be empty
  Field banner;
  std::string_view verbs[3];  // of the command that has the name
  Field name;
};
// In the order of LoginProtocol.
constexpr Words protocols[] = {
    {{"220", ""}, Field::ftp_banner, {"user", "", ""}, Field::ftp_user_name},
    {{"220", ""}, Field::smtp_banner, {"ehlo", "helo", "lhlo"}, Field::smtp_helo},
    {{"+OK", ""}, Field::pop_banner, {"user", "apop", ""}, Field::pop_user_name},
    {{"* OK", "* PREAUTH"}, Field::imap_banner, {"login", "", ""}, Field::imap_user_name},
};
constexpr size_t longest_line = 1024;

const Words& words_of(LoginProtocol protocol) { return protocols[static_cast<size_t>(protocol)]; }

// IMAP writes a name as an atom or in quotes (RFC 3501, 4.1, 4.3); as a literal it stands on a line of its own.
std::string_view imap_name(std::string_view arguments) {
  if (begins_with(arguments, "{")) return {};
  if (!begins_with(arguments, "\"")) return arguments.substr(0, arguments.find(' '));
  arguments.remove_prefix(1);
  return arguments.substr(0, arguments.find('"'));
}

}  // namespace

Reading read_greeting(Cursor bytes, LoginProtocol protocol, Findings& findings) {
  std::string_view rest = text_of(bytes), line;
  if (!take_line(rest, line)) return rest.size() > longest_line ? Reading::foreign : Reading::more;
  for (const std::string_view greeting : words_of(protocol).greetings) {
    if (greeting.empty() || !begins_with(line, greeting)) continue;
    line.remove_prefix(greeting.size());
    if (!line.empty() && line[0] != ' ' && line[0] != '-') return Reading::foreign;  // "220-": more lines follow
    findings.set(words_of(protocol).banner, trimmed(line.substr(line.empty() ? 0 : 1)));
    return Reading::done;
  }
  return Reading::foreign;
}

Reading read_login(Cursor bytes, LoginProtocol protocol, Findings& findings) {
  const Words& words = words_of(protocol);
  std::string_view rest = text_of(bytes), line;
  while (take_line(rest, line)) {
    if (line.size() > longest_line) return Reading::foreign;
    if (protocol == LoginProtocol::imap) take_until(line, ' ');  // the client's tag
    const std::string_view verb = take_until(line, ' ');
    for (const std::string_view known : words.verbs) {
      if (known.empty() || !is_word(verb, known)) continue;
      line = trimmed(line);
      // The user of FTP and POP may have blanks; APOP has a digest behind it.
      if (protocol == LoginProtocol::imap)
        line = imap_name(line);
      else if (!is_word(verb, "user"))
        line = line.substr(0, line.find(' '));
      findings.set(words.name, line);
      return Reading::done;
    }
    // What follows is encrypted (RFC 4217, 3207, 2595), or a password.
    if (is_word(verb, "starttls") || is_word(verb, "stls") || is_word(verb, "auth") || is_word(verb, "authenticate"))
      return Reading::done;
  }
  return rest.size() > longest_line ? Reading::foreign : Reading::more;
}

}  // namespace dipper
