#include "host/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace dipper {

bool notify_service_manager(std::string_view socket_path, std::string_view state, std::string& error) {
  if (socket_path.empty()) return true;
  sockaddr_un address{};
  if (socket_path.size() >= sizeof address.sun_path) {
    error = "NOTIFY_SOCKET is longer than a socket's path can be";
    return false;
  }
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, socket_path.data(), socket_path.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    error = strerror(errno);
    return false;
  }
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_path.size());
  const ssize_t sent = sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address), length);
  if (sent < 0) error = strerror(errno);
  close(fd);
  return sent >= 0;
}

}  // namespace dipper
