// The field table, the builder that dpi_collect.cc fills, and strings as JSON. Thread: the
// builder's owner.
#include "metadata.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "address_text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace dipper {
namespace {

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

// Copies plain text until a byte that needs a closer look, and returns how much that was; at most 15 bytes of plain text
// may be left to the caller where such a byte follows. Per flow this copies some hundred bytes of names, nearly always
// plain: sixteen at a time, the rest by two overlapping loads that stay inside of the text.
size_t copy_plain(const char* text, size_t size, char* out) {
#ifdef __SSE2__
  const auto special = [](__m128i bytes) {
    // Signed: what is above ASCII is below 0x20, too.
    const __m128i found = _mm_or_si128(
        _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'))),
        _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f))));
    return _mm_movemask_epi8(found);
  };
  if (size >= 16) {
    for (size_t i = 0;; i += 16) {
      if (i + 16 > size) i = size - 16;
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + i));
      if (const int found = special(bytes)) {
        // The caller has the plain bytes before it as well: they lie in `out` already, or are stored here.
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), bytes);
        return i + static_cast<size_t>(__builtin_ctz(static_cast<unsigned>(found)));
      }
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), bytes);
      if (i + 16 == size) return size;
    }
  }
  if (size >= 8) {
    const __m128i head = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(text));
    const __m128i tail = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(text + size - 8));
    if (special(_mm_unpacklo_epi64(head, tail))) return 0;
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out), head);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out + size - 8), tail);
    return size;
  }
#endif
  size_t i = 0;
  for (; i < size && !escapes.of[static_cast<uint8_t>(text[i])]; ++i) out[i] = text[i];
  return i;
}

// The byte or sequence at the front of `text` that copy_plain() stopped at. Returns how many bytes it was.
size_t write_special(const char* text, size_t size, char*& out) {
  const uint8_t c = static_cast<uint8_t>(text[0]);
  const char escape = escapes.of[c];
  if (escape == 0) {
    *out++ = text[0];
    return 1;
  }
  if (escape == 2) {
    const Sequence sequence = sequence_at(text, size);
    const size_t length = sequence.well_formed ? sequence.length : 3;
    memcpy(out, sequence.well_formed ? text : "\xef\xbf\xbd", length);
    out += length;
    return sequence.length;
  }
  if (escape == 1) {
    constexpr char digit[] = "0123456789abcdef";
    const char unicode[] = {'\\', 'u', '0', '0', digit[c >> 4], digit[c & 15]};
    memcpy(out, unicode, sizeof unicode);
    out += sizeof unicode;
  } else {
    *out++ = '\\';
    *out++ = escape;
  }
  return 1;
}

// The value of a list field: the items between commas.
char* write_list(std::string_view value, char* out) {
  *out++ = '[';
  bool first = true;
  while (!value.empty()) {
    const std::string_view item = value.substr(0, value.find(','));
    value.remove_prefix(std::min(value.size(), item.size() + 1));
    if (item.empty()) continue;
    if (!first) *out++ = ',';
    first = false;
    out = write_json_string(item, out);
  }
  *out++ = ']';
  return out;
}

// The same of items with their sizes.
char* write_items(std::string_view items, char* out) {
  *out++ = '[';
  for (bool first = true; items.size() > 2; first = false) {
    uint16_t size;
    memcpy(&size, items.data(), sizeof size);
    items.remove_prefix(sizeof size);
    if (!first) *out++ = ',';
    out = write_json_string(items.substr(0, size), out);
    items.remove_prefix(std::min<size_t>(size, items.size()));
  }
  *out++ = ']';
  return out;
}

constexpr bool same(const char* one, const char* two) {
  while (*one && *one == *two) ++one, ++two;
  return *one == *two;
}

// How each field begins: `,"group":{"name":` where its group opens, `,"name":` inside of it. Groups are numbered by their
// first field, 0 is the flow itself.
struct Begin {
  static constexpr size_t width = 48;  // copied whole: three registers
  char open[width], inside[width];
  uint8_t open_size, inside_size, group;
};
struct Begins {
  Begin of[static_cast<size_t>(Field::count_)] = {
#define X(id, group, name, type)                                             \
  {",\"" group "\":{\"" name "\":", ",\"" name "\":",                         \
   sizeof(",\"" group "\":{\"" name "\":") - 1, sizeof(",\"" name "\":") - 1, 0},
      DIPPER_METADATA(X)
#undef X
  };
  constexpr Begins() {
    const char* const groups[] = {
#define X(id, group, name, type) group,
        DIPPER_METADATA(X)
#undef X
    };
    for (uint8_t i = 0; i < static_cast<uint8_t>(Field::count_); ++i) {
      if (!groups[i][0]) continue;
      uint8_t first = 0;
      while (!same(groups[first], groups[i])) ++first;
      of[i].group = static_cast<uint8_t>(first + 1);
    }
  }
};
constexpr Begins begins;

}  // namespace

const FieldRow field_rows[static_cast<size_t>(Field::count_)] = {
#define X(id, group, name, type) {group, name, FieldType::type},
    DIPPER_METADATA(X)
#undef X
};

Metadata::Metadata() : text_(static_cast<char*>(malloc(most_members + longest + most_appended + 64))), end_(text_.get()) {
  if (!text_) throw std::bad_alloc();
}

bool Metadata::begin(Field field) {
  if (static_cast<size_t>(end_ - text_.get()) > longest - longest_field) return false;
  const Begin& begin = begins.of[static_cast<size_t>(field)];
  const bool opens = begin.group != group_;
  if (opens && group_) *end_++ = '}';
  const bool whole = opens && begin.group;
  memcpy(end_, whole ? begin.open : begin.inside, Begin::width);
  end_ += whole ? begin.open_size : begin.inside_size;
  group_ = begin.group;
  return true;
}

void Metadata::add_members(std::string_view members) {
  memcpy(end_, members.data(), members.size());
  end_ += members.size();
}

void Metadata::add_text(Field field, std::string_view value) {
  if (value.empty() || !begin(field)) return;
  size_t length = std::min(value.size(), max_text);
  // A value that is cut loses the character that the cut would split, not only its end.
  if (length < value.size()) {
    size_t lead = length;
    while (lead > 0 && length - lead < 3 && (static_cast<uint8_t>(value[lead]) & 0xc0) == 0x80)
      --lead;
    if ((static_cast<uint8_t>(value[lead]) & 0xc0) == 0xc0) length = lead;
  }
  value = value.substr(0, length);
  const bool is_list = field_rows[static_cast<size_t>(field)].type == FieldType::list;
  Place& place = places_[static_cast<size_t>(field)];
  place.from = static_cast<uint32_t>(end_ - text_.get());
  end_ = is_list ? write_list(value, end_) : write_json_string(value, end_);
  place.to = static_cast<uint32_t>(end_ - text_.get());
}

void Metadata::add_number(Field field, uint64_t value) {
  if (begin(field)) end_ = write_number(value, end_);
}

void Metadata::add_items(Field field, std::string_view items) {
  if (items.empty() || !begin(field)) return;
  Place& place = places_[static_cast<size_t>(field)];
  place.from = static_cast<uint32_t>(end_ - text_.get());
  end_ = write_items(items.substr(0, max_text), end_);
  place.to = static_cast<uint32_t>(end_ - text_.get());
}

void Metadata::append_members(std::string_view members) {
  text();  // closes an open object
  if (members.size() > most_appended) return;
  memcpy(end_, members.data(), members.size());
  end_ += members.size();
}

std::string_view Metadata::text() {
  if (group_) *end_++ = '}';
  group_ = 0;
  return {text_.get(), static_cast<size_t>(end_ - text_.get())};
}

char* write_json_string(std::string_view value, char* out) {
  *out++ = '"';
  for (;;) {
    const size_t plain = copy_plain(value.data(), value.size(), out);
    out += plain;
    value.remove_prefix(plain);
    if (value.empty()) break;
    value.remove_prefix(write_special(value.data(), value.size(), out));
  }
  *out++ = '"';
  return out;
}

void write_json_string(std::string_view value, std::string& out) {
  const size_t before = out.size();
  out.resize(before + 6 * value.size() + 32);
  out.resize(static_cast<size_t>(write_json_string(value, out.data() + before) - out.data()));
}

}  // namespace dipper
