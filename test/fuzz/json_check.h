// A JSON validator for the fuzz target of the engine: RFC 8259 and valid UTF-8, nothing kept, depth
// bounded.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace json_check {

class Checker {
 public:
  explicit Checker(std::string_view text) : p_(text.data()), end_(text.data() + text.size()) {}
  // One value and nothing after it.
  bool document() { return value(0) && p_ == end_; }

 private:
  bool take(char c) {
    if (p_ == end_ || *p_ != c) return false;
    ++p_;
    return true;
  }
  bool word(std::string_view w) {
    if (static_cast<size_t>(end_ - p_) < w.size() || memcmp(p_, w.data(), w.size()) != 0)
      return false;
    p_ += w.size();
    return true;
  }
  bool value(int depth) {
    if (p_ == end_ || depth > 8) return false;
    switch (*p_) {
      case '{':
        return members('{', '}', depth, true);
      case '[':
        return members('[', ']', depth, false);
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      default:
        return number();
    }
  }
  bool members(char open, char close, int depth, bool named) {
    take(open);
    if (take(close)) return true;
    do {
      if (named && !(string() && take(':'))) return false;
      if (!value(depth + 1)) return false;
    } while (take(','));
    return take(close);
  }
  // Our lines have whole numbers only.
  bool number() {
    if (take('0')) return true;
    const char* start = p_;
    while (p_ < end_ && *p_ >= '0' && *p_ <= '9') ++p_;
    return p_ > start;
  }
  bool string() {
    if (!take('"')) return false;
    while (p_ < end_ && *p_ != '"')
      if (!character()) return false;
    return take('"');
  }
  bool character() {
    const auto c = static_cast<uint8_t>(*p_++);
    if (c < 0x20) return false;
    if (c == '\\') return escape();
    if (c < 0x80) return true;
    // RFC 3629, section 4: no overlong forms, no surrogates, nothing above U+10FFFF.
    if (c >= 0xc2 && c <= 0xdf) return continuation(0x80, 0xbf);
    if (c == 0xe0) return continuation(0xa0, 0xbf) && continuation(0x80, 0xbf);
    if (c == 0xed) return continuation(0x80, 0x9f) && continuation(0x80, 0xbf);
    if (c >= 0xe1 && c <= 0xef) return continuation(0x80, 0xbf) && continuation(0x80, 0xbf);
    const uint8_t low = c == 0xf0 ? 0x90 : 0x80, high = c == 0xf4 ? 0x8f : 0xbf;
    return c >= 0xf0 && c <= 0xf4 && continuation(low, high) && continuation(0x80, 0xbf) &&
           continuation(0x80, 0xbf);
  }
  bool continuation(uint8_t low, uint8_t high) {
    if (p_ == end_) return false;
    const auto c = static_cast<uint8_t>(*p_++);
    return c >= low && c <= high;
  }
  bool escape() {
    if (p_ == end_) return false;
    const char c = *p_++;
    if (c != 'u') return strchr("\"\\/bfnrt", c) != nullptr && c != '\0';
    for (int i = 0; i < 4; ++i) {
      const bool digit = p_ < end_ && ((*p_ >= '0' && *p_ <= '9') || (*p_ >= 'a' && *p_ <= 'f'));
      if (!digit) return false;
      ++p_;
    }
    return true;
  }

  const char* p_;
  const char* end_;
};

inline bool valid(std::string_view text) { return Checker(text).document(); }

}  // namespace json_check
