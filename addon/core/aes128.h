// AES-128 (FIPS 197), forward only: what QUIC's Initial packets need (docs/adr/0006). Tables by byte value leak their key to
// who shares the cache; these keys are no secret.
#pragma once
#include <cstddef>
#include <cstdint>

namespace dipper {

class Aes128 {
 public:
  Aes128() = default;
  explicit Aes128(const uint8_t key[16]) noexcept;

  void encrypt(const uint8_t in[16], uint8_t out[16]) const noexcept;
  // The same without the processor's instructions for it, whatever it has.
  void encrypt_portable(const uint8_t in[16], uint8_t out[16]) const noexcept;
  // Counter mode of GCM (NIST SP 800-38D, 6.5): blocks from the one after J0 on, which is `nonce` and the number 1.
  void gcm_crypt(const uint8_t nonce[12], const uint8_t* in, size_t size, uint8_t* out) const noexcept;

 private:
  uint32_t round_keys_[44];  // a column each, its first byte lowest
};

}  // namespace dipper
