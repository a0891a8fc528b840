// MQTT, RDP, NTP, SNMP, and the logins of FTP and mail.
#include "check.h"
#include "core/dissect/login.h"
#include "core/dissect/mqtt.h"
#include "core/dissect/ntp.h"
#include "core/dissect/rdp.h"
#include "core/dissect/snmp.h"
#include "findings_json.h"

using namespace dipper;
using namespace dissect_test;
using namespace std::string_literals;

namespace {

template <Reading (*parse)(Cursor, Findings&)>
std::string read(std::initializer_list<std::string> packets, Reading last) {
  Findings findings;
  Reading reading = Reading::foreign;
  for (const std::string& packet : packets) reading = parse(Bytes(packet), findings);
  CHECK(reading == last);
  return json(findings);
}

template <Reading (*parse)(Cursor, LoginProtocol, Findings&)>
std::string read(LoginProtocol protocol, const std::string& bytes, Reading expected) {
  Findings findings;
  CHECK(parse(Bytes(bytes), protocol, findings) == expected);
  return json(findings);
}

std::string text(const std::string& value) { return be16(static_cast<unsigned>(value.size())) + value; }
std::string connect(const std::string& rest) { return "\x10"s + static_cast<char>(rest.size()) + rest; }
const std::string connect3 = connect(text("MQTT") + "\4\xc6"s + be16(60) + text("sensor-1") + text("will/topic") + text("bye") + text("bob") + text("secret"));
const std::string connect5 = connect(text("MQTT") + "\5\x82"s + be16(60) + "\5\x11\0\0\0\1"s + text("sensor-5") + text("eve"));

std::string tpkt(const std::string& rest) {
  const std::string x224 = static_cast<char>(6 + rest.size()) + "\xe0\0\0\0\0\0"s + rest;
  return "\3\0"s + be16(static_cast<unsigned>(4 + x224.size())) + x224;
}
const std::string negotiation = "\1\0\x08\0\x03\0\0\0"s;
const std::string rdp = tpkt("Cookie: mstshash=alice\r\n" + negotiation);

std::string element(char type, const std::string& content) { return std::string{type, static_cast<char>(content.size())} + content; }
const std::string get2c = element('\x30', element('\2', "\1") + element('\4', "public") + element('\xa0', "x"));
const std::string get3 = element('\x30', element('\2', "\3") + element('\x30', "header") + element('\4', "security") +
                                             element('\x30', element('\4', "engine") + element('\4', "") + element('\xa8', "x")));

}  // namespace

TEST(mqtt_client_tells_who_it_is_but_no_password) {
  CHECK_STR(read<read_mqtt>({connect3}, Reading::done), R"("mqtt":{"version":4,"client_id":"sensor-1","user_name":"bob"})");
  CHECK_STR(read<read_mqtt>({connect5}, Reading::done), R"("mqtt":{"version":5,"client_id":"sensor-5","user_name":"eve"})");
  for (size_t size = 1; size < connect3.size() - 8; ++size) read<read_mqtt>({connect3.substr(0, size)}, Reading::more);
  CHECK_STR(read<read_mqtt>({"\x10\x0a\0\4HTTP\1\2\0\0"s}, Reading::foreign), "");
}

TEST(rdp_cookie_and_the_security_that_is_offered) {
  CHECK_STR(read<read_rdp>({rdp}, Reading::done), R"("rdp":{"cookie":"alice","protocols":["TLS","CredSSP"]})");
  CHECK_STR(read<read_rdp>({tpkt("")}, Reading::done), "");
  CHECK_STR(read<read_rdp>({tpkt("\1\0\x08\0\0\0\0\0"s)}, Reading::done), R"("rdp":{"protocols":["RDP"]})");
  CHECK_STR(read<read_rdp>({tpkt("Cookie: msts=1.2.3\r\n" + negotiation)}, Reading::done), R"("rdp":{"protocols":["TLS","CredSSP"]})");
  CHECK_STR(read<read_rdp>({rdp.substr(0, 20)}, Reading::more), "");
}

TEST(ntp_client_and_the_server_that_it_asks) {
  const std::string asked = "\x23" + std::string(47, '\0'), answered = "\x24\1\0\0"s + std::string(8, '\0') + "GPS\0"s + std::string(32, '\0');
  CHECK_STR(read<read_ntp>({asked}, Reading::more), R"("ntp":{"version":4,"mode":"client"})");
  CHECK_STR(read<read_ntp>({asked, answered}, Reading::done), R"("ntp":{"version":4,"mode":"client","stratum":1,"reference_id":"GPS"})");
  std::string second = answered;
  second[1] = '\2';
  second.replace(12, 4, "\xc0\0\2\1"s);
  CHECK_STR(read<read_ntp>({second}, Reading::done), R"("ntp":{"version":4,"mode":"server","stratum":2,"reference_id":"192.0.2.1"})");
  CHECK_STR(read<read_ntp>({"\x16\2\0\1"s}, Reading::done), R"("ntp":{"version":2,"mode":"control"})");
  CHECK_STR(read<read_ntp>({asked.substr(0, 47)}, Reading::foreign), "");
}

TEST(snmp_version_and_operation_without_the_community) {
  CHECK_STR(read<read_snmp>({get2c}, Reading::done), R"("snmp":{"version":2,"operation":"get"})");
  CHECK_STR(read<read_snmp>({get3}, Reading::done), R"("snmp":{"version":3,"operation":"report"})");
  CHECK_STR(read<read_snmp>({element('\x30', element('\2', "\7") + element('\4', "public"))}, Reading::foreign), "");
}

TEST(logins_tell_banner_and_user_but_no_password) {
  using P = LoginProtocol;
  CHECK_STR(read<read_greeting>(P::ftp, "220 vsFTPd 3.0.3\r\n", Reading::done), R"("ftp":{"banner":"vsFTPd 3.0.3"})");
  CHECK_STR(read<read_login>(P::ftp, "USER bob\r\nPASS secret\r\n", Reading::done), R"("ftp":{"user_name":"bob"})");
  CHECK_STR(read<read_greeting>(P::smtp, "220-mx.example ESMTP\r\n220 ready\r\n", Reading::done), R"("smtp":{"banner":"mx.example ESMTP"})");
  CHECK_STR(read<read_login>(P::smtp, "EHLO client.example\r\n", Reading::done), R"("smtp":{"helo":"client.example"})");
  CHECK_STR(read<read_greeting>(P::pop, "+OK ready <1@x>\r\n", Reading::done), R"("pop":{"banner":"ready <1@x>"})");
  CHECK_STR(read<read_login>(P::pop, "CAPA\r\nAPOP bob 0123\r\n", Reading::done), R"("pop":{"user_name":"bob"})");
  CHECK_STR(read<read_greeting>(P::imap, "* OK IMAP4rev1\r\n", Reading::done), R"("imap":{"banner":"IMAP4rev1"})");
  CHECK_STR(read<read_login>(P::imap, "a1 CAPABILITY\r\na2 LOGIN \"bob b\" secret\r\n", Reading::done), R"("imap":{"user_name":"bob b"})");
  CHECK_STR(read<read_login>(P::imap, "a1 LOGIN bob secret\r\n", Reading::done), R"("imap":{"user_name":"bob"})");
}

TEST(logins_end_where_encryption_or_a_password_begins) {
  using P = LoginProtocol;
  CHECK_STR(read<read_login>(P::ftp, "AUTH TLS\r\nUSER x\r\n", Reading::done), "");
  CHECK_STR(read<read_login>(P::pop, "STLS\r\nUSER x\r\n", Reading::done), "");
  CHECK_STR(read<read_login>(P::imap, "a1 AUTHENTICATE PLAIN\r\nAGJvYgBzZWNyZXQ=\r\n", Reading::done), "");
  CHECK_STR(read<read_login>(P::ftp, "SYST\r\nUSER bo", Reading::more), "");
  CHECK_STR(read<read_greeting>(P::ftp, "2200 x\r\n", Reading::foreign), "");
  CHECK_STR(read<read_greeting>(P::ftp, std::string(2000, 'x'), Reading::foreign), "");
  CHECK_STR(read<read_login>(P::ftp, std::string(2000, 'x'), Reading::foreign), "");
}

TEST(services_that_are_cut_or_changed_stay_inside) {
  for (const std::string& one : {connect3, connect5}) distort(one, [](Cursor bytes, Findings& found) { read_mqtt(bytes, found); });
  distort(rdp, [](Cursor bytes, Findings& found) { read_rdp(bytes, found); });
  for (const std::string& one : {get2c, get3}) distort(one, [](Cursor bytes, Findings& found) { read_snmp(bytes, found); });
  distort(std::string(48, '\x24'), [](Cursor bytes, Findings& found) { read_ntp(bytes, found); });
  distort("a1 LOGIN \"bob\" x\r\n", [](Cursor bytes, Findings& found) { read_login(bytes, LoginProtocol::imap, found); });
  distort("* PREAUTH x\r\n", [](Cursor bytes, Findings& found) { read_greeting(bytes, LoginProtocol::imap, found); });
}
