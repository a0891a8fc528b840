// Builders and readers of capture_bytes.h.
#include "capture_bytes.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <thread>

#include "sources/pcap_file.h"

namespace capture_bytes {
using namespace dipper;

std::string u16(uint32_t v, Order order) {
  const char low = static_cast<char>(v), high = static_cast<char>(v >> 8);
  return order == Order::little ? std::string{low, high} : std::string{high, low};
}
std::string u32(uint32_t v, Order order) {
  return order == Order::little ? u16(v & 0xffff, order) + u16(v >> 16, order)
                                : u16(v >> 16, order) + u16(v & 0xffff, order);
}

std::string pcap_header(uint32_t magic, uint32_t link_type, Order o, uint32_t snaplen,
                        uint32_t minor) {
  return u32(magic, o) + u16(2, o) + u16(minor, o) + u32(0, o) + u32(0, o) + u32(snaplen, o) +
         u32(link_type, o);
}
std::string pcap_record(uint32_t seconds, uint32_t fraction, const std::string& data, uint32_t wire,
                        Order o) {
  return u32(seconds, o) + u32(fraction, o) + u32(static_cast<uint32_t>(data.size()), o) +
         u32(wire, o) + data;
}

std::string block(uint32_t type, std::string body, Order o) {
  while (body.size() % 4) body += '\0';
  const std::string length = u32(static_cast<uint32_t>(body.size() + 12), o);
  return u32(type, o) + length + body + length;
}
std::string section(Order o) {
  return block(0x0a0d0d0a, u32(0x1a2b3c4d, o) + u16(1, o) + u16(0, o) + std::string(8, '\xff'), o);
}
std::string interface(uint32_t link_type, const std::string& options, Order o, uint32_t snaplen) {
  return block(1, u16(link_type, o) + u16(0, o) + u32(snaplen, o) + options, o);
}
std::string enhanced(uint32_t interface_id, uint64_t timestamp, const std::string& data,
                     uint32_t wire, Order o) {
  return block(6,
               u32(interface_id, o) + u32(static_cast<uint32_t>(timestamp >> 32), o) +
                   u32(static_cast<uint32_t>(timestamp), o) +
                   u32(static_cast<uint32_t>(data.size()), o) + u32(wire, o) + data,
               o);
}

std::string gzip(const std::string& plain) {
  z_stream z{};
  deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, plain.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  z.avail_in = static_cast<uInt>(plain.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

TemporaryFile::TemporaryFile(const std::string& content) {
  char name[] = "/tmp/dipper-test-XXXXXX";
  if (!mkdtemp(name)) abort();
  directory_ = name;
  path_ = directory_ + "/capture";
  const int fd = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, content.data(), content.size()) != static_cast<ssize_t>(content.size()))
    abort();
  close(fd);
}
TemporaryFile::~TemporaryFile() {
  unlink(path_.c_str());
  rmdir(directory_.c_str());
}

Outcome read_all(Source& source) {
  Outcome outcome;
  auto burst = std::make_unique<Burst>();
  bool blocks = false, no_blocks = false;
  do {
    outcome.status = source.read(*burst);
    for (uint32_t i = 0; i < burst->size; ++i) {
      const PacketView& v = burst->packets[i];
      outcome.packets.push_back(
          {std::string(reinterpret_cast<const char*>(v.data), v.captured_length), v.timestamp_ns,
           v.captured_length, v.wire_length, v.link_type});
    }
    if (burst->size) (burst->block ? blocks : no_blocks) = true;
  } while (outcome.status == ReadStatus::more ||
           (outcome.status == ReadStatus::idle && burst->size));
  outcome.error = source.error();
  outcome.stats = source.stats();
  outcome.every_view_held = !(blocks && no_blocks);
  return outcome;
}

Outcome read_path(const std::string& path) {
  SourceError error;
  auto source = open_capture_file(path, error);
  if (source) return read_all(*source);
  Outcome outcome;
  outcome.status = ReadStatus::failed;
  outcome.error = error;
  return outcome;
}

Outcome read_mapped(const std::string& content) {
  TemporaryFile file(content);
  return read_path(file.path());
}

Outcome read_piped(const std::string& content, size_t chunk) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) abort();
  std::thread writer([&] {
    for (size_t at = 0; at < content.size(); at += chunk) {
      const size_t n = std::min(chunk, content.size() - at);
      if (write(ends[1], content.data() + at, n) != static_cast<ssize_t>(n)) break;
    }
    close(ends[1]);
  });
  Outcome outcome = read_path("/dev/fd/" + std::to_string(ends[0]));
  writer.join();
  close(ends[0]);
  return outcome;
}

}  // namespace capture_bytes
