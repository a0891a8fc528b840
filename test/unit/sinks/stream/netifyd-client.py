"""Reads a stream as netifyd 3.07 documents it: a header line {"length": N}, then exactly N bytes.

Prints what a consumer of that version relies on, one line a message: type, and the digest of a flow. It never writes
to the socket, closes nothing, and passes over types that it does not know. Ends after as many messages as asked for.
"""

import json
import socket
import sys

path, wanted = sys.argv[1], int(sys.argv[2])
stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
stream.settimeout(10)
stream.connect(path)


def exactly(count):
    data = b""
    while len(data) < count:
        part = stream.recv(min(8192, count - len(data)))
        if not part:
            sys.exit("the stream ended in the middle of a message")
        data += part
    return data


def header():
    line = b""
    while not line.endswith(b"\n"):
        line += exactly(1)
    members = json.loads(line)
    assert list(members) == ["length"], line
    return members["length"]


for _ in range(wanted):
    payload = exactly(header())
    message = json.loads(payload)
    kind = message["type"]
    if kind == "agent_hello":
        assert isinstance(message["build_version"], str)
        assert isinstance(message["agent_version"], (int, float))
        assert isinstance(message["json_version"], (int, float))
        print(kind)
    elif kind == "agent_status":
        assert isinstance(message["timestamp"], int) and isinstance(message["flow_count"], int)
        assert isinstance(message["uptime"], int)
        print(kind)
    elif kind == "protocols":
        assert all(isinstance(p["id"], int) and isinstance(p["tag"], str) for p in message["protocols"])
        print(kind)
    elif kind in ("flow", "flow_stats", "flow_purge"):
        flow = message["flow"]
        assert isinstance(message["interface"], str) and isinstance(message["internal"], bool)
        assert len(flow["digest"]) == 40 and isinstance(flow["last_seen_at"], int)
        if kind == "flow":
            assert isinstance(message["established"], bool)
            assert flow["ip_version"] in (4, 6) and isinstance(flow["other_type"], str)
            assert isinstance(flow["detected_protocol_name"], str)
        else:
            assert flow["total_bytes"] >= 0 and flow["local_packets"] >= 0
        if kind == "flow_purge":
            assert message["reason"] in ("closed", "terminated", "expired") or message["reason"]
        print(kind, flow["digest"])
    sys.stdout.flush()
