// The names in a flow's metadata that speak for an application, as they stand there: JSON text with its quotes, a list with
// its brackets, empty where there is none. While detection runs they come from the builder, later out of the text.
#pragma once
#include <string_view>

#include "metadata.h"

namespace dipper {

struct FlowNames {
  std::string_view client_sni, host, certificate_names, certificate_subject, dns_hint;

  static FlowNames of(const Metadata& metadata, std::string_view text);
  static FlowNames of(std::string_view text);
};

// The text inside of a JSON string; empty for anything else. Escapes stay: no host name has one.
std::string_view unquoted(std::string_view json);

// Calls visit(name) for each string of a JSON list, until it returns true.
template <typename Visit>
void each_string(std::string_view list, Visit&& visit) {
  for (size_t at = list.find('"'); at != std::string_view::npos; at = list.find('"', at)) {
    size_t end = at + 1;
    while (end < list.size() && list[end] != '"') end += list[end] == '\\' ? 2 : 1;
    if (end >= list.size() || visit(list.substr(at + 1, end - at - 1))) return;
    at = end + 1;
  }
}

// The common name in a distinguished name such as `C=US, O=Example, CN=example.com`; empty without one.
std::string_view common_name(std::string_view subject);

}  // namespace dipper
