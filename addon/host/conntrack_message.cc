#include "host/conntrack_message.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <sys/socket.h>

namespace dipper {
namespace {

constexpr uint8_t protocol_tcp = 6, protocol_udp = 17, protocol_sctp = 132;

struct Tuple {
  ConntrackTuple tuple;
  uint8_t source_size = 0, destination_size = 0, protocol = 0;
  bool has_protocol = false;
};

void take_address(const NetlinkBytes& value, size_t size, uint8_t* address, uint8_t& taken) {
  if (value.size != size) return;
  memcpy(address, value.data, size);
  taken = static_cast<uint8_t>(size);
}

void take_ip(const NetlinkAttribute& a, Tuple& t) {
  switch (a.type) {
    case CTA_IP_V4_SRC: return take_address(a.value, 4, t.tuple.source, t.source_size);
    case CTA_IP_V4_DST: return take_address(a.value, 4, t.tuple.destination, t.destination_size);
    case CTA_IP_V6_SRC: return take_address(a.value, 16, t.tuple.source, t.source_size);
    case CTA_IP_V6_DST: return take_address(a.value, 16, t.tuple.destination, t.destination_size);
    default: return;
  }
}

void take_protocol(const NetlinkAttribute& a, Tuple& t) {
  switch (a.type) {
    case CTA_PROTO_NUM:
      t.has_protocol = a.value.size != 0;
      t.protocol = a.u8();
      return;
    case CTA_PROTO_SRC_PORT: t.tuple.source_port = a.be16(); return;
    case CTA_PROTO_DST_PORT: t.tuple.destination_port = a.be16(); return;
    default: return;
  }
}

Tuple tuple_of(const NetlinkBytes& nested) {
  Tuple t;
  each_netlink_attribute(nested, [&t](const NetlinkAttribute& a) {
    if (a.type == CTA_TUPLE_IP) each_netlink_attribute(a.value, [&t](const NetlinkAttribute& ip) { take_ip(ip, t); });
    if (a.type == CTA_TUPLE_PROTO)
      each_netlink_attribute(a.value, [&t](const NetlinkAttribute& proto) { take_protocol(proto, t); });
  });
  if (t.protocol != protocol_tcp && t.protocol != protocol_udp && t.protocol != protocol_sctp)
    t.tuple.source_port = t.tuple.destination_port = 0;
  return t;
}

}  // namespace

ConntrackEvent parse_conntrack(const NetlinkMessage& message, ConntrackEntry& entry) {
  const uint16_t type = message.header.nlmsg_type;
  if (type >> 8 != NFNL_SUBSYS_CTNETLINK) return ConntrackEvent::none;
  const bool ended = (type & 0xff) == IPCTNL_MSG_CT_DELETE;
  if (!ended && (type & 0xff) != IPCTNL_MSG_CT_NEW) return ConntrackEvent::none;
  nfgenmsg info;
  if (!message.payload.get(info)) return ConntrackEvent::none;
  const size_t size = info.nfgen_family == AF_INET ? 4 : info.nfgen_family == AF_INET6 ? 16 : 0;
  if (size == 0) return ConntrackEvent::none;
  Tuple original, reply;
  entry = ConntrackEntry{};
  bool has_id = false;
  each_netlink_attribute(message.payload.from(netlink_aligned(sizeof info)), [&](const NetlinkAttribute& a) {
    switch (a.type) {
      case CTA_TUPLE_ORIG: original = tuple_of(a.value); break;
      case CTA_TUPLE_REPLY: reply = tuple_of(a.value); break;
      case CTA_MARK: entry.mark = a.be32(); break;  // absent: 0
      case CTA_ID:
        entry.id = a.be32();
        has_id = a.value.size == 4;
        break;
      default: break;
    }
  });
  for (const Tuple* t : {&original, &reply})
    if (!t->has_protocol || t->source_size != size || t->destination_size != size) return ConntrackEvent::none;
  if (!has_id || original.protocol != reply.protocol) return ConntrackEvent::none;
  entry.original = original.tuple;
  entry.reply = reply.tuple;
  entry.ip_protocol = original.protocol;
  entry.ip_version = size == 4 ? 4 : 6;
  return ended ? ConntrackEvent::ended : ConntrackEvent::changed;
}

}  // namespace dipper
