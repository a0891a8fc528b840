// SMB's dialects and logins, BitTorrent's handshake.
#include "check.h"
#include "core/dissect/bittorrent.h"
#include "core/dissect/ntlm.h"
#include "core/dissect/smb.h"
#include "findings_json.h"

using namespace dipper;
using namespace dissect_test;
using namespace std::string_literals;

namespace {

std::string le16(unsigned v) { return {static_cast<char>(v), static_cast<char>(v >> 8)}; }
std::string le32(uint32_t v) { return le16(v & 0xffff) + le16(v >> 16); }
std::string utf16(const std::string& ascii) {
  std::string out;
  for (const char c : ascii) out += {c, '\0'};
  return out;
}

std::string session(const std::string& message) { return be32(static_cast<uint32_t>(message.size())) + message; }
std::string smb2(unsigned command, const std::string& body) {
  return session("\xfeSMB"s + le16(64) + std::string(6, '\0') + le16(command) + std::string(50, '\0') + body);
}
std::string smb1(unsigned command, const std::string& words, const std::string& bytes, unsigned flags2 = 0x8000) {
  return session("\xffSMB"s + static_cast<char>(command) + std::string(5, '\0') + le16(flags2) + std::string(20, '\0') +
                 static_cast<char>(words.size() / 2) + words + le16(static_cast<unsigned>(bytes.size())) + bytes);
}

std::string authenticate() {
  const std::string domain = utf16("WORK"), user = utf16("anna"), workstation = utf16("LAPTOP");
  const auto field = [](const std::string& value, size_t at) {
    return le16(static_cast<unsigned>(value.size())) + le16(static_cast<unsigned>(value.size())) + le32(static_cast<uint32_t>(at));
  };
  return "NTLMSSP\0"s + le32(3) + field("", 64) + field("", 64) + field(domain, 64) + field(user, 64 + domain.size()) +
         field(workstation, 64 + domain.size() + user.size()) + field("", 64) + le32(1) + domain + user + workstation;
}

std::string read(const std::string& bytes, bool from_client, Reading expected) {
  Findings findings;
  CHECK(read_smb(Bytes(bytes), from_client, findings) == expected);
  return json(findings);
}

const std::string negotiated = smb2(0, le16(65) + le16(1) + le16(0x0311) + le16(0));
const std::string login2 = smb2(1, le16(25) + "spnego" + authenticate());
const std::string setup1 = smb1(0x73, std::string(6, '\0') + le16(3), "blo" + utf16("Windows 5.1") + "\0\0"s + utf16("Windows 2000"));

}  // namespace

TEST(smb_dialect_is_the_one_that_the_server_chose) {
  CHECK_STR(read(negotiated, false, Reading::more), R"("smb":{"dialect":"3.1.1"})");
  CHECK_STR(read(negotiated, true, Reading::more), "");
  CHECK_STR(read(smb2(0, le16(65) + le16(1) + le16(0x02ff)) + negotiated, false, Reading::more), R"("smb":{"dialect":"3.1.1"})");
  CHECK_STR(read(smb1(0x72, le16(5) + std::string(32, '\0'), ""), false, Reading::more), R"("smb":{"dialect":"NT LM 0.12"})");
  CHECK_STR(read(smb1(0x72, le16(0xffff), ""), false, Reading::more), "");
}

TEST(smb_login_names_domain_workstation_and_user) {
  CHECK_STR(read(login2, true, Reading::more), R"("smb":{"domain":"WORK","workstation":"LAPTOP","user_name":"anna"})");
  CHECK_STR(read(be32(0x81000002) + "xx" + login2 + smb2(3, "tree connect"), true, Reading::done), read(login2, true, Reading::more));
  CHECK_STR(read(setup1, false, Reading::more), R"("smb":{"native_os":"Windows 5.1"})");
}

TEST(smb_of_other_protocols_and_of_versions_that_encrypt) {
  CHECK_STR(read("GET / HTTP/1.1\r\n", true, Reading::foreign), "");
  CHECK_STR(read(session("\xfdSMB encrypted"), true, Reading::foreign), "");
  CHECK_STR(read(login2.substr(0, 80), true, Reading::more), "");
}

TEST(utf16_becomes_utf8) {
  char out[16];
  const auto text = [&](const std::string& bytes, size_t room) { return std::string(out, utf8_of_utf16(Bytes(bytes), out, room)); };
  CHECK_STR(text(le16('a') + le16(0xfc) + le16(0x20ac) + le16(0xd83d) + le16(0xde00) + le16(0) + le16('b'), 16), "aü€😀");
  CHECK_STR(text(le16(0xd83d) + le16('a'), 16), "\xef\xbf\xbd""a");
  CHECK_STR(text(le16(0xde00) + "x", 16), "\xef\xbf\xbd");
  CHECK_STR(text(utf16("abcdefgh"), 6), "abc");
}

TEST(bittorrent_handshake_has_the_info_hash) {
  const std::string handshake = "\x13""BitTorrent protocol"s + std::string(8, '\0') + std::string(20, '\xab') + "-peer id-";
  Findings findings;
  CHECK(read_bittorrent(Bytes(handshake.substr(0, 47)), findings) == Reading::more);
  CHECK(read_bittorrent(Bytes("\x13""Bittorrent"), findings) == Reading::foreign);
  CHECK_STR(json(findings), "");
  CHECK(read_bittorrent(Bytes(handshake), findings) == Reading::done);
  CHECK_STR(json(findings), R"("bt":{"info_hash":"abababababababababababababababababababab"})");
}

TEST(smb_messages_that_lie_stay_inside) {
  for (const std::string& one : {negotiated, login2, setup1}) {
    distort(one, [](Cursor bytes, Findings& found) { read_smb(bytes, true, found); });
    distort(one, [](Cursor bytes, Findings& found) { read_smb(bytes, false, found); });
  }
  distort(authenticate(), [](Cursor bytes, Findings& found) { find_ntlm(bytes, found); });
}
