// Hand-made netlink messages: headers, attributes and their nesting, for tests and the fuzzer's
// seeds.
#pragma once
#include <linux/netlink.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>

namespace netlink_bytes {

inline std::string bytes(std::initializer_list<int> list) {
  std::string out;
  for (const int byte : list) out += static_cast<char>(byte);
  return out;
}

inline std::string u32(uint32_t v) { return {reinterpret_cast<const char*>(&v), sizeof v}; }
inline std::string be16(unsigned v) {
  return bytes({static_cast<int>(v >> 8), static_cast<int>(v & 255)});
}
inline std::string be32(uint32_t v) { return be16(v >> 16) + be16(v & 0xffff); }

inline std::string padded(std::string text) {
  text.resize((text.size() + 3) & ~size_t{3});
  return text;
}

inline std::string attribute(unsigned type, const std::string& value) {
  nlattr header{};
  header.nla_type = static_cast<uint16_t>(type);
  header.nla_len = static_cast<uint16_t>(sizeof header + value.size());
  return padded(std::string(reinterpret_cast<const char*>(&header), sizeof header) + value);
}

template <typename Body>
std::string message(unsigned type, unsigned flags, const Body& body,
                    const std::string& attributes) {
  nlmsghdr header{};
  const std::string payload =
      padded(std::string(reinterpret_cast<const char*>(&body), sizeof body)) + attributes;
  header.nlmsg_type = static_cast<uint16_t>(type);
  header.nlmsg_flags = static_cast<uint16_t>(flags);
  header.nlmsg_len = static_cast<uint32_t>(sizeof header + payload.size());
  return padded(std::string(reinterpret_cast<const char*>(&header), sizeof header) + payload);
}

}  // namespace netlink_bytes
