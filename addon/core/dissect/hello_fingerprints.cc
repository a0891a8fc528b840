#include "hello_fingerprints.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "../address_text.h"
#include "../md5.h"
#include "../sha256.h"
#include "short_hashes.h"

namespace dipper {
namespace {

constexpr char digits[] = "0123456789abcdef";
constexpr size_t most_sorted = 512;

Ja3 hex(const Md5::Digest& digest) {
  Ja3 result;
  for (size_t i = 0; i < digest.size(); ++i) {
    result.text[2 * i] = digits[digest[i] >> 4];
    result.text[2 * i + 1] = digits[digest[i] & 15];
  }
  return result;
}

// One field of a JA3 text: numbers with '-' between them.
class Ja3Numbers {
 public:
  explicit Ja3Numbers(Md5& md5) : md5_(md5) {}
  void add(unsigned number) {
    char text[16] = "-";
    const char* end = write_number(number, text + 1);
    const char* begin = first_ ? text + 1 : text;
    md5_.add(begin, static_cast<size_t>(end - begin));
    first_ = false;
  }
  void add_pairs(Cursor pairs) {
    for (; pairs.has(2); pairs = pairs.skip(2))
      if (!is_grease(pairs.be16(0))) add(pairs.be16(0));
  }

 private:
  Md5& md5_;
  bool first_ = true;
};

void add_types(const Hello& hello, Md5& md5) {
  Ja3Numbers numbers(md5);
  Cursor rest = hello.extensions;
  for (ExtensionView extension; take_extension(rest, extension);)
    if (!is_grease(extension.type)) numbers.add(extension.type);
}

// A list with a length in front that an extension consists of; empty without the extension.
Cursor list_of(const Hello& hello, uint16_t type, unsigned length_bytes) {
  Cursor data, list{nullptr, 0};
  if (find_extension(hello, type, data)) take_vector(data, length_bytes, list);
  return list;
}

// A text that JA4 hashes: numbers of four hexadecimal digits, ',' between them.
class Ja4Text {
 public:
  void add(uint16_t number) {
    const char text[] = {separator_, digits[number >> 12], digits[number >> 8 & 15], digits[number >> 4 & 15], digits[number & 15]};
    if (size_ + sizeof text > sizeof text_) begin_long();
    const size_t skipped = separator_ ? 0 : 1;
    memcpy(text_ + size_, text + skipped, sizeof text - skipped);
    size_ += sizeof text - skipped;
    separator_ = ',';
  }
  // What follows is another list; no other, no '_'.
  void next_list() { separator_ = '_'; }
  void write_hash(char* out) {
    thread_local ShortHashes kept;
    if (!is_long_) return kept.write({text_, size_}, out);
    long_.add(text_, size_);
    write_short_hash(long_.digest().data(), out);
  }

 private:
  void begin_long() {
    is_long_ = true;
    long_.add(text_, size_);
    size_ = 0;
  }

  char separator_ = '\0';  // none before the first
  bool is_long_ = false;
  size_t size_ = 0;
  Sha256 long_;  // of what was in text_ before
  char text_[512];
};

constexpr size_t hash_digits = ShortHashes::digits;

void write_count(size_t count, char* out) {
  if (count > 99) count = 99;
  out[0] = digits[count / 10];
  out[1] = digits[count % 10];
}

std::string_view version_text(uint16_t version) {
  switch (version) {
    case 0x0304: return "13";
    case 0x0303: return "12";
    case 0x0302: return "11";
    case 0x0301: return "10";
    case 0x0300: return "s3";
    case 0x0002: return "s2";
    case 0xfeff: return "d1";
    case 0xfefd: return "d2";
    case 0xfefc: return "d3";
    default: return "00";
  }
}

bool is_alphanumeric(uint8_t c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// JA4's description wants the highest value, also of DTLS, whose newest version is the lowest.
uint16_t highest_value(const Hello& client) {
  uint16_t highest = 0;
  for (Cursor rest = list_of(client, extension_supported_versions, 1); rest.has(2); rest = rest.skip(2))
    if (!is_grease(rest.be16(0))) highest = std::max(highest, rest.be16(0));
  return highest ? highest : client.version;
}

// First and last character of the first name offered; of its hexadecimal form if one of them is no letter or digit.
void write_alpn(const Hello& client, char* out) {
  Cursor data, name{nullptr, 0};
  if (find_extension(client, extension_alpn, data)) {
    Cursor names = alpn_names(data);
    take_vector(names, 1, name);
  }
  out[0] = out[1] = '0';
  if (!name.size) return;
  const uint8_t first = name.u8(0), last = name.u8(name.size - 1);
  const bool plain = is_alphanumeric(first) && is_alphanumeric(last);
  out[0] = plain ? static_cast<char>(first) : digits[first >> 4];
  out[1] = plain ? static_cast<char>(last) : digits[last & 15];
}

// The hash of a sorted list, and of another behind it in its order.
void write_list(const uint16_t* sorted, size_t count, Cursor behind, char* out) {
  if (count == 0) return void(std::fill_n(out, hash_digits, '0'));
  Ja4Text text;
  for (size_t i = 0; i < count; ++i) text.add(sorted[i]);
  text.next_list();
  for (; behind.has(2); behind = behind.skip(2)) {
    if (!is_grease(behind.be16(0))) text.add(behind.be16(0));
  }
  text.write_hash(out);
}

// DTLS counts downwards; drafts of TLS 1.3 (7f.., and Facebook's fb..) came before it.
unsigned age_rank(uint16_t version) {
  const unsigned high = version >> 8;
  return high == 0xfe ? 0x10000u - version : high == 0x7f || high == 0xfb ? 0x0303u : version;
}

}  // namespace

uint16_t newest_version(const Hello& client) noexcept {
  uint16_t newest = 0;
  for (Cursor rest = list_of(client, extension_supported_versions, 1); rest.has(2); rest = rest.skip(2)) {
    const uint16_t version = rest.be16(0);
    if (is_grease(version)) continue;
    if (!newest || age_rank(version) > age_rank(newest)) newest = version;
  }
  return newest ? newest : client.version;
}

Ja3 ja3(const Hello& client) noexcept {
  Md5 md5;
  Ja3Numbers(md5).add(client.version);
  md5.add(",");
  Ja3Numbers(md5).add_pairs(client.ciphers);
  md5.add(",");
  add_types(client, md5);
  md5.add(",");
  Ja3Numbers(md5).add_pairs(list_of(client, extension_supported_groups, 2));
  md5.add(",");
  Ja3Numbers formats(md5);
  const Cursor point_formats = list_of(client, extension_point_formats, 1);
  for (size_t i = 0; i < point_formats.size; ++i) formats.add(point_formats.u8(i));
  return hex(md5.digest());
}

Ja3 ja3s(const Hello& server) noexcept {
  Md5 md5;
  Ja3Numbers(md5).add(server.version);
  md5.add(",");
  Ja3Numbers(md5).add(server.ciphers.be16(0));
  md5.add(",");
  add_types(server, md5);
  return hex(md5.digest());
}

bool ja4(const Hello& client, HelloTransport transport, Ja4& result) noexcept {
  uint16_t sorted[most_sorted];
  char* out = result.text;
  *out++ = static_cast<char>(transport);
  out = std::copy_n(version_text(highest_value(client)).data(), 2, out);
  Cursor data;
  *out++ = find_extension(client, extension_server_name, data) ? 'd' : 'i';

  size_t count = 0;
  for (Cursor rest = client.ciphers; rest.has(2); rest = rest.skip(2)) {
    if (is_grease(rest.be16(0))) continue;
    if (count == most_sorted) return false;
    sorted[count++] = rest.be16(0);
  }
  std::sort(sorted, sorted + count);
  write_count(count, out);
  out[6] = out[7 + hash_digits] = '_';
  write_list(sorted, count, {nullptr, 0}, out + 7);

  // All are counted; server name and ALPN, which the first part tells of, are not hashed.
  size_t extensions = 0;
  count = 0;
  Cursor rest = client.extensions;
  for (ExtensionView extension; take_extension(rest, extension);) {
    if (is_grease(extension.type)) continue;
    if (++extensions > most_sorted) return false;
    if (extension.type != extension_server_name && extension.type != extension_alpn) sorted[count++] = extension.type;
  }
  std::sort(sorted, sorted + count);
  write_count(extensions, out + 2);
  write_alpn(client, out + 4);
  write_list(sorted, count, list_of(client, extension_signature_algorithms, 2), out + 8 + hash_digits);
  return true;
}

}  // namespace dipper
