// The metadata builder and the JSON writer: grouping, cutting, escaping, and valid UTF-8 out of any
// bytes.
#include "core/metadata.h"

#include <string>
#include <string_view>
#include <vector>

#include "check.h"

using dipper::Field;
using dipper::Metadata;

namespace {

std::string json_string(std::string_view value) {
  std::string out;
  dipper::write_json_string(value, out);
  return out;
}

std::string json(Metadata& metadata) { return std::string(metadata.text()); }

const std::string bad = "\xef\xbf\xbd";  // U+FFFD

std::string quoted(const std::string& value) { return '"' + value + '"'; }

}  // namespace

TEST(json_string_copies_plain_text) {
  CHECK_STR(json_string(""), "\"\"");
  CHECK_STR(json_string("www.example.org/a b~"), "\"www.example.org/a b~\"");
  CHECK_STR(json_string("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa6"),
            "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa6\"");
}

TEST(json_string_escapes) {
  CHECK_STR(json_string("a\"b\\c"), "\"a\\\"b\\\\c\"");
  CHECK_STR(json_string("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"");
  CHECK_STR(json_string(std::string_view("\0\x01\x1f", 3)), "\"\\u0000\\u0001\\u001f\"");
  CHECK_STR(json_string("\x1b[31mred\x7f"), "\"\\u001b[31mred\\u007f\"");
}

// Each row of Unicode's table 3-7 at both ends, and one past each end.
TEST(json_string_accepts_every_well_formed_range) {
  for (const char* good :
       {"\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xe0\xbf\xbf", "\xe1\x80\x80", "\xec\xbf\xbf",
        "\xed\x80\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
        "\xf0\xbf\xbf\xbf", "\xf1\x80\x80\x80", "\xf3\xbf\xbf\xbf", "\xf4\x80\x80\x80",
        "\xf4\x8f\xbf\xbf"}) {
    CHECK_STR(json_string(good), quoted(good));
  }
}

TEST(json_string_replaces_what_is_not_utf8) {
  CHECK_STR(json_string("a\x80z"), quoted("a" + bad + "z"));        // lone continuation
  CHECK_STR(json_string("\xff\xfe"), quoted(bad + bad));            // never legal
  CHECK_STR(json_string("\xc0\xaf"), quoted(bad + bad));            // overlong '/'
  CHECK_STR(json_string("\xc1\xbf"), quoted(bad + bad));            // overlong, two bytes
  CHECK_STR(json_string("\xe0\x80\xaf"), quoted(bad + bad + bad));  // overlong, three bytes
  CHECK_STR(json_string("\xe0\x9f\xbf"), quoted(bad + bad + bad));
  CHECK_STR(json_string("\xf0\x8f\xbf\xbf"),
            quoted(bad + bad + bad + bad));                         // overlong, four bytes
  CHECK_STR(json_string("\xed\xa0\x80"), quoted(bad + bad + bad));  // surrogate D800
  CHECK_STR(json_string("\xed\xbf\xbf"), quoted(bad + bad + bad));  // surrogate DFFF
  CHECK_STR(json_string("\xf4\x90\x80\x80"), quoted(bad + bad + bad + bad));  // above 10FFFF
  CHECK_STR(json_string("\xf5\x80\x80\x80"), quoted(bad + bad + bad + bad));
}

// One replacement for the longest part that could have begun a character (the Unicode
// recommendation, and what JavaScript's TextDecoder does).
TEST(json_string_replaces_truncated_sequences_once) {
  CHECK_STR(json_string("\xc3"), quoted(bad));
  CHECK_STR(json_string("\xe2\x82"), quoted(bad));
  CHECK_STR(json_string("\xf0\x9f\x90"), quoted(bad));
  CHECK_STR(json_string("\xe2\x82x"), quoted(bad + "x"));
  CHECK_STR(json_string("\xf0\x9f\x90\xc3\xbc"), quoted(bad + "\xc3\xbc"));
  CHECK_STR(json_string("\xe2\x82\"\n"), quoted(bad + "\\\"\\n"));
  // The byte after the view is a continuation: it must not be read.
  CHECK_STR(json_string(std::string_view("\xe2\x82\xac", 2)), quoted(bad));
}

TEST(metadata_groups_fields_into_objects) {
  Metadata metadata;
  metadata.add_text(Field::host_server_name, "www.example.org");
  metadata.add_text(Field::http_url, "/");
  metadata.add_number(Field::http_status, 404);
  metadata.add_text(Field::ssl_version, "TLSv1.3");
  metadata.add_text(Field::ssl_alpn, "h2,http/1.1");
  metadata.add_number(Field::ntp_version, 4);
  CHECK_STR(
      json(metadata),
      ",\"host_server_name\":\"www.example.org\",\"http\":{\"url\":\"/\",\"status\":404},"
      "\"ssl\":{\"version\":\"TLSv1.3\",\"alpn\":[\"h2\",\"http/1.1\"]},\"ntp\":{\"version\":4}");
  metadata.clear();
  CHECK_STR(json(metadata), "");
  metadata.add_number(Field::dns_reply_code, 0);
  CHECK_STR(json(metadata), ",\"dns\":{\"reply_code\":0}");
}

TEST(metadata_writes_lists_and_numbers) {
  Metadata metadata;
  metadata.add_text(Field::ssl_server_names, "a,,b\"c,\xff,");
  metadata.add_number(Field::ssl_not_before, 18446744073709551615u);
  CHECK_STR(json(metadata), ",\"ssl\":{\"server_names\":[\"a\",\"b\\\"c\",\"" + bad +
                                "\"],\"not_before\":18446744073709551615}");
}

TEST(metadata_leaves_out_empty_text) {
  Metadata metadata;
  metadata.add_text(Field::http_url, "");
  CHECK_STR(json(metadata), "");
}

TEST(metadata_cuts_long_text) {
  Metadata metadata;
  metadata.add_text(Field::http_url, std::string(Metadata::max_text, 'a'));
  metadata.add_text(Field::http_user_agent, std::string(Metadata::max_text + 1, 'b'));
  CHECK_STR(json(metadata), ",\"http\":{\"url\":\"" + std::string(Metadata::max_text, 'a') +
                                "\",\"user_agent\":\"" + std::string(Metadata::max_text, 'b') +
                                "\"}");
}

// The cut falls inside a character: the character goes, not a part of it.
TEST(metadata_cuts_between_characters) {
  for (size_t before = Metadata::max_text - 4; before <= Metadata::max_text; ++before) {
    Metadata metadata;
    metadata.add_text(Field::http_url,
                      std::string(before, 'a') + "\xf0\x9f\x90\xa6" + std::string(9, 'z'));
    const std::string expected = before + 4 <= Metadata::max_text
                                     ? std::string(before, 'a') + "\xf0\x9f\x90\xa6"
                                     : std::string(before, 'a');
    CHECK_STR(json(metadata), ",\"http\":{\"url\":\"" + expected + "\"}");
  }
}

// The room is made for each field once at its longest; what comes more often is left out, never written behind the end.
TEST(metadata_has_room_for_the_longest_of_every_field_and_no_more) {
  Metadata metadata;
  const std::string controls(Metadata::max_text, '\x01');
  std::string commas;
  while (commas.size() < Metadata::max_text) commas += "\x02,";
  for (int round = 0; round < 3; ++round)
    for (size_t i = 0; i < static_cast<size_t>(Field::count_); ++i) {
      const bool is_list = dipper::field_rows[i].type == dipper::FieldType::list;
      metadata.add_text(static_cast<Field>(i), is_list ? commas : controls);
    }
  const std::string text = json(metadata);
  CHECK(text.size() <= Metadata::longest + 1);
  for (const dipper::FieldRow& row : dipper::field_rows)
    CHECK(text.find(std::string("\"") + row.name + "\":") != std::string::npos);
}

// Every length around the widths of the copies, a special byte at every place.
TEST(json_string_of_every_length_and_place) {
  for (size_t size = 0; size <= 70; ++size) {
    const std::string plain(size, 'p');
    CHECK_STR(json_string(plain), quoted(plain));
    for (size_t at = 0; at < size; ++at) {
      const std::string before(at, 'p'), after(size - at - 1, 'q');
      for (const char* special : {"\"", "\x1f", "\x7f", "\xff"}) {
        const std::string text = before + special + after;
        const char c = special[0];
        const std::string expected = c == '"' ? "\\\"" : c == '\x1f' ? "\\u001f" : c == '\x7f' ? "\\u007f" : bad;
        // In memory of its own, so that the sanitizer sees a read behind the end.
        const std::vector<char> bytes(text.begin(), text.end());
        CHECK_STR(json_string({bytes.data(), bytes.size()}), quoted(before + expected + after));
      }
    }
  }
}

TEST(field_rows_keep_their_groups_together) {
  std::string closed = "|";
  const char* open = "";
  for (const dipper::FieldRow& row : dipper::field_rows) {
    if (std::string(row.group) == open) continue;
    CHECK(closed.find("|" + std::string(row.group) + "|") == std::string::npos);
    closed += std::string(open) + "|";
    open = row.group;
  }
}
