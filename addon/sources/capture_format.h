// The parsers of capture file formats. A format sees bytes in windows that only ever grow or move
// forward, and turns whole records into views; it does no I/O, so mapped and streamed captures
// share it. Thread: a format belongs to the reader thread of its source.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "core/source.h"

namespace dipper {

// libpcap's MAXIMUM_SNAPLEN: a longer captured length is a damaged header, not a packet.
constexpr uint32_t max_captured_length = 262144;

enum class Parse : uint8_t {
  full,     // the burst is full, and at least one more record is complete
  starved,  // the next record needs need() bytes
  failed,   // defect() says why
};

struct Defect {
  std::string what;     // a clause for the message: "packet 12 claims ..."
  uint64_t offset = 0;  // in the (inflated) capture
};

class CaptureFormat {
 public:
  virtual ~CaptureFormat() = default;
  // Appends the whole records at the front of `data`, which lies at `offset` of the capture, to
  // `burst`. Sets `consumed`; the next call continues there.
  virtual Parse parse(const uint8_t* data, size_t size, uint64_t offset, Burst& burst,
                      size_t& consumed) = 0;
  // No more bytes will come after the `left` unconsumed ones at `offset`. False: defect() says why
  // that is wrong.
  virtual bool finish(size_t left, uint64_t offset) = 0;

  size_t need() const {
    return need_;
  }  // at the front of the window, to make progress; bounded by the format
  uint64_t packets() const { return packets_; }
  const Defect& defect() const { return defect_; }

 protected:
  Parse starve(size_t need) {
    need_ = need;
    return Parse::starved;
  }
  Parse fail(uint64_t offset, std::string what) {
    defect_ = {std::move(what), offset};
    return Parse::failed;
  }
  uint64_t packets_ = 0;

 private:
  size_t need_ = 1;
  Defect defect_;
};

// By the first four bytes of a capture.
bool capture_format_known(const uint8_t* head);
std::unique_ptr<CaptureFormat> make_capture_format(const uint8_t* head);  // null: unknown

// What the first `size` bytes are instead, in words for a message that names what is known.
std::string describe_unknown_format(const uint8_t* head, size_t size);

bool is_pcap(const uint8_t* head);
std::unique_ptr<CaptureFormat> make_pcap_format();
bool is_pcapng(const uint8_t* head);
std::unique_ptr<CaptureFormat> make_pcapng_format();

// The message that a person sees, for a defect of capture `name`.
SourceError defect_error(const std::string& name, const CaptureFormat& format, bool inflated);

// "link type 189 (USB_LINUX) is not supported"
std::string unsupported_link_type(uint16_t value);

// Files written before LINKTYPE_ values existed carry Linux' DLT_RAW.
constexpr uint16_t normal_link_type(uint32_t field) {
  const uint16_t value = static_cast<uint16_t>(field);  // above: FCS length and reserved bits
  return value == 12 ? 101 : value;
}

// Unaligned loads; `Swap` when the writer's byte order is not this machine's.
template <bool Swap>
inline uint16_t load16(const uint8_t* p) {
  uint16_t v;
  memcpy(&v, p, sizeof v);
  return Swap ? __builtin_bswap16(v) : v;
}
template <bool Swap>
inline uint32_t load32(const uint8_t* p) {
  uint32_t v;
  memcpy(&v, p, sizeof v);
  return Swap ? __builtin_bswap32(v) : v;
}

}  // namespace dipper
