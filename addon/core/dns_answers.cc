#include "dns_answers.h"

#include <algorithm>
#include <cstring>

#include "dns_message.h"

namespace dipper {
namespace {

constexpr size_t most_records = 128, most_answers = 64, longest_chain = 16;

// As hints keep them: in small letters; empty for one that no host has.
std::string host_name(DnsName& name) {
  if (!name.host_name) return {};
  name.lower_case();
  return std::string(name.view());
}

struct Record {
  std::string owner, target;  // target: of a CNAME
  uint16_t type;
  uint32_t ttl_s;
  const uint8_t* address;
};

// A and AAAA of class IN with the right length, and CNAMEs; false: malformed. Others are passed over.
bool read_records(Cursor message, size_t& at, size_t count, std::vector<Record>& records) {
  DnsRecord read;
  DnsName target;
  for (; count && records.size() < most_records; --count) {
    if (!read_dns_record(message, at, read)) return false;
    Record record{host_name(read.owner), {}, read.type, read.ttl_s, message.data + read.data_at};
    if (read.record_class == dns_class_in && read.type == dns_type_cname) {
      size_t inside = read.data_at;
      if (!read_dns_name(message, inside, target)) return false;
      record.target = host_name(target);
    }
    if (!record.owner.empty() && (read.is_address() || !record.target.empty())) records.push_back(std::move(record));
  }
  return true;
}

bool is_local(const std::string& name) {
  return name.size() > 6 && name.compare(name.size() - 6, 6, ".local") == 0;
}

void add(const Record& record, const std::string& name, uint32_t ttl_s, std::vector<DnsAnswer>& answers) {
  if (answers.size() >= most_answers) return;
  DnsAnswer answer{};
  answer.ip_version = record.type == dns_type_a ? 4 : 6;
  memcpy(answer.address, record.address, record.type == dns_type_a ? 4 : 16);
  answer.ttl_s = ttl_s;
  answer.name = name;
  answers.push_back(std::move(answer));
}

}  // namespace

std::vector<DnsAnswer> dns_answers(const uint8_t* data, size_t size, bool multicast) {
  const Cursor message{data, size};
  if (!message.has(dns_header_size)) return {};
  // A response to a standard query, not truncated, without an error.
  if ((data[2] & 0xfa) != 0x80 || (data[3] & 0x0f) != 0) return {};
  const size_t questions = message.be16(4), records_of_answer = message.be16(6), additional = message.be16(10);
  if (questions > 1 || (!multicast && questions != 1) || records_of_answer == 0) return {};
  size_t at = dns_header_size;
  std::string question;
  if (questions) {
    DnsName name;
    if (!read_dns_name(message, at, name) || !message.skip(at).has(4)) return {};
    question = host_name(name);
    at += 4;
  }
  std::vector<Record> records;
  std::vector<DnsAnswer> answers;
  if (!read_records(message, at, records_of_answer, records)) return {};
  if (multicast) {
    if (message.be16(8) == 0) read_records(message, at, additional, records);
    for (const Record& record : records)
      if (record.type != dns_type_cname && is_local(record.owner)) add(record, record.owner, record.ttl_s, answers);
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
      if (record.type == dns_type_cname)
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
