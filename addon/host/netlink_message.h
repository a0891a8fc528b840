// Netlink's messages and attributes (netlink(7)) out of bytes that are not trusted: every length is checked against what is
// there, nothing is read unaligned. Pure functions; thread: any.
#pragma once
#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace dipper {

struct NetlinkBytes {
  const uint8_t* data = nullptr;
  size_t size = 0;

  // The first bytes as a T; false when there are fewer.
  template <typename T>
  bool get(T& value) const {
    if (size < sizeof value) return false;
    memcpy(&value, data, sizeof value);
    return true;
  }
  NetlinkBytes from(size_t offset) const {
    return offset < size ? NetlinkBytes{data + offset, size - offset} : NetlinkBytes{};
  }
};

constexpr size_t netlink_aligned(size_t size) { return (size + 3) & ~size_t{3}; }

struct NetlinkMessage {
  nlmsghdr header;
  NetlinkBytes payload;
};

// Calls `take(NetlinkMessage)` for each whole message. False when bytes are left that are none.
template <typename Take>
bool each_netlink_message(NetlinkBytes rest, Take take) {
  while (rest.size) {
    NetlinkMessage message;
    if (!rest.get(message.header)) return false;
    const size_t length = message.header.nlmsg_len;
    if (length < sizeof message.header || length > rest.size) return false;
    message.payload = {rest.data + sizeof message.header, length - sizeof message.header};
    take(message);
    rest = rest.from(netlink_aligned(length));
  }
  return true;
}

struct NetlinkAttribute {
  uint16_t type;  // without the flags for nesting and byte order
  NetlinkBytes value;

  uint8_t u8() const { return value.size ? value.data[0] : 0; }
  uint16_t be16() const {
    return value.size < 2 ? uint16_t{0} : static_cast<uint16_t>(value.data[0] << 8 | value.data[1]);
  }
  uint32_t be32() const {
    if (value.size < 4) return 0;
    const uint8_t* d = value.data;
    return static_cast<uint32_t>(d[0]) << 24 | static_cast<uint32_t>(d[1]) << 16 | static_cast<uint32_t>(d[2]) << 8 | d[3];
  }
  uint32_t u32() const {  // of this machine's byte order
    uint32_t v = 0;
    value.get(v);
    return v;
  }
  std::string text() const {  // up to the first zero
    const char* start = reinterpret_cast<const char*>(value.data);
    return value.size ? std::string(start, strnlen(start, value.size)) : std::string();
  }
};

// Calls `take(NetlinkAttribute)` for each whole attribute; what follows a malformed one is not looked at.
template <typename Take>
void each_netlink_attribute(NetlinkBytes rest, Take take) {
  nlattr header;
  while (rest.get(header)) {
    const size_t length = header.nla_len;
    if (length < sizeof header || length > rest.size) return;
    take(NetlinkAttribute{static_cast<uint16_t>(header.nla_type & NLA_TYPE_MASK),
                          {rest.data + sizeof header, length - sizeof header}});
    rest = rest.from(netlink_aligned(length));
  }
}

}  // namespace dipper
