// Google's QUIC before TLS: headers of its versions by hand, the client's first message, what hostile packets may say.
#include "check.h"
#include "dissect_rig.h"

using namespace dipper;
using namespace dissect;

namespace {

std::string le32(size_t value) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

using Tags = std::vector<std::pair<std::string, std::string>>;
const Tags usual = {{std::string("PAD\0", 4), std::string(40, '-')},
                    {std::string("SNI\0", 4), "WWW.Example.org"},
                    {std::string("VER\0", 4), "Q043"},
                    {"UAID", "Chrome/80.0 Linux x86_64"}};

std::string client_hello_of(const Tags& tags) {
  std::string index, values;
  for (const auto& [tag, value] : tags) {
    values += value;
    index += tag + le32(values.size());
  }
  return "CHLO" + le32(tags.size()) + index + values;
}

// Stream 1, offset 0, with a length.
std::string stream(const std::string& content, bool big_endian) {
  const std::string size = be16(static_cast<unsigned>(content.size()));
  return std::string("\xa0\1") + (big_endian ? size : std::string{size[1], size[0]}) + content;
}

const std::string hash(12, 'h');
std::string public_packet(const char* version, const std::string& frames, char flags = '\x0d', size_t number_size = 1) {
  const bool has_private_flags = std::string(version) < "Q034";
  return flags + std::string(8, 'c') + version + std::string(number_size, '\1') + hash + (has_private_flags ? std::string(1, '\0') : "") +
         frames;
}
std::string long_packet(const char* version, const std::string& frames) {
  return "\xc3" + std::string(version) + '\x50' + std::string(8, 'c') + std::string("\0\0\0\1", 4) + hash + frames;
}

void check_usual(const std::string& packet) {
  FlowRig rig(17);
  rig.udp(true, packet);
  CHECK_STR(rig.found(Field::ssl_client_sni), "WWW.Example.org");
  CHECK_STR(rig.found(Field::host_server_name), "www.example.org");
  CHECK_STR(rig.found(Field::http_user_agent), "Chrome/80.0 Linux x86_64");
  CHECK_STR(rig.found(Field::quic_version), "Q043");  // the tag's, whatever the header has
  CHECK(!rig.wants_more());
}

void check_nothing(const std::string& packet) {
  FlowRig rig(17);
  rig.udp(true, packet);
  CHECK(!rig.dissection.findings());
  CHECK(!rig.wants_more());
}

}  // namespace

TEST(gquic_of_every_version) {
  const std::string hello = client_hello_of(usual);
  for (const char* version : {"Q025", "Q033", "Q034", "Q035", "Q038"}) check_usual(public_packet(version, stream(hello, false)));
  for (const char* version : {"Q039", "Q043"}) check_usual(public_packet(version, stream(hello, true)));
  check_usual(long_packet("Q046", stream(hello, true)));
  check_usual(public_packet("Q043", stream(hello, true), '\x39', 6));
  check_usual(public_packet("Q043", std::string("\0\0\7", 3) + stream(hello, true)));
  check_usual(public_packet("Q043", std::string("\x80\1") + hello));                             // to the packet's end
  check_usual(public_packet("Q043", std::string("\x87\0\0\0\1\0\0", 7) + hello));                // stream and offset in four and two bytes
  check_usual(public_packet("Q035", std::string("\x87\1\0\0\0\0\0", 7) + hello));                // the same, little-endian
}

TEST(gquic_others_are_left_alone) {
  const std::string hello = client_hello_of(usual);
  for (const char* version : {"Q024", "Q044", "Q050", "T043", "Q1x3"}) check_nothing(public_packet(version, stream(hello, true)));
  for (const char* version : {"Q043", "Q047", "Q050"}) check_nothing(long_packet(version, stream(hello, true)));
  check_nothing(public_packet("Q043", stream(hello, true), '\x0f'));                    // a public reset
  check_nothing(public_packet("Q043", std::string("\x80\3") + hello));                  // another stream
  check_nothing(public_packet("Q043", std::string("\x84\1\0\1", 4) + hello));           // its later bytes
  check_nothing(public_packet("Q043", stream("REJ" + std::string(1, '\0') + hello.substr(4), true)));
  check_nothing(public_packet("Q043", stream("CHLO" + le32(0), true)));
  check_nothing(public_packet("Q043", stream("CHLO" + le32(0xffffffff) + hello, true)));
  check_nothing(public_packet("Q043", stream(hello.substr(0, 30), true)));              // the index is not whole
}

TEST(gquic_cut_and_changed_at_every_byte) {
  for (const std::string& whole : {public_packet("Q043", stream(client_hello_of(usual), true)), public_packet("Q030", stream(client_hello_of(usual), false)),
                                   long_packet("Q046", stream(client_hello_of(usual), true))}) {
    for (size_t at = 0; at < whole.size(); ++at) {
      FlowRig cut(17), shown(17);
      cut.udp(true, whole.substr(0, at));
      shown.udp(true, whole, at);  // by the snap length
      CHECK_STR(shown.found(Field::ssl_client_sni), cut.found(Field::ssl_client_sni));
      for (const char byte : {'\0', '\x7f', '\xff'}) {
        std::string changed = whole;
        changed[at] = byte;
        FlowRig rig(17);
        rig.udp(true, changed);
      }
    }
  }
}

// Ends that go back or beyond the message end the reading: values before them stand.
TEST(gquic_values_that_do_not_follow_each_other) {
  std::string hello = client_hello_of(usual);
  hello.replace(8 + 3 * 8 + 4, 4, le32(3));
  for (int time = 0; time < 2; ++time) {
    FlowRig rig(17);
    rig.udp(true, public_packet("Q043", stream(hello, true)));
    CHECK_STR(rig.found(Field::ssl_client_sni), "WWW.Example.org");
    CHECK_STR(rig.found(Field::http_user_agent), "");
    hello.replace(8 + 3 * 8 + 4, 4, le32(0xfffffff0));
  }
  FlowRig longest(17);
  longest.udp(true, public_packet("Q043", stream(client_hello_of({{std::string("SNI\0", 4), std::string(300, 'A')}}), true)));
  CHECK_STR(longest.found(Field::host_server_name), std::string(255, 'a'));
}
