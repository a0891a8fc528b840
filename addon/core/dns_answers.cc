#include "dns_answers.h"

#include <algorithm>
#include <cstring>

namespace dipper {
namespace {

constexpr size_t header_size = 12, longest_name = 253, most_records = 128, most_answers = 64, longest_chain = 16;
constexpr uint16_t type_a = 1, type_cname = 5, type_aaaa = 28, class_in = 1;

uint16_t be16(const uint8_t* p) { return static_cast<uint16_t>(p[0] << 8 | p[1]); }
uint32_t be32(const uint8_t* p) { return static_cast<uint32_t>(be16(p)) << 16 | be16(p + 2); }

struct Message {
  const uint8_t* data;
  size_t size;

  // The name at `at`, which moves behind it. False: it leaves the message. A name of other characters, or too long, is empty.
  // A pointer must lead to before the labels that it continues, so there is an end (RFC 1035, 4.1.4).
  bool name(size_t& at, std::string& out) const {
    out.clear();
    bool good = true, jumped = false;
    for (size_t here = at, start = at;;) {
      if (here >= size) return false;
      const uint8_t length = data[here];
      if (length >= 0xc0) {
        if (here + 2 > size) return false;
        if (!jumped) at = here + 2;
        jumped = true;
        const size_t to = (length & 0x3fu) << 8 | data[here + 1];
        if (to >= start) return false;
        here = start = to;
        continue;
      }
      if (length > 63 || here + 1 + length > size) return false;
      if (length == 0) {
        if (!jumped) at = here + 1;
        break;
      }
      if (!out.empty()) out += '.';
      for (size_t i = 0; i < length; ++i) {
        uint8_t c = data[here + 1 + i];
        if (c >= 'A' && c <= 'Z') c = static_cast<uint8_t>(c + 32);
        good = good && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_');
        out += static_cast<char>(c);
      }
      if (out.size() > longest_name) good = false, out.resize(longest_name);
      here += 1u + length;
    }
    if (!good) out.clear();
    return true;
  }
};

struct Record {
  std::string owner, target;  // target: of a CNAME
  uint16_t type;
  uint32_t ttl_s;
  const uint8_t* address;
};

// A and AAAA of class IN with the right length, and CNAMEs; false: malformed. Others are passed over.
bool read_records(const Message& message, size_t& at, size_t count, std::vector<Record>& records) {
  for (; count && records.size() < most_records; --count) {
    Record record{};
    if (!message.name(at, record.owner) || at + 10 > message.size) return false;
    const uint8_t* fixed = message.data + at;
    record.type = be16(fixed);
    record.ttl_s = be32(fixed + 4);
    if (record.ttl_s > 0x7fffffff) record.ttl_s = 0;  // RFC 2181, 8
    const size_t length = be16(fixed + 8);
    at += 10;
    if (at + length > message.size) return false;
    size_t inside = at;
    const bool in = (be16(fixed + 2) & 0x7fff) == class_in;  // RFC 6762, 10.2: the top bit is another thing
    if (in && record.type == type_cname && !message.name(inside, record.target)) return false;
    record.address = message.data + at;
    at += length;
    const bool address = (record.type == type_a && length == 4) || (record.type == type_aaaa && length == 16);
    if (in && !record.owner.empty() && (address || (record.type == type_cname && !record.target.empty())))
      records.push_back(std::move(record));
  }
  return true;
}

bool is_local(const std::string& name) {
  return name.size() > 6 && name.compare(name.size() - 6, 6, ".local") == 0;
}

void add(const Record& record, const std::string& name, uint32_t ttl_s, std::vector<DnsAnswer>& answers) {
  if (answers.size() >= most_answers) return;
  DnsAnswer answer{};
  answer.ip_version = record.type == type_a ? 4 : 6;
  memcpy(answer.address, record.address, record.type == type_a ? 4 : 16);
  answer.ttl_s = ttl_s;
  answer.name = name;
  answers.push_back(std::move(answer));
}

}  // namespace

std::vector<DnsAnswer> dns_answers(const uint8_t* data, size_t size, bool multicast) {
  const Message message{data, size};
  if (size < header_size) return {};
  // A response to a standard query, not truncated, without an error.
  if ((data[2] & 0xfa) != 0x80 || (data[3] & 0x0f) != 0) return {};
  const size_t questions = be16(data + 4), records_of_answer = be16(data + 6), additional = be16(data + 10);
  if (questions > 1 || (!multicast && questions != 1) || records_of_answer == 0) return {};
  size_t at = header_size;
  std::string question;
  if (questions) {
    if (!message.name(at, question) || at + 4 > size) return {};
    at += 4;
  }
  std::vector<Record> records;
  std::vector<DnsAnswer> answers;
  if (!read_records(message, at, records_of_answer, records)) return {};
  if (multicast) {
    if (be16(data + 8) == 0) read_records(message, at, additional, records);
    for (const Record& record : records)
      if (record.type != type_cname && is_local(record.owner)) add(record, record.owner, record.ttl_s, answers);
    return answers;
  }
  if (question.empty()) return {};
  // The chain from the question; records may stand in any order.
  std::string name = question;
  uint32_t ttl_s = 0x7fffffff;
  for (size_t step = 0; step < longest_chain; ++step) {
    const Record* next = nullptr;
    for (const Record& record : records) {
      if (record.owner != name) continue;
      if (record.type == type_cname)
        next = &record;
      else
        add(record, question, std::min(ttl_s, record.ttl_s), answers);
    }
    if (!next || !answers.empty()) break;
    ttl_s = std::min(ttl_s, next->ttl_s);
    name = next->target;
  }
  return answers;
}

}  // namespace dipper
