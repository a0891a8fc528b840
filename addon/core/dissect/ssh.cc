// Thread: pure functions over the caller's bytes and findings.
#include "ssh.h"

#include "../address_text.h"
#include "../md5.h"
#include "findings.h"
#include "text_lines.h"

namespace dipper {
namespace {

constexpr std::string_view mark = "SSH-";
constexpr uint8_t message_kexinit = 20;
constexpr size_t longest_packet = 35000;  // RFC 4253, 6.1
// Lists of a KEXINIT in their order (7.1).
enum : unsigned { kex, host_key, encryption_client, encryption_server, mac_client, mac_server, compression_client,
                  compression_server, language_client, language_server, lists };

// The packet behind the banner: length, padding length, message (6).
Reading read_key_exchange(Cursor bytes, bool from_client, Findings& findings) {
  if (!bytes.has(6)) return Reading::more;
  const size_t length = bytes.be32(0), padding = bytes.u8(4);
  if (bytes.u8(5) != message_kexinit || length > longest_packet || length < padding + 2) return Reading::done;
  if (!bytes.has(4 + length)) return Reading::more;
  constexpr size_t cookie = 16;
  Cursor rest = bytes.first(4 + length - padding).skip(6 + cookie);
  std::string_view list[lists];
  for (std::string_view& names : list) {
    if (!rest.has(4) || !rest.skip(4).has(rest.be32(0))) return Reading::done;
    names = text_of(rest.skip(4).first(rest.be32(0)));
    rest = rest.skip(4 + names.size());
  }
  Md5 md5;
  md5.add(list[kex]);
  for (const unsigned of_client : {encryption_client, mac_client, compression_client}) {
    md5.add(";");
    md5.add(list[from_client ? of_client : of_client + 1]);
  }
  char hassh[32];
  write_hex(md5.digest().data(), 16, hassh);
  findings.set(from_client ? Field::ssh_client_hassh : Field::ssh_server_hassh, std::string_view(hassh, sizeof hassh));
  return Reading::done;
}

}  // namespace

bool ssh_begins(Cursor payload) { return begins_with(text_of(payload), mark); }

Reading read_ssh(Cursor bytes, bool from_client, Findings& findings) {
  constexpr size_t most_before = 1024;  // of a server's other lines
  std::string_view rest = text_of(bytes), line;
  while (take_line(rest, line)) {
    if (begins_with(line, mark)) {
      findings.set(from_client ? Field::ssh_client : Field::ssh_server, line);
      return read_key_exchange(bytes.skip(bytes.size - rest.size()), from_client, findings);
    }
    if (from_client || bytes.size - rest.size() > most_before) return Reading::foreign;
  }
  if (from_client && rest.substr(0, mark.size()) != mark.substr(0, rest.size())) return Reading::foreign;
  return bytes.size > most_before ? Reading::foreign : Reading::more;
}

}  // namespace dipper
