// SHA-1 (FIPS 180-4) for the flow digest and the community id: identifiers, not security. Ours because it runs twice a
// flow on the worker and libgcrypt's handle interface costs more than the one or two blocks that we hash.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace dipper {

std::array<uint8_t, 20> sha1(const uint8_t* data, size_t size) noexcept;

}  // namespace dipper
