// JA3, JA3S and JA4: what a hello tells of the program that made it. Written from the descriptions alone: JA3 and JA3S by
// Salesforce (github.com/salesforce/ja3), JA4 by FoxIO (github.com/FoxIO-LLC/ja4, technical_details/JA4.md, BSD 3-Clause).
#pragma once
#include "hello.h"

namespace dipper {

enum class HelloTransport : char { tls = 't', dtls = 'd', quic = 'q' };

// 32 hexadecimal digits each.
struct Ja3 {
  char text[32];
};
Ja3 ja3(const Hello& client) noexcept;
Ja3 ja3s(const Hello& server) noexcept;

// t13d1516h2_8daaf6152771_e5627efa2ab1
struct Ja4 {
  char text[36];
};
// False for more cipher suites or extensions than any client has (512): they would have to be sorted.
bool ja4(const Hello& client, HelloTransport transport, Ja4& result) noexcept;

// The newest version that the client offers: of supported_versions, else legacy_version. GREASE does not count.
uint16_t newest_version(const Hello& client) noexcept;

}  // namespace dipper
