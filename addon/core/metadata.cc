// The field table, the builder that dpi_collect.cc fills, and the writer of metadata and strings as
// JSON. Thread: any; no state.
#include "metadata.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace dipper {
namespace {

constexpr size_t field_header = 3;  // field u8, length u16 little endian

// By byte: 0 copied as it is, 1 a control character, 2 the start or middle of a multi-byte
// sequence, otherwise the character after the backslash.
struct EscapeTable {
  char of[256] = {};
  constexpr EscapeTable() {
    for (int c = 0; c < 0x20; ++c) of[c] = 1;
    for (int c = 0x80; c < 0x100; ++c) of[c] = 2;
    of[0x7f] = 1;  // DEL: legal in JSON, but a terminal acts on it
    of[static_cast<int>('"')] = '"';
    of[static_cast<int>('\\')] = '\\';
    of[static_cast<int>('\n')] = 'n';
    of[static_cast<int>('\r')] = 'r';
    of[static_cast<int>('\t')] = 't';
    of[static_cast<int>('\b')] = 'b';
    of[static_cast<int>('\f')] = 'f';
  }
};
constexpr EscapeTable escapes;

// Unicode 15, table 3-7: the length of the well-formed sequence at `s`, or of the maximal subpart
// of an ill-formed one, which becomes one U+FFFD. Overlong forms, surrogates and values above
// U+10FFFF differ in the second byte.
struct Sequence {
  size_t length;
  bool well_formed;
};
Sequence sequence_at(const char* s, size_t left) {
  const auto byte = [s](size_t i) { return static_cast<uint8_t>(s[i]); };
  const uint8_t lead = byte(0);
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return {1, false};
  const uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (left < 2 || byte(1) < low || byte(1) > high) return {1, false};
  for (size_t i = 2; i < length; ++i) {
    if (i >= left || (byte(i) & 0xc0) != 0x80) return {i, false};
  }
  return {length, true};
}

// Eight bytes at a time: whether one of them is a control character, DEL, '"', '\\' or above ASCII.
// Each term leaves the top bit of a byte that is below the bound or zero ("Bit Twiddling Hacks":
// haszero, hasless).
bool all_plain(const char* p) {
  constexpr uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
  uint64_t x;
  memcpy(&x, p, sizeof x);
  const uint64_t quote = x ^ ones * '"', backslash = x ^ ones * '\\', del = x ^ ones * 0x7f;
  const uint64_t special =
      (x - ones * 0x20) | (quote - ones) | (backslash - ones) | (del - ones) | x;
  return (special & tops) ==
         0;  // may call plain text special (a borrow), never the other way round
}

// Appends the content of a JSON string. Plain ASCII, nearly always all of it, is copied in runs.
void write_escaped(std::string_view value, std::string& out) {
  size_t start = 0, i = 0;
  while (i < value.size()) {
    if (value.size() - i >= 8 && all_plain(value.data() + i)) {
      i += 8;
      continue;
    }
    const uint8_t c = static_cast<uint8_t>(value[i]);
    const char escape = escapes.of[c];
    if (escape == 0) {
      ++i;
      continue;
    }
    if (escape == 2) {
      const Sequence sequence = sequence_at(value.data() + i, value.size() - i);
      if (!sequence.well_formed) {
        out.append(value, start, i - start).append("\xef\xbf\xbd");
        start = i + sequence.length;
      }
      i += sequence.length;
      continue;
    }
    out.append(value, start, i - start);
    if (escape == 1) {
      constexpr char digit[] = "0123456789abcdef";
      const char text[] = {'\\', 'u', '0', '0', digit[c >> 4], digit[c & 15]};
      out.append(text, sizeof text);
    } else {
      const char text[] = {'\\', escape};
      out.append(text, sizeof text);
    }
    start = ++i;
  }
  out.append(value, start, value.size() - start);
}

// True when `value` can be copied into a JSON string as it is. Eight bytes at a time: per flow this
// looks at some hundred bytes of names, nearly always plain.
bool is_plain(std::string_view value) {
  constexpr uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
  size_t i = 0;
#ifdef __SSE2__
  for (; i + 16 <= value.size(); i += 16) {
    const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(value.data() + i));
    // Signed: what is above ASCII is below 0x20, too.
    const __m128i found = _mm_or_si128(
        _mm_or_si128(_mm_cmplt_epi8(text, _mm_set1_epi8(0x20)), _mm_cmpeq_epi8(text, _mm_set1_epi8('"'))),
        _mm_or_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8('\\')), _mm_cmpeq_epi8(text, _mm_set1_epi8(0x7f))));
    if (_mm_movemask_epi8(found)) return false;
  }
#endif
  for (; i + 8 <= value.size(); i += 8) {
    uint64_t word;
    memcpy(&word, value.data() + i, sizeof word);
    // High bit of a byte that is below 0x20, or zero after the exclusive or; borrows only reach
    // bytes above one that is already found, so the test of the whole word is exact.
    const uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\'),
                   del = word ^ (ones * 0x7f);
    const uint64_t control = (word - ones * 0x20) & ~word;
    const uint64_t found = control | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) |
                           ((del - ones) & ~del) | word;
    if (found & high) return false;
  }
  for (; i < value.size(); ++i) {
    if (escapes.of[static_cast<uint8_t>(value[i])]) return false;
  }
  return true;
}

// Collects short pieces on the stack: a std::string costs some 25 instructions for each that is
// appended.
class Output {
 public:
  explicit Output(std::string& out) : out_(out) {}
  ~Output() { flush(); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void put(char c) {
    room(1);
    *end_++ = c;
  }
  void put(std::string_view text) {  // a name of ours: far shorter than the buffer
    room(text.size());
    memcpy(end_, text.data(), text.size());
    end_ += text.size();
  }
  void string(std::string_view value) {
    if (value.size() <= sizeof buffer_ - 2 && is_plain(value)) {
      room(value.size() + 2);
      *end_++ = '"';
      memcpy(end_, value.data(), value.size());
      end_ += value.size();
      *end_++ = '"';
    } else {
      flush();
      write_json_string(value, out_);
    }
  }
  void list(std::string_view value) {
    put('[');
    bool first = true;
    while (!value.empty()) {
      const std::string_view item = value.substr(0, value.find(','));
      value.remove_prefix(std::min(value.size(), item.size() + 1));
      if (item.empty()) continue;
      if (!first) put(',');
      first = false;
      string(item);
    }
    put(']');
  }
  void number(uint64_t value) {
    room(20);
    end_ = std::to_chars(end_, end_ + 20, value).ptr;
  }

 private:
  void room(size_t size) {
    if (static_cast<size_t>(buffer_ + sizeof buffer_ - end_) < size) flush();
  }
  void flush() {
    out_.append(buffer_, static_cast<size_t>(end_ - buffer_));
    end_ = buffer_;
  }

  std::string& out_;
  char buffer_[1536];
  char* end_ = buffer_;
};

// How each field begins: `,"group":{` when its group opens, `"name":` always.
struct Begin {
  const char* group;
  std::string_view open, name;
};
const Begin begins[] = {
#define X(id, group, name, type) {group, ",\"" group "\":{", "\"" name "\":"},
    DIPPER_METADATA(X)
#undef X
};

}  // namespace

const FieldRow field_rows[static_cast<size_t>(Field::count_)] = {
#define X(id, group, name, type) {group, name, FieldType::type},
    DIPPER_METADATA(X)
#undef X
};

void Metadata::add_text(Field field, std::string_view value) {
  if (value.empty()) return;
  size_t length = std::min(value.size(), max_text);
  // A value that is cut loses the character that the cut would split, not only its end.
  if (length < value.size()) {
    size_t lead = length;
    while (lead > 0 && length - lead < 3 && (static_cast<uint8_t>(value[lead]) & 0xc0) == 0x80)
      --lead;
    if ((static_cast<uint8_t>(value[lead]) & 0xc0) == 0xc0) length = lead;
  }
  const size_t at = bytes_.size();
  bytes_.resize(at + field_header + length);
  bytes_[at] = static_cast<uint8_t>(field);
  bytes_[at + 1] = static_cast<uint8_t>(length);
  bytes_[at + 2] = static_cast<uint8_t>(length >> 8);
  memcpy(bytes_.data() + at + field_header, value.data(), length);
}

void Metadata::add_number(Field field, uint64_t value) {
  const uint8_t header[field_header] = {static_cast<uint8_t>(field), sizeof value, 0};
  bytes_.insert(bytes_.end(), header, header + sizeof header);
  for (size_t i = 0; i < sizeof value; ++i)
    bytes_.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

void write_json_string(std::string_view value, std::string& out) {
  out += '"';
  if (is_plain(value))
    out += value;
  else
    write_escaped(value, out);
  out += '"';
}

void write_metadata(const uint8_t* data, size_t size, std::string& out) {
  Output output(out);
  const char* group = "";
  while (size >= field_header) {
    const size_t id = data[0], length = data[1] | size_t{data[2]} << 8;
    if (id >= static_cast<size_t>(Field::count_) || size - field_header < length) break;
    const Begin& begin = begins[id];
    if (begin.group != group && strcmp(begin.group, group) != 0) {
      if (*group) output.put('}');
      output.put(*begin.group ? begin.open : std::string_view(","));
    } else {
      output.put(',');
    }
    group = begin.group;
    output.put(begin.name);
    const uint8_t* value = data + field_header;
    const std::string_view text(reinterpret_cast<const char*>(value), length);
    switch (field_rows[id].type) {
      case FieldType::text:
        output.string(text);
        break;
      case FieldType::list:
        output.list(text);
        break;
      case FieldType::number: {
        uint64_t number = 0;
        for (size_t i = 0; i < length && i < sizeof number; ++i)
          number |= uint64_t{value[i]} << (8 * i);
        output.number(number);
        break;
      }
    }
    data += field_header + length;
    size -= field_header + length;
  }
  if (*group) output.put('}');
}

}  // namespace dipper
