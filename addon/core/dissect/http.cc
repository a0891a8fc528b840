// Thread: pure functions over the caller's bytes and findings.
#include "http.h"

#include <algorithm>

#include "findings.h"
#include "text_lines.h"

namespace dipper {
namespace {

constexpr size_t longest_method = 20;
constexpr std::string_view response_version = "HTTP/1.";

// RFC 9110, 5.6.2; methods that are in use have capitals, digits, hyphens and underscores (M-SEARCH, RPC_IN_DATA).
bool is_method(std::string_view word) {
  return !word.empty() && word.size() <= longest_method && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

struct RequestLine {
  std::string_view method, target;
};

bool split_request_line(std::string_view line, RequestLine& request) {
  const size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return false;
  request = {line.substr(0, first), trimmed(line.substr(first + 1, last - first - 1))};
  return is_method(request.method) && !request.target.empty() && begins_with(line.substr(last + 1), "HTTP/1.");
}

// The authority without port and brackets, in small letters.
void set_server_name(std::string_view authority, Findings& findings) {
  authority = without_port(authority);
  if (begins_with(authority, "[")) authority = authority.substr(1, authority.size() - 2);
  char name[Metadata::max_text];
  const size_t size = std::min(authority.size(), sizeof name);
  std::transform(authority.begin(), authority.begin() + static_cast<std::ptrdiff_t>(size), name, lower_case);
  if (size) findings.set(Field::host_server_name, std::string_view(name, size));
}

// Host and target side by side, as netifyd and the library have it; the absolute form (RFC 9112, 3.2.2) has the host in it.
void set_url(std::string_view host, const RequestLine& request, Findings& findings) {
  std::string_view target = request.target;
  if (request.method == "CONNECT") host = {};  // authority form: 3.2.3
  if (begins_with_word(target, "http://")) {
    target.remove_prefix(7);
    host = {};
  }
  char url[Metadata::max_text];
  const size_t host_size = host.copy(url, sizeof url), rest = target.copy(url + host_size, sizeof url - host_size);
  findings.set(Field::http_url, std::string_view(url, host_size + rest));
}

// Whether what is there of an unfinished first line can become one.
Reading unfinished_request(std::string_view text) {
  const std::string_view word = text.substr(0, text.find(' '));
  return is_method(word) ? Reading::more : Reading::foreign;
}

}  // namespace

bool http_begins(Cursor payload) {
  const std::string_view text = text_of(payload.first(longest_method + 2));
  if (begins_with(text, response_version)) return true;
  const size_t space = text.find(' ');
  if (space == std::string_view::npos || space + 1 == text.size() || !is_method(text.substr(0, space))) return false;
  const char target = text[space + 1];  // origin, absolute, authority or asterisk form (3.2)
  return target == '/' || target == '*' || target == '[' || (lower_case(target) >= 'a' && lower_case(target) <= 'z') ||
         (target >= '0' && target <= '9');
}

Reading read_http(Cursor head, bool, Findings& findings) {
  // Where a capture begins inside of a connection, its client may be taken for the server.
  return begins_with(text_of(head), response_version) ? read_http_response(head, findings) : read_http_request(head, findings);
}

Reading read_http_request(Cursor head, Findings& findings) {
  std::string_view rest = text_of(head), line, host;
  if (!take_line(rest, line)) return unfinished_request(rest);
  RequestLine request;
  if (!split_request_line(line, request)) return Reading::foreign;
  findings.set(Field::http_method, request.method);
  Reading reading = Reading::more;
  while (reading == Reading::more && take_line(rest, line)) {
    Header header;
    if (line.empty()) {
      reading = Reading::done;
    } else if (split_header(line, header)) {
      if (is_word(header.name, "host"))
        host = header.value;
      else if (is_word(header.name, "user-agent"))
        findings.set(Field::http_user_agent, header.value);
    }
  }
  if (!host.empty()) findings.set(Field::http_host, host);
  set_url(host, request, findings);
  set_server_name(request.method == "CONNECT" ? request.target : host, findings);
  return reading;
}

Reading read_http_response(Cursor head, Findings& findings) {
  std::string_view rest = text_of(head), line;
  for (bool final = false; !final;) {
    if (rest.substr(0, response_version.size()) != response_version.substr(0, rest.size())) return Reading::foreign;
    if (!take_line(rest, line)) return Reading::more;
    // HTTP/1.1 SP 3DIGIT (4)
    if (line.size() < 12 || line[8] != ' ') return Reading::foreign;
    unsigned status = 0;
    for (size_t i = 9; i < 12; ++i) {
      if (line[i] < '0' || line[i] > '9') return Reading::foreign;
      status = 10 * status + static_cast<unsigned>(line[i] - '0');
    }
    // 101 is the last one of HTTP on this connection (RFC 9110, 15.2.2).
    final = status >= 200 || status == 101;
    if (final) findings.set(Field::http_status, uint64_t{status});
    bool ended = false;
    while (!ended && take_line(rest, line)) {
      Header header;
      ended = line.empty();
      if (!final || !split_header(line, header)) continue;
      if (is_word(header.name, "content-type"))
        findings.set(Field::http_content_type, header.value);
      else if (is_word(header.name, "server"))
        findings.set(Field::http_server, header.value);
    }
    if (!ended) return Reading::more;
  }
  return Reading::done;
}

}  // namespace dipper
