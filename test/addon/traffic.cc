#include "traffic.h"

#include <arpa/inet.h>

#include <cstdlib>

namespace traffic {
namespace {

std::string be16(unsigned v) { return {static_cast<char>(v >> 8), static_cast<char>(v)}; }

std::string address_bytes(const std::string& text) {
  char bytes[16];
  if (inet_pton(AF_INET, text.c_str(), bytes) == 1) return std::string(bytes, 4);
  if (inet_pton(AF_INET6, text.c_str(), bytes) == 1) return std::string(bytes, 16);
  abort();
}

uint64_t at(uint64_t seconds, uint64_t ns = 0) { return seconds * 1000000000 + ns; }

}  // namespace

void Traffic::add(uint64_t ns, std::string frame) {
  storage_.push_back(std::move(frame));
  const std::string& kept = storage_.back();
  const auto length = static_cast<uint32_t>(kept.size());
  views_.push_back({reinterpret_cast<const uint8_t*>(kept.data()), ns, length, length, 1});
}

void Traffic::ip(uint64_t ns, const Endpoint& from, const Endpoint& to, uint8_t protocol,
                 const std::string& l4, uint16_t id, uint16_t fragment) {
  const std::string source = address_bytes(from.address), destination = address_bytes(to.address);
  // The MAC ends with the last byte of the address, so that tests see which side is which.
  std::string frame = std::string("\x02\0\0\0\0", 5) + destination.back() +
                      std::string("\x02\0\0\0\0", 5) + source.back();
  if (source.size() == 4) {
    frame += std::string("\x08\0\x45", 3) + static_cast<char>(tos) + be16(static_cast<unsigned>(20 + l4.size())) +
             be16(id) + be16(fragment) + static_cast<char>(ttl) + static_cast<char>(protocol) +
             std::string(2, '\0') + source + destination;
  } else {
    frame += std::string("\x86\xdd", 2) + static_cast<char>(0x60 | tos >> 4) +
             static_cast<char>(tos << 4) + std::string(2, '\0') +
             be16(static_cast<unsigned>(l4.size())) + static_cast<char>(protocol) +
             static_cast<char>(ttl) + source + destination;
  }
  add(ns, frame + l4);
}

void Traffic::tcp(uint64_t seconds, const Endpoint& from, const Endpoint& to, uint8_t flags,
                  const std::string& payload, uint64_t ns, uint32_t sequence,
                  uint32_t acknowledged) {
  ip(at(seconds, ns), from, to, 6,
     be16(from.port) + be16(to.port) + be16(sequence >> 16) + be16(sequence & 0xffff) +
         be16(acknowledged >> 16) + be16(acknowledged & 0xffff) + std::string("\x50", 1) +
         static_cast<char>(flags) + std::string("\x20\0\0\0\0\0", 6) + payload);
}

void Traffic::segment(uint64_t ns, const Endpoint& from, const Endpoint& to,
                      const Segment& segment) {
  const auto words = static_cast<unsigned>(5 + segment.options.size() / 4);
  ip(ns, from, to, 6,
     be16(from.port) + be16(to.port) + be16(segment.sequence >> 16) + be16(segment.sequence) +
         std::string(4, '\0') + static_cast<char>(words << 4) + static_cast<char>(segment.flags) +
         be16(segment.window) + std::string(4, '\0') + segment.options + segment.payload);
}

void Traffic::udp(uint64_t seconds, const Endpoint& from, const Endpoint& to,
                  const std::string& payload, uint64_t ns) {
  ip(at(seconds, ns), from, to, 17,
     be16(from.port) + be16(to.port) + be16(static_cast<unsigned>(8 + payload.size())) + be16(0) +
         payload);
}

void Traffic::icmp(uint64_t seconds, const Endpoint& from, const Endpoint& to, uint8_t type,
                   uint8_t code) {
  const bool v4 = from.address.find(':') == std::string::npos;
  ip(at(seconds), from, to, v4 ? 1 : 58,
     std::string{static_cast<char>(type), static_cast<char>(code)} + std::string(6, '\0'));
}

void Traffic::udp_fragments(uint64_t seconds, const Endpoint& from, const Endpoint& to,
                            uint16_t id) {
  ip(at(seconds), from, to, 17,
     be16(from.port) + be16(to.port) + be16(8 + 24 + 16) + be16(0) + std::string(24, 'a'), id,
     0x2000);  // more fragments
  ip(at(seconds), from, to, 17, std::string(16, 'b'), id, 32 / 8);
}

void Traffic::raw(uint64_t seconds, const std::string& bytes) { add(at(seconds), bytes); }

uint64_t Traffic::bytes() const {
  uint64_t sum = 0;
  for (const auto& view : views_) sum += view.captured_length;
  return sum;
}

std::string field(const std::string& line, const std::string& name) {
  const size_t key = line.find("\"" + name + "\":");
  if (key == std::string::npos) return "";
  size_t from = key + name.size() + 3;
  if (line[from] == '"') return line.substr(from + 1, line.find('"', from + 1) - from - 1);
  return line.substr(from, line.find_first_of(",}", from) - from);
}

std::string object(const std::string& line, const std::string& name) {
  const size_t key = line.find("\"" + name + "\":{");
  if (key == std::string::npos) return "";
  const size_t from = key + name.size() + 3;
  size_t at = from;
  for (int depth = 0; at < line.size(); ++at) {
    if (line[at] == '{') ++depth;
    if (line[at] == '}' && --depth == 0) break;
  }
  return line.substr(from, at + 1 - from);
}

uint64_t number(const std::string& line, const std::string& name) {
  return strtoull(field(line, name).c_str(), nullptr, 10);
}

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t from = 0, end; (end = text.find('\n', from)) != std::string::npos; from = end + 1)
    lines.push_back(text.substr(from, end - from));
  return lines;
}

}  // namespace traffic
