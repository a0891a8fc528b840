// FTP (RFC 959), SMTP (RFC 5321), POP3 (RFC 1939) and IMAP (RFC 3501) before they are encrypted: the server's greeting, and
// who the client says it is. Passwords are never looked at.
#pragma once
#include "../cursor.h"
#include "reading.h"

namespace dipper {

class Findings;

enum class LoginProtocol : uint8_t { ftp, smtp, pop, imap };

// `bytes`: all that the server sent so far. Fills the banner: the first line behind its code.
Reading read_greeting(Cursor bytes, LoginProtocol protocol, Findings& findings);

// `bytes`: all that the client sent so far. Fills the user name, or the name in HELO and EHLO for SMTP.
Reading read_login(Cursor bytes, LoginProtocol protocol, Findings& findings);

}  // namespace dipper
