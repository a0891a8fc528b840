// Heads of HTTP/1 messages (RFC 9112): the first request and the first response of a connection, on any port. Not in here:
// HTTP/2 (nothing of it is in the clear but by prior knowledge), RTSP and SIP, whose first lines differ in the version.
#pragma once
#include "../cursor.h"
#include "reading.h"

namespace dipper {

class Findings;

// Whether a payload may begin with the first line of a request or a response.
bool http_begins(Cursor payload);

// One side of a connection: the first line tells which.
Reading read_http(Cursor head, bool from_client, Findings& findings);

// `head`: all that the client sent so far, from its first byte. Lines that are whole are read; again with more bytes gives
// the same and more. Fills method, URL, host, user agent; the host without its port is the host_server_name as well.
Reading read_http_request(Cursor head, Findings& findings);

// `head`: all that the server sent so far. Fills status, content type, server; an interim response (1xx) is passed over.
Reading read_http_response(Cursor head, Findings& findings);

}  // namespace dipper
