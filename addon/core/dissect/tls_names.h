// Names of what TLS writes as numbers.
#pragma once
#include <cstdint>
#include <string_view>

namespace dipper {

// "TLSv1.3", "DTLSv1.2", as libndpi writes them; "" for a number that is no version.
std::string_view tls_version_name(uint16_t version) noexcept;

// IANA's name of a cipher suite; "" for those that servers of this century do not choose.
std::string_view cipher_suite_name(uint16_t suite) noexcept;

}  // namespace dipper
