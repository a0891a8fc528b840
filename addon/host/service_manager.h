// What a service manager is told (sd_notify(3)): one datagram to the socket that NOTIFY_SOCKET names. Thread: any.
#pragma once
#include <string>
#include <string_view>

namespace dipper {

// Sends `state` ("READY=1", "STATUS=...", several separated by newlines). True when it was sent or nobody listens
// (`socket_path` is empty); false and `error` otherwise. A leading '@' names an abstract socket.
bool notify_service_manager(std::string_view socket_path, std::string_view state, std::string& error);

}  // namespace dipper
