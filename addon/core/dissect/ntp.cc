// Thread: a pure function over the caller's bytes and findings.
#include "ntp.h"

#include "../address_text.h"
#include "findings.h"

namespace dipper {
namespace {

constexpr size_t reference_at = 12, header_size = 48;
constexpr const char* modes[] = {"reserved", "symmetric_active", "symmetric_passive", "client",
                                 "server",   "broadcast",        "control",           "private"};
enum : uint8_t { mode_client = 3, mode_server = 4, mode_broadcast = 5, mode_control = 6 };

// Four letters of a clock ("GPS") or of a refusal at stratum 0 and 1, above it an IPv4 address (or a part of a hash).
void set_reference(Cursor message, uint8_t stratum, Findings& findings) {
  const uint8_t* id = message.data + reference_at;
  char text[16];
  if (stratum > 1) {
    findings.set(Field::ntp_reference_id, std::string_view(text, static_cast<size_t>(write_ipv4(id, text) - text)));
    return;
  }
  size_t size = 0;
  while (size < 4 && id[size] > ' ' && id[size] < 0x7f) {
    text[size] = static_cast<char>(id[size]);
    ++size;
  }
  if (size) findings.set(Field::ntp_reference_id, std::string_view(text, size));
}

}  // namespace

Reading read_ntp(Cursor message, Findings& findings) {
  if (!message.has(4)) return Reading::foreign;
  const uint8_t version = message.u8(0) >> 3 & 7, mode = message.u8(0) & 7;
  // Modes 6 and 7 are ntpq's and ntpdc's: shorter, without a stratum.
  if (version < 1 || version > 4 || mode == 0 || (mode < mode_control && !message.has(header_size))) return Reading::foreign;
  if (!findings.has(Field::ntp_version)) {
    findings.set(Field::ntp_version, uint64_t{version});
    findings.set(Field::ntp_mode, modes[mode]);
  }
  if (mode == mode_client) return Reading::more;
  if (mode >= mode_control) return Reading::done;
  findings.set(Field::ntp_stratum, uint64_t{message.u8(1)});
  set_reference(message, message.u8(1), findings);
  return Reading::done;
}

}  // namespace dipper
