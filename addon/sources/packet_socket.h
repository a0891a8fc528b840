// What a packet socket (packet(7)) is told, call by call. Everything here but the socket's creation
// works without any capability, so a socket that somebody else has opened does as well.
// Thread: any; no state.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/source.h"
#include "sources/byte_stream.h"
#include "sources/packet_filter.h"

namespace dipper::packet_socket {

// A socket that receives nothing yet; -1 and errno.
int open();
// Whether `fd` is an AF_PACKET socket of type SOCK_RAW.
bool is_one(int fd);

struct Link {
  int index;
  bool up;            // IFF_UP: administratively; says nothing of the carrier
  uint16_t hardware;  // ARPHRD_ value
};
// As seen from the socket's own network namespace; nothing when there is no such interface.
std::optional<Link> find_link(int fd, const std::string& name);
std::string link_names();  // of all interfaces, for a message

// The LINKTYPE_ value that the frames of a raw socket on such hardware have; nothing: not decoded.
std::optional<uint16_t> link_type_of(uint16_t hardware);
std::string hardware_name(uint16_t hardware);

// These return false and errno.
bool attach_filter(int fd, const std::vector<FilterInstruction>& program);
bool detach_filter(int fd);
bool reject_all(int fd);  // a filter that lets nothing through
bool bind_to(int fd, int index);
bool set_promiscuous(int fd, int index);
bool ignore_outgoing(int fd);
// All sockets with the same number share the interface's packets by fanout_program().
bool join_fanout(int fd, uint16_t group, bool loopback);

// The error that the socket has pending, cleared by asking.
int pending_error(int fd);

struct Statistics {
  uint64_t received = 0, dropped = 0, freezes = 0;
};
void add_statistics(int fd, Statistics& sum);  // since the last call

}  // namespace dipper::packet_socket
