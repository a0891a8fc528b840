// SSH's banners and HASSH of both sides.
#include "core/dissect/ssh.h"

#include "check.h"
#include "findings_json.h"

using namespace dipper;
using namespace dissect_test;

namespace {

std::string read(const std::string& text, bool from_client, Reading expected) {
  Findings findings;
  CHECK(read_ssh(Bytes(text), from_client, findings) == expected);
  return json(findings);
}

std::string name_list(const std::string& names) { return be32(static_cast<uint32_t>(names.size())) + names; }

// Lists k, h, e, E, m, M, c, C and two empty ones.
std::string key_exchange() {
  std::string message = "\x14" + std::string(16, '\xaa');
  for (const char* names : {"k1,k2", "h", "e", "E", "m", "M", "c", "C", "", ""}) message += name_list(names);
  message += std::string(5, '\0');
  const std::string padding(7, '\x55');
  return be32(static_cast<uint32_t>(1 + message.size() + padding.size())) + '\x07' + message + padding;
}

}  // namespace

TEST(ssh_banner_is_told_whole) {
  const std::string banner = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3 with a comment that is long";
  CHECK_STR(read(banner + "\r\n", true, Reading::more), "\"ssh\":{\"client\":\"" + banner + "\"}");
  CHECK_STR(read(banner + "\n", false, Reading::more), "\"ssh\":{\"server\":\"" + banner + "\"}");
  CHECK_STR(read("Welcome\r\nto this host\r\n" + banner + "\r\n", false, Reading::more), "\"ssh\":{\"server\":\"" + banner + "\"}");
}

TEST(ssh_key_exchange_gives_hassh_of_each_side) {
  // md5sum of "k1,k2;e;m;c" and "k1,k2;E;M;C"
  const std::string whole = "SSH-2.0-x\r\n" + key_exchange();
  CHECK_STR(read(whole, true, Reading::done), R"("ssh":{"client":"SSH-2.0-x","client_hassh":"a4b2aee6bc9576669b9552bb9baed9b5"})");
  CHECK_STR(read(whole + "more", false, Reading::done), R"("ssh":{"server":"SSH-2.0-x","server_hassh":"a5f62ab2b0d946d16412b9a407c9d16c"})");
  for (size_t size = 12; size < whole.size(); ++size) read(whole.substr(0, size), true, Reading::more);
}

TEST(ssh_of_other_protocols_is_foreign) {
  CHECK_STR(read("GET / HTTP/1.1\r\n", true, Reading::foreign), "");
  CHECK_STR(read("220 ready\r\n", true, Reading::foreign), "");
  CHECK_STR(read(std::string(2000, 'x'), false, Reading::foreign), "");
  CHECK_STR(read("SSH-2.0-x\r\n" + be32(40) + "\x04\x15" + std::string(40, 'x'), true, Reading::done), R"("ssh":{"client":"SSH-2.0-x"})");
}

TEST(ssh_messages_that_lie_about_lengths_stay_inside) {
  const std::string whole = "SSH-2.0-x\r\n" + key_exchange();
  distort(whole, [](Cursor bytes, Findings& found) { read_ssh(bytes, true, found); });
  distort(whole, [](Cursor bytes, Findings& found) { read_ssh(bytes, false, found); });
}
