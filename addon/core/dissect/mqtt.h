// MQTT 3.1 to 5.0: the CONNECT packet, in which a client says who it is.
#pragma once
#include "../cursor.h"
#include "reading.h"

namespace dipper {

class Findings;

// Whether a payload begins with a CONNECT packet.
bool mqtt_begins(Cursor payload);

// `bytes`: all that the client sent so far. Fills version, client id and user name, never the password.
Reading read_mqtt(Cursor bytes, Findings& findings);

}  // namespace dipper
