// Hand-made Ethernet frames for tests of the worker and the engine, with their times; and a reader
// for the lines that come out. A Traffic owns its bytes: the views of frames() live as long as it.
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "core/decode.h"
#include "core/packet_ring.h"

namespace traffic {

constexpr uint8_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10;

struct Endpoint {
  std::string address;  // IPv4 or IPv6 in text
  uint16_t port = 0;
};

class Traffic {
 public:
  // Times are seconds since the epoch plus nanoseconds; each adds one frame.
  void tcp(uint64_t seconds, const Endpoint& from, const Endpoint& to, uint8_t flags,
           const std::string& payload = "", uint64_t ns = 0, uint32_t sequence = 0x01010101,
           uint32_t acknowledged = 0x01010101);
  // The same with all that the connection's course depends on; `options` are whole words.
  struct Segment {
    Segment(uint32_t sequence, uint8_t flags, std::string payload = "", uint16_t window = 0x2000,
            std::string options = "")
        : sequence(sequence), flags(flags), payload(std::move(payload)), window(window), options(std::move(options)) {}
    uint32_t sequence;
    uint8_t flags;
    std::string payload;
    uint16_t window;
    std::string options;
  };
  void segment(uint64_t ns, const Endpoint& from, const Endpoint& to, const Segment& segment);
  void udp(uint64_t seconds, const Endpoint& from, const Endpoint& to,
           const std::string& payload = "", uint64_t ns = 0);
  void icmp(uint64_t seconds, const Endpoint& from, const Endpoint& to, uint8_t type, uint8_t code);
  // A UDP datagram in two IPv4 fragments, the later one without ports.
  void udp_fragments(uint64_t seconds, const Endpoint& from, const Endpoint& to, uint16_t id);
  void raw(uint64_t seconds, const std::string& bytes);  // link type Ethernet, any content

  uint8_t tos = 0, ttl = 64;  // of the frames from now on

  const std::vector<dipper::PacketView>& frames() const { return views_; }
  uint64_t bytes() const;

 private:
  void ip(uint64_t ns, const Endpoint& from, const Endpoint& to, uint8_t protocol,
          const std::string& l4, uint16_t id = 0, uint16_t fragment = 0);
  void add(uint64_t ns, std::string frame);

  std::deque<std::string> storage_;
  std::vector<dipper::PacketView> views_;
};

// The text of a member of a line: `"name":` up to the next comma or brace, quotes removed; "" when
// it is not there.
std::string field(const std::string& line, const std::string& name);
// The text of an object, its braces included: `"name":{...}`, which holds no braces inside of strings.
std::string object(const std::string& line, const std::string& name);
uint64_t number(const std::string& line, const std::string& name);
std::vector<std::string> split_lines(const std::string& text);

}  // namespace traffic
