// Thread: pure functions over the caller's bytes, state and findings.
#include "dns.h"

#include <algorithm>

#include "../address_text.h"
#include "../dns_message.h"
#include "findings.h"
#include "text_lines.h"

namespace dipper {
namespace {

constexpr unsigned most_records = 128, most_questions = 16;
constexpr uint8_t response_bit = 0x80, opcode_bits = 0x78;

struct Counts {
  unsigned questions, answers, authorities, additionals;
  explicit Counts(Cursor message)
      : questions(message.be16(4)), answers(message.be16(6)), authorities(message.be16(8)), additionals(message.be16(10)) {}
};

// Query or response of a standard query (opcode 0); a dynamic update (RFC 2136) asks for nothing.
bool is_standard(Cursor message) { return message.has(dns_header_size) && (message.u8(2) & opcode_bits) == 0; }
bool is_response(Cursor message) { return message.u8(2) & response_bit; }

struct Question {
  DnsName name;
  uint16_t type;
};

bool read_question(Cursor message, size_t& at, Question& question) {
  if (!read_dns_name(message, at, question.name) || !message.skip(at).has(4)) return false;
  question.type = message.be16(at);
  at += 4;
  return true;
}

void set_question(Question& question, Findings& findings) {
  question.name.lower_case();
  if (question.name.size) {
    findings.set(Field::host_server_name, question.name.view());
    findings.set(Field::dns_query_name, question.name.view());
  }
  findings.set(Field::dns_query_type, uint64_t{question.type});
}

// Where the name stands in a record's data: behind a preference (MX), or priority, weight and port (SRV, RFC 2782).
bool name_offset(uint16_t type, size_t& offset) {
  switch (type) {
    case dns_type_cname:
    case dns_type_ns:
    case dns_type_ptr:
      offset = 0;
      return true;
    case dns_type_mx:
      offset = 2;
      return true;
    case dns_type_srv:
      offset = 6;
      return true;
    default:
      return false;
  }
}

bool read_target(Cursor message, const DnsRecord& record, DnsName& target) {
  size_t offset;
  if (record.record_class != dns_class_in || !name_offset(record.type, offset)) return false;
  size_t at = record.data_at + offset;
  return offset < record.data_size && read_dns_name(message, at, target) && target.size;
}

// Addresses and names that records lead to; others say nothing to most readers.
void add_answer(Cursor message, const DnsRecord& record, Findings& findings) {
  if (record.is_address()) {
    char text[48];
    const uint8_t* address = message.data + record.data_at;
    const char* end = record.type == dns_type_a ? write_ipv4(address, text) : write_ipv6(address, text);
    findings.add(Field::dns_answers, std::string_view(text, static_cast<size_t>(end - text)));
    return;
  }
  DnsName target;
  if (!read_target(message, record, target)) return;
  target.lower_case();
  findings.add(Field::dns_answers, target.view());
}

void read_answers(Cursor message, size_t at, unsigned count, Findings& findings) {
  DnsRecord record;
  uint32_t least_ttl_s = 0xffffffff;
  for (unsigned i = 0; i < count && i < most_records && read_dns_record(message, at, record); ++i) {
    add_answer(message, record, findings);
    least_ttl_s = std::min(least_ttl_s, record.ttl_s);
  }
  if (least_ttl_s != 0xffffffff) findings.set(Field::dns_ttl, uint64_t{least_ttl_s});
}

// "bob._airplay._tcp.local", or "_airplay._tcp.local" (RFC 6763, 4.1, 9).
bool is_service(std::string_view name) {
  return name.find("._tcp") != std::string_view::npos || name.find("._udp") != std::string_view::npos;
}

// What a record of the sender says of it: `owns`: it answers, or asks whether somebody else has the name (RFC 6762, 8.1).
void read_mdns_record(Cursor message, const DnsRecord& record, Findings& findings) {
  if (record.is_address()) {
    findings.set_first(Field::mdns_host_name, record.owner.view());
    return;
  }
  DnsName target;
  if (!read_target(message, record, target)) return;
  if (record.type == dns_type_srv) {
    findings.set_first(Field::mdns_host_name, target.view());
    findings.add(Field::mdns_services, record.owner.view());
  } else if (record.type == dns_type_ptr && is_service(record.owner.view())) {
    findings.add(Field::mdns_services, target.view());
  } else if (record.type == dns_type_ptr) {
    findings.set_first(Field::mdns_host_name, target.view());  // of an address, below arpa
  }
}

}  // namespace

bool dns_begins(Cursor message) {
  if (!is_standard(message) || is_response(message)) return false;
  const Counts counts(message);
  if (counts.questions != 1 || counts.answers || counts.authorities || counts.additionals > 2) return false;
  size_t at = dns_header_size;
  Question question;
  return read_question(message, at, question) && question.name.host_name && question.name.size &&
         message.be16(at - 2) == dns_class_in;
}

Reading read_dns(Cursor message, DnsState& state, Findings& findings) {
  if (!is_standard(message)) return Reading::foreign;
  const Counts counts(message);
  const uint16_t id = message.be16(0);
  if (is_response(message) ? state.asked && id != state.id : state.asked) return Reading::more;
  size_t at = dns_header_size;
  Question question;
  for (unsigned i = 0; i < counts.questions && i < most_questions; ++i) {
    if (!read_question(message, at, question)) return Reading::foreign;
    if (i == 0 && !state.asked) set_question(question, findings);
  }
  if (!is_response(message)) {
    if (counts.questions == 0) return Reading::foreign;
    state = {id, true};
    return Reading::more;
  }
  findings.set(Field::dns_reply_code, uint64_t{message.u8(3) & 0x0fu});
  findings.set(Field::dns_num_answers, uint64_t{counts.answers});
  if (counts.questions <= most_questions) read_answers(message, at, counts.answers, findings);
  return Reading::done;
}

Reading read_mdns(Cursor message, Findings& findings) {
  if (!is_standard(message)) return Reading::foreign;
  const Counts counts(message);
  size_t at = dns_header_size;
  Question question;
  for (unsigned i = 0; i < counts.questions; ++i) {
    if (i == most_records || !read_question(message, at, question)) return Reading::more;
    if (!is_response(message) && !findings.has(Field::dns_query_type)) set_question(question, findings);
  }
  // A query's answers are what others told it (7.1), its authorities what it wants to be called (8.2); a response has its
  // answers and what goes with them.
  if (is_response(message) && !findings.has(Field::dns_num_answers)) {
    findings.set(Field::dns_reply_code, uint64_t{message.u8(3) & 0x0fu});
    findings.set(Field::dns_num_answers, uint64_t{counts.answers});
  }
  const unsigned passed_over = is_response(message) ? 0 : counts.answers;
  const unsigned all = counts.answers + counts.authorities + (is_response(message) ? counts.additionals : 0);
  DnsRecord record;
  for (unsigned i = 0; i < all && i < most_records && read_dns_record(message, at, record); ++i) {
    if (i < passed_over) continue;
    if (is_response(message) && !findings.has(Field::mdns_answer)) {
      DnsName target;
      const bool leads = record.type == dns_type_ptr && read_target(message, record, target);
      findings.set_first(Field::mdns_answer, leads ? target.view() : record.owner.view());
    }
    read_mdns_record(message, record, findings);
  }
  return Reading::more;
}

Reading read_dns_stream(Cursor bytes, bool, Findings& findings) {
  if (!bytes.has(2) || !bytes.skip(2).has(bytes.be16(0))) return Reading::more;
  DnsState state;
  return read_dns(bytes.skip(2).first(bytes.be16(0)), state, findings) == Reading::foreign ? Reading::foreign : Reading::done;
}

}  // namespace dipper
