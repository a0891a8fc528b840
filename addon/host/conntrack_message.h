// One ctnetlink message (linux/netfilter/nfnetlink_conntrack.h) -> what the table keeps. Pure; thread: any.
#pragma once
#include "core/conntrack.h"
#include "host/netlink_message.h"

namespace dipper {

enum class ConntrackEvent : uint8_t {
  none,     // not about a connection, of a family or protocol that flows don't have, or malformed
  changed,  // new, updated, or out of a dump
  ended,
};

// Fills `entry` unless the answer is none.
ConntrackEvent parse_conntrack(const NetlinkMessage& message, ConntrackEntry& entry);

}  // namespace dipper
