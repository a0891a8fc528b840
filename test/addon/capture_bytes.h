// Captures as byte strings for the source tests, and what a source makes of them.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/source.h"

namespace capture_bytes {

enum class Order : uint8_t { little, big };

std::string u16(uint32_t value, Order order = Order::little);
std::string u32(uint32_t value, Order order = Order::little);

// Classic pcap.
std::string pcap_header(uint32_t magic, uint32_t link_type, Order order = Order::little,
                        uint32_t snaplen = 65535, uint32_t minor = 4);
std::string pcap_record(uint32_t seconds, uint32_t fraction, const std::string& data, uint32_t wire,
                        Order order = Order::little);

// pcapng; `body` is padded to four bytes.
std::string block(uint32_t type, std::string body, Order order = Order::little);
std::string section(Order order = Order::little);
std::string interface(uint32_t link_type, const std::string& options = "",
                      Order order = Order::little, uint32_t snaplen = 0);
std::string enhanced(uint32_t interface_id, uint64_t timestamp, const std::string& data,
                     uint32_t wire, Order order = Order::little);

std::string gzip(const std::string& plain);

// A file in a fresh temporary directory, both gone at the end.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string directory_, path_;
};

struct Seen {
  std::string data;
  uint64_t timestamp_ns;
  uint32_t captured, wire;
  uint16_t link_type;
};
struct Outcome {
  std::vector<Seen> packets;
  dipper::ReadStatus status =
      dipper::ReadStatus::more;  // end, or failed, or idle when it was stopped
  dipper::SourceError error;
  dipper::SourceStats stats;
  bool every_view_held = true;  // by a block, where the source says that it uses blocks
};
Outcome read_all(dipper::Source& source);
Outcome read_path(const std::string& path);
Outcome read_mapped(const std::string& content);  // from a file
Outcome read_piped(const std::string& content,
                   size_t chunk);  // from a pipe, written `chunk` bytes at a time

}  // namespace capture_bytes
