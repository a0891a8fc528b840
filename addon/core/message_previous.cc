#include "message_previous.h"

namespace dipper {
namespace {

// The end of the JSON value at `at`: behind the bracket or quote that closes it, or before the comma that follows.
size_t value_end(std::string_view text, size_t at) {
  bool quoted = false;
  for (size_t depth = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c == '\\')
        ++at;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    } else if (c == ',' && depth == 0) {
      break;
    }
  }
  return at;
}

// `,"name":value` one after the other.
class Members {
 public:
  explicit Members(std::string_view text) : rest_(text) {}
  bool next() {
    const size_t quote = rest_.find('"');
    const size_t close = quote == std::string_view::npos ? quote : rest_.find('"', quote + 1);
    if (close == std::string_view::npos) return false;
    name = rest_.substr(quote + 1, close - quote - 1);  // our own words: nothing in them is escaped
    const size_t begin = close + 2, end = value_end(rest_, begin);
    value = rest_.substr(begin, end - begin);
    rest_.remove_prefix(end);
    return true;
  }
  std::string_view name, value;

 private:
  std::string_view rest_;
};

std::string_view find(std::string_view text, std::string_view name) {
  Members members(text);
  while (members.next())
    if (members.name == name) return members.value;
  return {};
}

bool is_object(std::string_view value) { return !value.empty() && value[0] == '{'; }
std::string_view inside(std::string_view object) { return object.substr(1, object.size() - 2); }

struct Change {
  std::string names, values;

  void add_name(std::string_view prefix, std::string_view name) {
    names += names.empty() ? "\"" : ",\"";
    names += prefix;
    names += name;
    names += '"';
  }
  void add_value(std::string_view name, std::string_view value) {
    if (values.size() + value.size() > most_previous) return;
    values += values.empty() ? "\"" : ",\"";
    values += name;
    values += "\":";
    values += value;
  }
};

void compare(std::string_view prefix, std::string_view before, std::string_view now, Change& change) {
  Members was(before);
  while (was.next()) {
    const std::string_view is = find(now, was.name);
    if (is == was.value) continue;
    if (prefix.empty() && is_object(was.value) && is_object(is)) {
      Change inner;
      compare(std::string(was.name) + ".", inside(was.value), inside(is), inner);
      change.names += (change.names.empty() ? "" : ",") + inner.names;
      if (!inner.values.empty()) change.add_value(was.name, "{" + inner.values + "}");
      continue;
    }
    change.add_name(prefix, was.name);
    change.add_value(was.name, was.value);
  }
  Members is(now);
  while (is.next())
    if (find(before, is.name).empty()) change.add_name(prefix, is.name);
}

}  // namespace

void write_previous(std::string_view before, std::string_view now, std::string& out) {
  Change change;
  compare("", before, now, change);
  out += ",\"changed\":[" + change.names + "],\"previous\":{" + change.values + "}";
}

}  // namespace dipper
