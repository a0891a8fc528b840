// Netlink messages of the kernel, well-formed, cut off anywhere and malformed: links, addresses,
// routes and connections.
#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/rtnetlink.h>

#include <memory>

#include "check.h"
#include "host/conntrack_message.h"
#include "host/host_networks.h"
#include "netlink_bytes.h"

using namespace dipper;
using namespace netlink_bytes;

namespace {

std::string ip(const char* text) {
  char raw[16];
  if (inet_pton(AF_INET, text, raw) == 1) return {raw, 4};
  if (inet_pton(AF_INET6, text, raw) != 1) abort();
  return {raw, 16};
}

std::string link_message(uint32_t index, const char* name, unsigned flags,
                         unsigned type = RTM_NEWLINK, const std::string& more = "",
                         unsigned family = AF_UNSPEC) {
  ifinfomsg info{};
  info.ifi_family = static_cast<uint8_t>(family);
  info.ifi_index = static_cast<int>(index);
  info.ifi_flags = flags;
  info.ifi_type = 1;
  return message(type, 0, info,
                 attribute(IFLA_IFNAME, std::string(name) + '\0') + attribute(IFLA_MTU, u32(1500)) +
                     attribute(IFLA_ADDRESS, bytes({2, 0, 0, 0, 0, 1})) + more);
}

std::string address_message(uint32_t link, const char* address, unsigned bits,
                            unsigned type = RTM_NEWADDR, const std::string& more = "") {
  ifaddrmsg info{};
  const std::string raw = ip(address);
  info.ifa_family = raw.size() == 4 ? AF_INET : AF_INET6;
  info.ifa_prefixlen = static_cast<uint8_t>(bits);
  info.ifa_index = link;
  return message(type, 0, info, attribute(IFA_ADDRESS, raw) + more);
}

std::string route_message(const char* destination, unsigned bits, const std::string& legs,
                          unsigned type = RTM_NEWROUTE, unsigned flags = 0,
                          unsigned table = RT_TABLE_MAIN) {
  rtmsg info{};
  const std::string raw = ip(destination);
  info.rtm_family = raw.size() == 4 ? AF_INET : AF_INET6;
  info.rtm_dst_len = static_cast<uint8_t>(bits);
  info.rtm_table = static_cast<uint8_t>(table);
  info.rtm_type = RTN_UNICAST;
  return message(type, flags, info, (bits ? attribute(RTA_DST, raw) : std::string()) + legs);
}

std::string via(uint32_t link, const char* gateway) {
  return attribute(RTA_OIF, u32(link)) + attribute(RTA_GATEWAY, ip(gateway));
}

bool feed(HostNetworks& state, const std::string& datagram) {
  bool changed = false;
  each_netlink_message({reinterpret_cast<const uint8_t*>(datagram.data()), datagram.size()},
                       [&](const NetlinkMessage& m) { changed = state.apply(m) || changed; });
  return changed;
}

size_t count(const std::string& text, const std::string& word) {
  size_t n = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++n;
  return n;
}

std::string side(unsigned which, const char* source, const char* destination, unsigned protocol,
                 unsigned from, unsigned to) {
  const bool v4 = ip(source).size() == 4;
  return attribute(which | NLA_F_NESTED,
                   attribute(CTA_TUPLE_IP | NLA_F_NESTED,
                             attribute(v4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, ip(source)) +
                                 attribute(v4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, ip(destination))) +
                       attribute(CTA_TUPLE_PROTO | NLA_F_NESTED,
                                 attribute(CTA_PROTO_NUM, bytes({static_cast<int>(protocol)})) +
                                     attribute(CTA_PROTO_SRC_PORT, be16(from)) +
                                     attribute(CTA_PROTO_DST_PORT, be16(to))));
}

std::string connection(const std::string& attributes, unsigned what = IPCTNL_MSG_CT_NEW,
                       unsigned family = AF_INET) {
  nfgenmsg info{};
  info.nfgen_family = static_cast<uint8_t>(family);
  return message(NFNL_SUBSYS_CTNETLINK << 8 | what, 0, info, attributes);
}

const std::string original = side(CTA_TUPLE_ORIG, "192.168.1.10", "203.0.113.9", 6, 40000, 443),
                  reply = side(CTA_TUPLE_REPLY, "203.0.113.9", "198.51.100.1", 6, 443, 61000),
                  id = attribute(CTA_ID, be32(0xfedcba98)), mark = attribute(CTA_MARK, be32(42));

ConntrackEvent parse(const std::string& datagram, ConntrackEntry& entry) {
  ConntrackEvent event = ConntrackEvent::none;
  each_netlink_message({reinterpret_cast<const uint8_t*>(datagram.data()), datagram.size()},
                       [&](const NetlinkMessage& m) { event = parse_conntrack(m, entry); });
  return event;
}

}  // namespace

TEST(netlink_conntrack_message) {
  ConntrackEntry e;
  CHECK(parse(connection(original + reply + mark + id), e) == ConntrackEvent::changed);
  CHECK_EQ(e.id, 0xfedcba98u);
  CHECK_EQ(e.mark, 42u);
  CHECK_EQ(e.ip_version, 4);
  CHECK_EQ(e.ip_protocol, 6);
  CHECK(memcmp(e.original.source, ip("192.168.1.10").data(), 4) == 0);
  CHECK(memcmp(e.reply.destination, ip("198.51.100.1").data(), 4) == 0);
  CHECK_EQ(e.original.source_port, 40000);
  CHECK_EQ(e.reply.destination_port, 61000);
  CHECK(e.translated());
  CHECK(parse(connection(original + reply + id, IPCTNL_MSG_CT_DELETE), e) == ConntrackEvent::ended);
  CHECK_EQ(e.mark, 0u);
}

TEST(netlink_conntrack_ports_are_for_those_that_have_them) {
  ConntrackEntry e;
  const std::string ping = side(CTA_TUPLE_ORIG, "2001:db8::1", "2001:db8::2", 58, 7, 8) +
                           side(CTA_TUPLE_REPLY, "2001:db8::2", "2001:db8::1", 58, 9, 10);
  CHECK(parse(connection(ping + id, IPCTNL_MSG_CT_NEW, AF_INET6), e) == ConntrackEvent::changed);
  CHECK_EQ(e.original.source_port + e.original.destination_port + e.reply.source_port +
               e.reply.destination_port,
           0);
  CHECK(!e.translated());
}

TEST(netlink_conntrack_refuses_what_is_not_whole) {
  ConntrackEntry e;
  const auto none = [&](const std::string& datagram) {
    CHECK(parse(datagram, e) == ConntrackEvent::none);
  };
  none(connection(original + reply));  // no id
  none(connection(original + id));     // one tuple
  none(connection(reply + id));
  none(
      connection(original + reply + id, IPCTNL_MSG_CT_NEW, AF_INET6));  // addresses of another size
  none(connection(original + reply + id, IPCTNL_MSG_CT_NEW, AF_UNSPEC));
  none(connection(original + reply + id, IPCTNL_MSG_CT_GET));
  none(connection(original + side(CTA_TUPLE_REPLY, "203.0.113.9", "198.51.100.1", 17, 443, 61000) +
                  id));
  none(link_message(1, "eth0", IFF_UP));
}

// Cut anywhere: nothing is read behind the end (the sanitizer's to find) and only the whole is
// taken.
TEST(netlink_cut_at_every_byte) {
  const std::string whole = connection(original + reply + id);
  for (size_t length = 0; length < whole.size(); ++length) {
    const std::string cut(whole, 0, length);
    std::unique_ptr<uint8_t[]> exact(new uint8_t[length ? length : 1]);
    memcpy(exact.get(), cut.data(), length);
    const bool clean =
        each_netlink_message({exact.get(), length}, [](const NetlinkMessage&) { CHECK(false); });
    CHECK(clean == (length == 0));
    // The same with a header that says it is whole.
    if (length < sizeof(nlmsghdr)) continue;
    const auto stated = static_cast<uint32_t>(length);
    memcpy(exact.get(), &stated, sizeof stated);
    ConntrackEntry e;
    CHECK(each_netlink_message({exact.get(), length}, [&e](const NetlinkMessage& m) {
      CHECK(parse_conntrack(m, e) == ConntrackEvent::none);
    }));
  }
}

TEST(netlink_attribute_lengths_that_lie) {
  for (const int length : {0, 1, 3, 255, 65535}) {
    std::string attributes = original + reply + id;
    attributes[0] = static_cast<char>(length);
    attributes[1] = static_cast<char>(length >> 8);
    ConntrackEntry e;
    CHECK(parse(connection(attributes), e) == ConntrackEvent::none);
  }
}

TEST(netlink_host_state) {
  HostNetworks state;
  CHECK(feed(state, link_message(2, "eth0", IFF_UP | IFF_RUNNING)));
  CHECK(
      !feed(state, link_message(2, "eth0", IFF_UP | IFF_RUNNING)));  // the same again is no change
  const std::string kind = attribute(IFLA_LINKINFO, attribute(IFLA_INFO_KIND, "bridge"));
  CHECK(feed(state, link_message(3, "br\"0", IFF_UP, RTM_NEWLINK, kind)));
  CHECK(feed(state, address_message(2, "192.0.2.1", 24, RTM_NEWADDR,
                                    attribute(IFA_LOCAL, ip("192.0.2.1")) +
                                        attribute(IFA_BROADCAST, ip("192.0.2.255")))));
  CHECK(feed(state, address_message(3, "10.0.0.2", 32, RTM_NEWADDR,
                                    attribute(IFA_LOCAL, ip("10.0.0.1")))));
  CHECK(feed(state, route_message("0.0.0.0", 0,
                                  via(2, "192.0.2.254") + attribute(RTA_PRIORITY, u32(100)))));
  CHECK_STR(state.json(),
            "{\"links\":[{\"index\":2,\"name\":\"eth0\",\"kind\":\"\",\"mac\":\"02:00:00:00:00:"
            "01\",\"hardware\":1,"
            "\"mtu\":1500,\"master\":0,\"parent\":0,\"up\":true,\"running\":true,\"loopback\":"
            "false,\"pointToPoint\":false},"
            "{\"index\":3,\"name\":\"br\\\"0\",\"kind\":\"bridge\",\"mac\":\"02:00:00:00:00:01\","
            "\"hardware\":1,"
            "\"mtu\":1500,\"master\":0,\"parent\":0,\"up\":true,\"running\":false,\"loopback\":"
            "false,\"pointToPoint\":false}],"
            "\"addresses\":[{\"link\":2,\"address\":\"192.0.2.1\",\"prefixLength\":24,\"scope\":0,"
            "\"broadcast\":\"192.0.2.255\"},"
            "{\"link\":3,\"address\":\"10.0.0.1\",\"prefixLength\":32,\"scope\":0,\"peer\":\"10.0."
            "0.2\"}],"
            "\"routes\":[{\"ipVersion\":4,\"destination\":\"0.0.0.0\",\"prefixLength\":0,\"table\":"
            "254,\"metric\":100,"
            "\"protocol\":0,\"scope\":0,\"type\":\"unicast\",\"dead\":false,\"legs\":[{\"link\":2,"
            "\"gateway\":\"192.0.2.254\"}]}],"
            "\"refused\":0}");
  CHECK(!state.stale());
  CHECK(!feed(state, link_message(2, "eth0", IFF_UP, RTM_DELLINK, "",
                                  AF_BRIDGE)));  // a port left its bridge
  CHECK_EQ(count(state.json(), "\"index\""), 2u);
  CHECK(feed(state, address_message(3, "10.0.0.2", 32, RTM_DELADDR,
                                    attribute(IFA_LOCAL, ip("10.0.0.1")))));
  CHECK(state.stale());
  CHECK(feed(state, link_message(3, "br\"0", 0, RTM_DELLINK)));
  CHECK(state.stale() && !state.stale());
}

TEST(netlink_host_state_routes) {
  HostNetworks state;
  CHECK(feed(state, route_message("0.0.0.0", 0, via(2, "192.0.2.254"))));
  CHECK(
      feed(state, route_message("0.0.0.0", 0, via(3, "192.0.2.253"), RTM_NEWROUTE, NLM_F_REPLACE)));
  CHECK_EQ(count(state.json(), "destination"), 1u);  // replaced
  CHECK(feed(state, route_message("0.0.0.0", 0, via(4, "192.0.2.252"))));
  CHECK_EQ(count(state.json(), "destination"), 2u);  // appended
  CHECK(feed(state, route_message("0.0.0.0", 0, via(3, "192.0.2.253"), RTM_DELROUTE)));
  CHECK_EQ(count(state.json(), "destination"), 1u);
  CHECK(!state.stale());
  CHECK(!feed(state, route_message("0.0.0.0", 0, via(9, "192.0.2.1"), RTM_DELROUTE)));
  CHECK(state.stale());  // one that we did not know
  CHECK(!feed(state, route_message("10.0.0.0", 8, via(2, "192.0.2.254"), RTM_NEWROUTE, 0,
                                   100)));  // another table
  CHECK(!feed(state, route_message("10.0.0.0", 33, via(2, "192.0.2.254"))));
  rtnexthop hop{};
  hop.rtnh_len = sizeof hop;
  std::string legs;
  for (int i = 0; i < 1000; ++i) {
    hop.rtnh_ifindex = i;
    legs.append(reinterpret_cast<const char*>(&hop), sizeof hop);
  }
  CHECK(feed(state, route_message("10.0.0.0", 8, attribute(RTA_MULTIPATH, legs))));
  CHECK_EQ(count(state.json(), "{\"link\""), HostNetworks::most_legs + 1);
  hop.rtnh_len = 3;  // never moves on
  legs.append(reinterpret_cast<const char*>(&hop), sizeof hop);
  feed(state,
       route_message(
           "10.0.0.0", 8,
           attribute(RTA_MULTIPATH, std::string(reinterpret_cast<const char*>(&hop), sizeof hop))));
}

TEST(netlink_host_state_after_a_dump_has_what_it_named) {
  HostNetworks state;
  for (uint32_t i = 1; i <= 3; ++i) feed(state, link_message(i, "a", IFF_UP));
  state.dump_begins(HostNetworks::links);
  feed(state, link_message(2, "a", IFF_UP));
  CHECK(state.dump_ends(HostNetworks::links));
  CHECK_EQ(count(state.json(), "\"index\""), 1u);
  state.dump_begins(HostNetworks::links);
  feed(state, link_message(2, "a", IFF_UP));
  CHECK(!state.dump_ends(HostNetworks::links));
}

TEST(netlink_host_state_is_bounded) {
  HostNetworks state;
  for (uint32_t i = 1; i <= HostNetworks::most_links + 10; ++i)
    feed(state, link_message(i, "a", IFF_UP));
  const std::string text = state.json();
  CHECK_EQ(count(text, "\"index\""), HostNetworks::most_links);
  CHECK(text.find("\"refused\":10}") != std::string::npos);
}
