// Findings as the members that they become, and the payloads that parsers are shown: copies of exact size, so that ASan sees a
// read past the end.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/cursor.h"
#include "core/dissect/findings.h"

namespace dissect_test {

// `"http":{"method":"GET"}`: all findings in the order of the table, without the comma before them.
inline std::string json(const dipper::Findings& findings) {
  dipper::Metadata metadata;
  for (dipper::Field field = findings.next(0); field != dipper::Field::count_;
       field = findings.next(static_cast<size_t>(field) + 1))
    findings.write(field, metadata);
  return std::string(metadata.text().substr(metadata.text().empty() ? 0 : 1));
}

class Bytes {
 public:
  explicit Bytes(const std::string& text) : bytes_(new uint8_t[text.size()]), size_(text.size()) {
    memcpy(bytes_.get(), text.data(), size_);
  }
  operator dipper::Cursor() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<uint8_t[]> bytes_;
  size_t size_;
};

// Shows every beginning of `text`, and `text` with each byte changed to some others: nothing may read past the end (ASan), and
// what is found has to be JSON that ends.
inline void distort(const std::string& text, const std::function<void(dipper::Cursor, dipper::Findings&)>& parse) {
  for (size_t size = 0; size < text.size(); ++size) {
    dipper::Findings findings;
    parse(Bytes(text.substr(0, size)), findings);
    json(findings);
  }
  for (size_t at = 0; at < text.size(); ++at) {
    for (const uint8_t other : {0x00, 0x01, 0x7f, 0x80, 0xc0, 0xff}) {
      std::string changed = text;
      changed[at] = static_cast<char>(other);
      dipper::Findings findings;
      parse(Bytes(changed), findings);
      json(findings);
    }
  }
}

inline std::string be16(unsigned v) { return {static_cast<char>(v >> 8), static_cast<char>(v)}; }
inline std::string be32(uint32_t v) { return be16(v >> 16) + be16(v & 0xffff); }

// "www.example.org" as labels (RFC 1035, 3.1).
inline std::string dns_name(const std::string& name) {
  std::string out;
  for (size_t from = 0; from < name.size();) {
    const size_t dot = std::min(name.find('.', from), name.size());
    out += static_cast<char>(dot - from) + name.substr(from, dot - from);
    from = dot + 1;
  }
  return out + '\0';
}

inline std::string unhex(const std::string& digits) {
  std::string out;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) out += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return out;
}

}  // namespace dissect_test
