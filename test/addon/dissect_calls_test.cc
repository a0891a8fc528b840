// STUN, SIP and RTP: how calls find each other.
#include "check.h"
#include "core/dissect/rtp.h"
#include "core/dissect/sip.h"
#include "core/dissect/stun.h"
#include "findings_json.h"

using namespace dipper;
using namespace dissect_test;
using namespace std::string_literals;

namespace {

std::string attribute(unsigned type, const std::string& value) {
  return be16(type) + be16(static_cast<unsigned>(value.size())) + value + std::string((4 - value.size() % 4) % 4, '\0');
}
std::string stun(const std::string& attributes, uint32_t cookie = 0x2112a442) {
  return be16(0x0101) + be16(static_cast<unsigned>(attributes.size())) + be32(cookie) + unhex("b7e7a701bc34d686fa87dfae") + attributes;
}
std::string read(const std::string& message, Reading expected, bool by_port = false) {
  Findings findings;
  CHECK(read_stun(Bytes(message), by_port, findings) == expected);
  return json(findings);
}

// The responses of RFC 5769, 2.2 and 2.3, without what authenticates them.
const std::string response4 = stun(attribute(0x8022, "test vector") + attribute(0x0020, unhex("0001a147e112a643")));
const std::string response6 = stun(attribute(0x8022, "test vector") + attribute(0x0020, unhex("0002a1470113a9faa5d3f179bc25f4b5bed2b9d9")));

const std::string invite =
    "INVITE sip:bob@b.example SIP/2.0\r\nVia: SIP/2.0/UDP a.example\r\nFrom: \"Alice\" <sip:alice@a.example:5060;x=y>;tag=1\r\n"
    "t: <sips:bob@[2001:db8::1]:5061>\r\nCall-ID: 1@a\r\nUser-Agent: phone/1\r\n\r\nv=0\r\n";

std::string call(std::initializer_list<std::string> messages, Reading last) {
  Findings findings;
  Reading reading = Reading::foreign;
  for (const std::string& message : messages) reading = read_sip(Bytes(message), findings);
  CHECK(reading == last);
  return json(findings);
}

}  // namespace

TEST(stun_addresses_of_the_published_vectors) {
  CHECK_STR(read(response4, Reading::more), R"("stun":{"mapped":"192.0.2.1:32853","software":"test vector"})");
  CHECK_STR(read(response6, Reading::more),
            R"("stun":{"mapped":"[2001:db8:1234:5678:11:2233:4455:6677]:32853","software":"test vector"})");
}

TEST(stun_tells_relays_peers_and_servers) {
  const std::string plain = unhex("00010d96c0000201");  // 192.0.2.1:3478
  CHECK_STR(read(stun(attribute(0x0001, plain) + attribute(0x802b, plain) + attribute(0x802c, plain) + attribute(0x0014, "realm.example")),
                 Reading::more),
            R"("stun":{"mapped":"192.0.2.1:3478","other":"192.0.2.1:3478","response":"192.0.2.1:3478","realm":"realm.example"})");
  const std::string hidden = unhex("0001a147e112a643");
  CHECK_STR(read(stun(attribute(0x0012, hidden) + attribute(0x0016, hidden)), Reading::more),
            R"("stun":{"peer":"192.0.2.1:32853","relayed":"192.0.2.1:32853"})");
}

TEST(stun_of_before_the_cookie_counts_by_its_port) {
  const std::string old = stun(attribute(0x0001, unhex("00010d96c0000201")), 0x01020304);
  CHECK_STR(read(old, Reading::foreign), "");
  CHECK_STR(read(old, Reading::more, true), R"("stun":{"mapped":"192.0.2.1:3478"})");
}

TEST(sip_tells_who_calls_whom) {
  const std::string expected =
      R"("sip":{"method":"INVITE","from":"alice@a.example","to":"bob@[2001:db8::1]","user_agent":"phone/1","call_id":"1@a"})";
  CHECK_STR(call({invite}, Reading::more), expected);
  CHECK_STR(call({invite, "BYE sip:x@y SIP/2.0\r\nFrom: <sip:z@z>\r\n\r\n"}, Reading::more), expected);
  CHECK_STR(call({"SIP/2.0 200 OK\r\nf: sip:carol:secret@c.example\r\nTo: <tel:+15550100>\r\n\r\n"}, Reading::more),
            R"("sip":{"from":"c.example","to":"+15550100"})");
  CHECK_STR(call({"GET / HTTP/1.1\r\n\r\n"}, Reading::foreign), "");
}

TEST(rtp_is_proved_by_two_packets_of_one_source) {
  const auto packet = [](unsigned sequence, const std::string& source) { return "\x80\x88"s + be16(sequence) + be32(1) + source + "voice"; };
  const auto begins = [](std::initializer_list<std::string> packets) {
    RtpGuess guess;
    Begins last = Begins::no;
    for (const std::string& one : packets) last = rtp_begins(Bytes(one), 0, guess);
    return last;
  };
  const std::string source = "\xde\xad\xbe\xef";
  CHECK(begins({packet(1, source)}) == Begins::perhaps);
  CHECK(begins({packet(0xffff, source), packet(1, source)}) == Begins::yes);
  CHECK(begins({packet(0xffff, source), "not", packet(1, source)}) == Begins::yes);
  CHECK(begins({packet(1, source), packet(2, "othr")}) == Begins::never);
  CHECK(begins({packet(1, source), packet(500, source)}) == Begins::perhaps);
  CHECK(begins({"\x80\xc8"s + std::string(10, '\1')}) == Begins::no);  // a sender report
  Findings findings;
  CHECK(read_rtp(Bytes(packet(1, source)), findings) == Reading::done);
  CHECK_STR(json(findings), R"("rtp":{"payload_type":8,"ssrc":3735928559})");
}

TEST(calls_that_are_cut_or_changed_stay_inside) {
  for (const std::string& message : {response4, response6}) distort(message, [](Cursor one, Findings& found) { read_stun(one, true, found); });
  distort(invite, [](Cursor one, Findings& found) { read_sip(one, found); });
}
