// What the daemon and its opener say to each other, over a SOCK_SEQPACKET pair (unix(7)): one
// message is one datagram.
//   request  KIND SPACE NUMBER      for example "packet 7"
//   answer   "ok NUMBER" with one descriptor beside it (SCM_RIGHTS), or "error NUMBER ERRNO TEXT"
// The first answer, numbered 0, comes unasked when the opener is ready; it brings no descriptor.
#pragma once

namespace dipper {

constexpr int opener_socket = 3;  // the opener's end
constexpr int opener_max_message = 256;

constexpr char opener_packet[] =
    "packet";  // AF_PACKET, SOCK_RAW, protocol 0: hears nothing until it is bound
constexpr char opener_conntrack[] =
    "conntrack";  // NETLINK_NETFILTER, in the event groups, a dump of the table asked for

}  // namespace dipper
