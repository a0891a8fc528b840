#include "flow_names.h"

namespace dipper {
namespace {

constexpr std::string_view hint_member = ",\"dns_host_name\":", host_member = ",\"host_server_name\":", ssl_member = ",\"ssl\":{";

// The string or list that follows `member` in `text`. Such a member cannot stand inside of a string, where quotes are escaped.
std::string_view value_after(std::string_view text, std::string_view member) {
  const size_t at = text.find(member);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + member.size());
  if (text.empty() || (text[0] != '"' && text[0] != '[')) return {};
  const char closing = text[0] == '[' ? ']' : '"';
  bool quoted = closing == '"';
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == closing && (closing == '"' || !quoted)) {
      return text.substr(0, i + 1);
    } else if (text[i] == '"') {
      quoted = !quoted;
    }
  }
  return {};
}

// The object's first member has no comma in front.
std::string_view value_in(std::string_view object, std::string_view name) {
  const std::string member = "\"" + std::string(name) + "\":";
  if (object.substr(0, member.size()) == member) return value_after(object, member);
  return value_after(object, "," + member);
}

}  // namespace

FlowNames FlowNames::of(const Metadata& metadata, std::string_view text) {
  FlowNames names;
  names.client_sni = metadata.value(Field::ssl_client_sni);
  names.host = metadata.value(Field::host_server_name);
  names.certificate_names = metadata.value(Field::ssl_server_names);
  names.certificate_subject = metadata.value(Field::ssl_subject_dn);
  if (names.host.empty()) names.dns_hint = value_after(text, hint_member);
  return names;
}

FlowNames FlowNames::of(std::string_view text) {
  FlowNames names;
  names.host = value_after(text, host_member);
  names.dns_hint = value_after(text, hint_member);
  const size_t ssl = text.find(ssl_member);
  if (ssl != std::string_view::npos) {
    const std::string_view object = text.substr(ssl + ssl_member.size());
    names.client_sni = value_in(object, "client_sni");
    names.certificate_names = value_in(object, "server_names");
    names.certificate_subject = value_in(object, "subject_dn");
  }
  return names;
}

std::string_view unquoted(std::string_view json) {
  return json.size() >= 2 && json.front() == '"' ? json.substr(1, json.size() - 2) : std::string_view();
}

std::string_view common_name(std::string_view subject) {
  size_t at = subject.find("CN=");
  while (at != std::string_view::npos && at != 0 && subject[at - 1] != ' ' && subject[at - 1] != ',' && subject[at - 1] != '/')
    at = subject.find("CN=", at + 1);
  if (at == std::string_view::npos) return {};
  subject.remove_prefix(at + 3);
  return subject.substr(0, subject.find_first_of(",/ "));
}

}  // namespace dipper
