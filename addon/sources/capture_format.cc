// Which format a capture is, by its content, and how its defects are told.
#include "sources/capture_format.h"

#include <cstdio>

#include "core/link_type.h"

namespace dipper {
namespace {

struct Foreign {
  const char* magic;
  size_t size;
  const char* advice;
};
// What people hand in by mistake, and what to do about it.
constexpr Foreign foreign_formats[] = {
    {"\x1f\x8b", 2, "gzip inside gzip: inflate it once (gzip -dc) and pipe it in"},
    {"\x28\xb5\x2f\xfd", 4, "zstd data: decompress it (zstd -dc) and pipe it in"},
    {"\xfd\x37zXZ", 5, "xz data: decompress it (xz -dc) and pipe it in"},
    {"BZh", 3, "bzip2 data: decompress it (bzip2 -dc) and pipe it in"},
    {"\x04\x22\x4d\x18", 4, "lz4 data: decompress it (lz4 -dc) and pipe it in"},
    {"PK\x03\x04", 4, "a zip archive: unpack it first"},
    {"snoop\0\0\0", 8, "a snoop capture: convert it with editcap or tshark -F pcap"},
    {"XCP\0", 4, "a Network Associates Sniffer capture: convert it with editcap -F pcap"},
    {"TRSNIFF", 7, "a Sniffer capture: convert it with editcap -F pcap"},
    {"GMBU", 4, "a Network Monitor capture: convert it with editcap -F pcap"},
};

}  // namespace

bool capture_format_known(const uint8_t* head) { return is_pcap(head) || is_pcapng(head); }

std::unique_ptr<CaptureFormat> make_capture_format(const uint8_t* head) {
  if (is_pcap(head)) return make_pcap_format();
  if (is_pcapng(head)) return make_pcapng_format();
  return nullptr;
}

std::string describe_unknown_format(const uint8_t* head, size_t size) {
  if (size == 0) return "the capture is empty (0 bytes), not even a file header";
  for (const Foreign& f : foreign_formats) {
    if (size >= f.size && memcmp(head, f.magic, f.size) == 0)
      return std::string("not a capture file but ") + f.advice;
  }
  std::string hex, text;
  for (size_t i = 0; i < size && i < 8; ++i) {
    char byte[4];
    snprintf(byte, sizeof byte, " %02x", head[i]);
    hex += byte;
    text += head[i] >= 0x20 && head[i] < 0x7f ? static_cast<char>(head[i]) : '.';
  }
  return "not a capture file: it begins with" + hex + " (\"" + text +
         "\"); known are pcap and pcapng, plain or compressed with gzip";
}

SourceError defect_error(const std::string& name, const CaptureFormat& format, bool inflated) {
  const Defect& defect = format.defect();
  const uint64_t n = format.packets();
  std::string message = name + ": " + defect.what + ", at byte " + std::to_string(defect.offset);
  if (inflated) message += " of the inflated data";
  if (n)
    message += n == 1 ? "; the packet before it was read"
                      : "; the " + std::to_string(n) + " packets before it were read";
  return {std::move(message), defect.offset, 65};
}

std::string unsupported_link_type(uint16_t value) {
  return "link type " + std::to_string(value) + " (" + link_type_name(value) + ") is not supported";
}

}  // namespace dipper
