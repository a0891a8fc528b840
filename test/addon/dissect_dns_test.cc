// DNS, LLMNR and mDNS messages as findings.
#include "core/dissect/dns.h"

#include "check.h"
#include "core/dns_message.h"
#include "findings_json.h"

using namespace dipper;
using namespace dissect_test;
using namespace std::string_literals;

namespace {

std::string header(unsigned id, unsigned flags, unsigned questions, unsigned answers, unsigned authorities = 0,
                   unsigned additionals = 0) {
  return be16(id) + be16(flags) + be16(questions) + be16(answers) + be16(authorities) + be16(additionals);
}
std::string question(const std::string& name, unsigned type) { return dns_name(name) + be16(type) + be16(1); }
std::string record(const std::string& owner, unsigned type, uint32_t ttl_s, const std::string& data) {
  return owner + be16(type) + be16(1) + be32(ttl_s) + be16(static_cast<unsigned>(data.size())) + data;
}
const std::string pointer = "\xc0\x0c";

const std::string query = header(0x1234, 0x0100, 1, 0) + question("WWW.example.org", 1);
const std::string answer = header(0x1234, 0x8180, 1, 3) + question("www.example.org", 1) +
                           record(pointer, 5, 300, dns_name("cdn.example.net")) +
                           record(dns_name("cdn.example.net"), 1, 60, "\xc0\x00\x02\x01"s.substr(0, 4)) +
                           record(dns_name("cdn.example.net"), 28, 90, unhex("20010db8000000000000000000000001"));

std::string read(std::initializer_list<std::string> messages, Reading last) {
  Findings findings;
  DnsState state;
  Reading reading = Reading::foreign;
  for (const std::string& message : messages) reading = read_dns(Bytes(message), state, findings);
  CHECK(reading == last);
  return json(findings);
}
std::string read_multicast(std::initializer_list<std::string> messages) {
  Findings findings;
  for (const std::string& message : messages) read_mdns(Bytes(message), findings);
  return json(findings);
}

}  // namespace

TEST(dns_query_and_response_tell_names_addresses_and_the_least_ttl) {
  CHECK_STR(read({query}, Reading::more),
            R"("host_server_name":"www.example.org","dns":{"query_name":"www.example.org","query_type":1})");
  const std::string both = read({query, answer}, Reading::done);
  CHECK_STR(both, R"("host_server_name":"www.example.org","dns":{"query_name":"www.example.org","query_type":1,"reply_code":0,)"
                  R"("num_answers":3,"answers":["cdn.example.net","192.0.2.1","2001:db8::1"],"ttl":60})");
  CHECK_STR(read({answer}, Reading::done), both);
}

TEST(dns_responses_to_other_queries_do_not_count) {
  const std::string other = header(0x4321, 0x8183, 1, 0) + question("other.example", 28);
  CHECK_STR(read({query, other, query, answer}, Reading::done), read({answer}, Reading::done));
  CHECK_STR(read({query, header(0x1234, 0x8183, 1, 0) + question("www.example.org", 1)}, Reading::done),
            R"("host_server_name":"www.example.org","dns":{"query_name":"www.example.org","query_type":1,"reply_code":3,"num_answers":0})");
}

TEST(dns_answers_of_other_types_are_names) {
  CHECK_STR(read({header(1, 0x8180, 1, 3) + question("example.org", 15) + record(pointer, 15, 9, be16(10) + dns_name("Mail.example.org")) +
                  record(pointer, 33, 9, be16(0) + be16(0) + be16(443) + dns_name("srv.example.org")) +
                  record(pointer, 16, 5, "\4text")},
                 Reading::done),
            R"("host_server_name":"example.org","dns":{"query_name":"example.org","query_type":15,"reply_code":0,"num_answers":3,)"
            R"("answers":["mail.example.org","srv.example.org"],"ttl":5})");
}

TEST(dns_names_are_written_as_in_zone_files) {
  const std::string odd = std::string("\6a.b\\\t,\2\xc3\xbc", 10) + std::string(1, '\0');
  CHECK_STR(read({header(1, 0x0100, 1, 0) + odd + be16(1) + be16(1)}, Reading::more),
            R"("host_server_name":"a\\.b\\\\\\009,.ü","dns":{"query_name":"a\\.b\\\\\\009,.ü","query_type":1})");
  size_t at = 0;
  DnsName name;
  std::string labels;
  for (int i = 0; i < 6; ++i) labels += '\x3f' + std::string(63, '\1');
  CHECK(read_dns_name(Bytes(labels + '\0'), at, name));
  CHECK_EQ(at, labels.size() + 1);
  CHECK_EQ(name.size, 3 * 63 * 4 + 2);  // cut to the labels that fit into 255 bytes
}

TEST(dns_messages_of_a_stream_have_their_length_before) {
  const auto stream = [](const std::string& bytes, Reading expected) {
    Findings findings;
    CHECK(read_dns_stream(Bytes(bytes), true, findings) == expected);
    return json(findings);
  };
  const std::string sent = be16(static_cast<unsigned>(answer.size())) + answer;
  CHECK_STR(stream(sent, Reading::done), read({answer}, Reading::done));
  CHECK_STR(stream(sent + "next", Reading::done), read({answer}, Reading::done));
  CHECK_STR(stream(sent.substr(0, sent.size() - 1), Reading::more), "");
  CHECK_STR(stream("\0"s, Reading::more), "");
  CHECK_STR(stream("\0\1x"s, Reading::foreign), "");
}

TEST(dns_on_any_port_begins_with_a_query_for_a_host) {
  CHECK(dns_begins(Bytes(query)));
  CHECK(!dns_begins(Bytes(answer)));
  CHECK(!dns_begins(Bytes(query.substr(0, query.size() - 1))));
  CHECK(!dns_begins(Bytes(header(1, 0x0100, 1, 0) + question("not a host", 1))));
  CHECK(!dns_begins(Bytes(header(1, 0x0100, 2, 0) + question("example.org", 1) + question("example.org", 1))));
  CHECK(!dns_begins(Bytes("")));
}

TEST(mdns_tells_services_and_the_host_that_has_them) {
  const std::string announced = header(0, 0x8400, 0, 2, 0, 2) +
                                record(dns_name("_ipp._tcp.local"), 12, 4500, dns_name("Office Printer._ipp._tcp.local")) +
                                record(dns_name("_services._dns-sd._udp.local"), 12, 4500, dns_name("_ipp._tcp.local")) +
                                record(dns_name("Office Printer._ipp._tcp.local"), 33, 120, be16(0) + be16(0) + be16(631) + dns_name("BRW0080.local")) +
                                record(dns_name("BRW0080.local"), 1, 120, "\xc0\xa8\1\2"s);
  CHECK_STR(read_multicast({announced}),
            R"("dns":{"reply_code":0,"num_answers":2},"mdns":{"answer":"Office Printer._ipp._tcp.local","host_name":"BRW0080.local",)"
            R"("services":["Office Printer._ipp._tcp.local","_ipp._tcp.local"]})");
}

TEST(mdns_queries_tell_what_is_asked_and_what_is_probed) {
  const std::string known = record(dns_name("_ipp._tcp.local"), 12, 4500, dns_name("theirs._ipp._tcp.local"));
  CHECK_STR(read_multicast({header(0, 0, 1, 1) + question("_ipp._tcp.local", 12) + known}),
            R"("host_server_name":"_ipp._tcp.local","dns":{"query_name":"_ipp._tcp.local","query_type":12})");
  CHECK_STR(read_multicast({header(0, 0, 1, 0, 1) + question("laptop.local", 255) + record(dns_name("laptop.local"), 1, 120, "\xc0\xa8\1\2"s)}),
            R"("host_server_name":"laptop.local","dns":{"query_name":"laptop.local","query_type":255},"mdns":{"host_name":"laptop.local"})");
}

TEST(dns_messages_that_lie_stay_inside_and_end) {
  const auto unicast = [](Cursor message, Findings& found) {
    DnsState state;
    read_dns(message, state, found);
  };
  distort(query, unicast);
  distort(answer, unicast);
  distort(answer, [](Cursor message, Findings& found) { read_mdns(message, found); });
  CHECK_STR(read({header(1, 0x8180, 0xffff, 0xffff) + pointer}, Reading::foreign), "");
  CHECK_STR(read({header(1, 0x2800, 1, 0) + question("example.org", 6)}, Reading::foreign), "");  // an update
}
