// LINKTYPE_ values that Dipper decodes (https://www.tcpdump.org/linktypes.html). Names are libpcap's.
#pragma once
#include <cstdint>

namespace dipper {

enum class LinkType : uint16_t {
  null_loopback = 0,     // BSD loopback, address family in the host order of the capturing machine
  ethernet = 1,
  ppp = 9,
  dlt_raw = 12,          // raw IP in files whose writer did not translate its own DLT_RAW
  ppp_hdlc = 50,         // PPP in HDLC-like framing (RFC 1662)
  raw = 101,             // raw IP, the version nibble decides
  c_hdlc = 104,          // Cisco HDLC
  ieee802_11 = 105,
  loop = 108,            // OpenBSD loopback, address family in network order
  linux_sll = 113,
  ieee802_11_radio = 127,  // radiotap
  ppi = 192,
  ipv4 = 228,
  ipv6 = 229,
  linux_sll2 = 276,
};

// The name libpcap gives the link type (`EN10MB`, `LINUX_SLL2`, ...), "LINKTYPE_<n>" for the ones it has
// no name for. The pointer is to static or thread-local storage.
const char* link_type_name(uint16_t value);

// True when decode() has a decoder for it.
bool link_type_supported(uint16_t value);

}  // namespace dipper
