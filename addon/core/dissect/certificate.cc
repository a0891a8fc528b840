#include "certificate.h"

#include <string>

#include "../address_text.h"
#include "../sha1.h"

namespace dipper {
namespace {

// ITU-T X.690; universal tags as they stand in certificates, and those of RFC 5280's choices.
enum Tag : uint8_t {
  tag_bit_string = 0x03,
  tag_octet_string = 0x04,
  tag_oid = 0x06,
  tag_utc_time = 0x17,
  tag_generalized_time = 0x18,
  tag_bmp_string = 0x1e,
  tag_sequence = 0x30,
  tag_set = 0x31,
  tag_version = 0xa0,
  tag_extensions = 0xa3,
  tag_dns_name = 0x82,
  tag_ip_address = 0x87,
};

// Takes one element off the front: definite lengths of at most three bytes, as DER has them for what fits in a message.
bool take(Cursor& rest, uint8_t& tag, Cursor& content) {
  if (!rest.has(2)) return false;
  tag = rest.u8(0);
  size_t size = rest.u8(1), header = 2;
  if (size & 0x80) {
    const size_t bytes = size & 0x7f;
    if (bytes < 1 || bytes > 3 || !rest.has(2 + bytes)) return false;
    size = 0;
    for (size_t i = 0; i < bytes; ++i) size = size << 8 | rest.u8(2 + i);
    header += bytes;
  }
  const Cursor behind = rest.skip(header);
  if (!behind.has(size)) return false;
  content = behind.first(size);
  rest = behind.skip(size);
  return true;
}
bool take(Cursor& rest, Tag expected, Cursor& content) {
  uint8_t tag;
  Cursor before = rest;
  if (!take(rest, tag, content)) return false;
  if (tag == expected) return true;
  rest = before;
  return false;
}

bool is(Cursor oid, std::string_view bytes) {
  return std::string_view(reinterpret_cast<const char*>(oid.data), oid.size) == bytes;
}

std::string_view attribute_name(Cursor oid) {
  struct Attribute {
    std::string_view oid, name;
  };
  // id-at of X.520, then PKCS #9's emailAddress and RFC 4519's dc.
  static constexpr Attribute attributes[] = {
      {"\x55\x04\x03", "CN"}, {"\x55\x04\x06", "C"},  {"\x55\x04\x07", "L"},  {"\x55\x04\x08", "ST"},
      {"\x55\x04\x0a", "O"},  {"\x55\x04\x0b", "OU"}, {"\x55\x04\x04", "SN"}, {"\x55\x04\x2a", "GN"},
      {"\x55\x04\x05", "serialNumber"},
      {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", "emailAddress"},
      {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", "DC"},
  };
  for (const Attribute& attribute : attributes)
    if (is(oid, attribute.oid)) return attribute.name;
  return {};
}

// UTF-16 to UTF-8 for the few that write it; the others are UTF-8 or near it, and the writer of metadata mends them.
void append_text(uint8_t tag, Cursor value, std::string& out) {
  if (tag != tag_bmp_string) {
    out.append(reinterpret_cast<const char*>(value.data), value.size);
    return;
  }
  for (; value.has(2); value = value.skip(2)) {
    const unsigned c = value.be16(0);
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else if (c < 0x800) {
      out += static_cast<char>(0xc0 | c >> 6);
      out += static_cast<char>(0x80 | (c & 0x3f));
    } else {
      out += static_cast<char>(0xe0 | c >> 12);
      out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
      out += static_cast<char>(0x80 | (c & 0x3f));
    }
  }
}

// "C=DE, O=Example, CN=www.example.org", in the certificate's order; attributes without a short name are left out.
std::string distinguished_name(Cursor name) {
  std::string text;
  Cursor set, attribute, oid, value;
  while (text.size() <= Metadata::max_text && take(name, tag_set, set)) {
    while (take(set, tag_sequence, attribute)) {
      uint8_t tag;
      if (!take(attribute, tag_oid, oid) || !take(attribute, tag, value)) break;
      const std::string_view short_name = attribute_name(oid);
      if (short_name.empty()) continue;
      if (!text.empty()) text += ", ";
      text += short_name;
      text += '=';
      append_text(tag, value.first(Metadata::max_text), text);
    }
  }
  return text;
}

// Seconds since 1970, or -1: UTCTime with its two digits of the year, GeneralizedTime with four, both in UTC (RFC 5280, 4.1.2.5).
int64_t seconds_of(uint8_t tag, Cursor text) {
  const size_t year_digits = tag == tag_utc_time ? 2 : tag == tag_generalized_time ? 4 : 0;
  if (!year_digits || text.size != year_digits + 11 || text.u8(text.size - 1) != 'Z') return -1;
  for (size_t i = 0; i + 1 < text.size; ++i)
    if (text.u8(i) < '0' || text.u8(i) > '9') return -1;
  const auto two = [&](size_t at) { return (text.u8(at) - '0') * 10 + text.u8(at + 1) - '0'; };
  int64_t year = year_digits == 4 ? two(0) * 100 + two(2) : two(0) + (two(0) < 50 ? 2000 : 1900);
  const int64_t month = two(year_digits), day = two(year_digits + 2);
  if (month < 1 || month > 12 || day < 1 || day > 31) return -1;
  // Days since 1970-03-01 in years that begin with March, so that the leap day is the last.
  year -= month <= 2;
  const int64_t months = (month + 9) % 12, era = year / 400, of_era = year % 400;
  const int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * months + 2) / 5 + day - 1 - 719468;
  const int64_t seconds = two(year_digits + 4) * 3600 + two(year_digits + 6) * 60 + two(year_digits + 8);
  return days * 86400 + seconds;
}

void read_alternative_names(Cursor extension_value, Findings& findings) {
  Cursor names, name;
  if (!take(extension_value, tag_sequence, names)) return;
  for (uint8_t tag; take(names, tag, name);) {
    if (tag == tag_dns_name) {
      findings.add(Field::ssl_server_names, {reinterpret_cast<const char*>(name.data), name.size});
    } else if (tag == tag_ip_address && (name.size == 4 || name.size == 16)) {
      char text[48];
      const char* end = name.size == 4 ? write_ipv4(name.data, text) : write_ipv6(name.data, text);
      findings.add(Field::ssl_server_names, {text, static_cast<size_t>(end - text)});
    }
    if (findings.full()) return;  // hundreds of names: as many as fit
  }
}

void read_extensions(Cursor explicit_tag, Findings& findings) {
  Cursor extensions, extension, oid, value;
  if (!take(explicit_tag, tag_sequence, extensions)) return;
  while (take(extensions, tag_sequence, extension)) {
    uint8_t tag;
    if (!take(extension, tag_oid, oid)) return;
    // `critical` may stand before the value.
    while (take(extension, tag, value))
      if (tag == tag_octet_string && is(oid, "\x55\x1d\x11")) read_alternative_names(value, findings);
  }
}

}  // namespace

bool read_certificate(Cursor der, Findings& findings) {
  Cursor rest = der, certificate, body, part, issuer, validity, subject;
  uint8_t tag;
  if (!take(rest, tag_sequence, certificate) || !take(certificate, tag_sequence, body)) return false;
  take(body, tag_version, part);
  if (!take(body, tag, part) || !take(body, tag_sequence, part)) return false;  // serial number, algorithm
  if (!take(body, tag_sequence, issuer) || !take(body, tag_sequence, validity) || !take(body, tag_sequence, subject)) return false;

  findings.set(Field::ssl_issuer_dn, distinguished_name(issuer));
  findings.set(Field::ssl_subject_dn, distinguished_name(subject));
  for (const Field field : {Field::ssl_not_before, Field::ssl_not_after}) {
    const int64_t seconds = take(validity, tag, part) ? seconds_of(tag, part) : -1;
    if (seconds >= 0) findings.set(field, static_cast<uint64_t>(seconds));
  }
  const Sha1Digest digest = sha1(der.data, der.size);
  char text[40];
  write_hex20(digest.data(), text);
  findings.set(Field::ssl_fingerprint, std::string_view(text, sizeof text));
  while (take(body, tag, part))
    if (tag == tag_extensions) read_extensions(part, findings);
  return true;
}

}  // namespace dipper
