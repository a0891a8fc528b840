// Thread: a pure function over the caller's bytes and findings.
#include "ssdp.h"

#include "findings.h"
#include "text_lines.h"

namespace dipper {
namespace {

constexpr struct {
  std::string_view name;
  Field field;
} headers[] = {
    {"server", Field::ssdp_server},       {"user-agent", Field::ssdp_user_agent}, {"location", Field::ssdp_location},
    {"st", Field::ssdp_search_target},    {"nt", Field::ssdp_notification_type},  {"nts", Field::ssdp_notification_sub_type},
    {"usn", Field::ssdp_unique_service_name},
};

}  // namespace

Reading read_ssdp(Cursor message, Findings& findings) {
  std::string_view rest = text_of(message), line;
  if (!take_line(rest, line)) return Reading::foreign;
  if (line != "M-SEARCH * HTTP/1.1" && line != "NOTIFY * HTTP/1.1" && !begins_with(line, "HTTP/1.1 200")) return Reading::foreign;
  Header header;
  while (take_line(rest, line) && !line.empty()) {
    if (!split_header(line, header)) continue;
    for (const auto& known : headers)
      if (is_word(header.name, known.name)) findings.set_first(known.field, header.value);
  }
  return Reading::more;
}

}  // namespace dipper
