#include "host/host_networks.h"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

#include "core/address_text.h"
#include "core/metadata.h"

namespace dipper {
namespace {

bool take_address(const NetlinkBytes& value, uint8_t family, std::array<uint8_t, 16>& address) {
  const size_t size = family == AF_INET ? 4 : 16;
  if (value.size < size) return false;
  address.fill(0);
  memcpy(address.data(), value.data, size);
  return true;
}

unsigned version_of(uint8_t family) { return family == AF_INET ? 4 : 6; }

void put_address(std::string& out, const char* name, uint8_t family, const std::array<uint8_t, 16>& address) {
  char text[64];
  char* end = family == AF_INET ? write_ipv4(address.data(), text) : write_ipv6(address.data(), text);
  out.append(",\"").append(name).append("\":\"").append(text, static_cast<size_t>(end - text)).append("\"");
}

void put_number(std::string& out, const char* name, uint64_t value) {
  out.append(",\"").append(name).append("\":").append(std::to_string(value));
}

void put_flag(std::string& out, const char* name, bool value) {
  out.append(",\"").append(name).append(value ? "\":true" : "\":false");
}

const char* type_name(uint8_t type) {
  return type == RTN_UNICAST ? "unicast" : type == RTN_LOCAL ? "local" : "broadcast";
}

template <typename Map>
bool drop_older(Map& map, unsigned generation) {
  const size_t before = map.size();
  for (auto at = map.begin(); at != map.end();) at = at->second.generation == generation ? std::next(at) : map.erase(at);
  return map.size() != before;
}

}  // namespace

bool HostNetworks::apply(const NetlinkMessage& message) {
  switch (message.header.nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK: return link(message);
    case RTM_NEWADDR:
    case RTM_DELADDR: return address(message);
    case RTM_NEWROUTE:
    case RTM_DELROUTE: return route(message);
    default: return false;
  }
}

bool HostNetworks::dump_ends(Kind kind) {
  if (kind == links) return drop_older(links_, generation_[kind]);
  if (kind == addresses) return drop_older(addresses_, generation_[kind]);
  return drop_older(routes_, generation_[kind]);
}

bool HostNetworks::link(const NetlinkMessage& message) {
  ifinfomsg info;
  if (!message.payload.get(info)) return false;
  // A bridge speaks of its ports by the same types; that a port left it does not mean that the link is gone.
  if (info.ifi_family != AF_UNSPEC || info.ifi_index <= 0) return false;
  const auto index = static_cast<uint32_t>(info.ifi_index);
  if (message.header.nlmsg_type == RTM_DELLINK) {
    stale_ = true;
    return links_.erase(index) > 0;
  }
  Link link;
  link.flags = info.ifi_flags;
  link.hardware = info.ifi_type;
  each_netlink_attribute(message.payload.from(netlink_aligned(sizeof info)), [&](const NetlinkAttribute& a) {
    switch (a.type) {
      case IFLA_IFNAME: link.name = a.text(); break;
      case IFLA_MTU: link.mtu = a.u32(); break;
      case IFLA_MASTER: link.master = a.u32(); break;
      case IFLA_LINK: link.parent = a.u32(); break;
      case IFLA_LINK_NETNSID: link.parent_elsewhere = true; break;
      case IFLA_ADDRESS:
        if (a.value.size == 6) {
          char text[32];
          link.mac.assign(text, static_cast<size_t>(write_mac(a.value.data, text) - text));
        }
        break;
      case IFLA_LINKINFO:
        each_netlink_attribute(a.value, [&](const NetlinkAttribute& inner) {
          if (inner.type == IFLA_INFO_KIND) link.kind = inner.text();
        });
        break;
      default: break;
    }
  });
  if (link.parent_elsewhere || link.parent == index) link.parent = 0;
  if (link.name.empty()) return false;
  const auto found = links_.find(index);
  if (found == links_.end() && links_.size() >= most_links) {
    ++refused_;
    return false;
  }
  link.generation = generation_[links];
  const bool changed = found == links_.end() || !(found->second == link);
  // The kernel drops IPv4 routes of a link that goes down without a word.
  constexpr uint32_t carries = IFF_UP | IFF_RUNNING;
  if (found != links_.end() && (found->second.flags & carries) != (link.flags & carries)) stale_ = true;
  links_[index] = std::move(link);
  return changed;
}

bool HostNetworks::address(const NetlinkMessage& message) {
  ifaddrmsg info;
  if (!message.payload.get(info) || (info.ifa_family != AF_INET && info.ifa_family != AF_INET6)) return false;
  AddressBytes remote{}, local{}, broadcast{};
  bool has_remote = false, has_local = false, has_broadcast = false;
  each_netlink_attribute(message.payload.from(netlink_aligned(sizeof info)), [&](const NetlinkAttribute& a) {
    if (a.type == IFA_ADDRESS) has_remote = take_address(a.value, info.ifa_family, remote);
    if (a.type == IFA_LOCAL) has_local = take_address(a.value, info.ifa_family, local);
    if (a.type == IFA_BROADCAST) has_broadcast = take_address(a.value, info.ifa_family, broadcast);
  });
  if (!has_remote && !has_local) return false;
  if (info.ifa_prefixlen > (info.ifa_family == AF_INET ? 32 : 128)) return false;
  const AddressKey key{info.ifa_index, info.ifa_family, info.ifa_prefixlen, has_local ? local : remote};
  if (message.header.nlmsg_type == RTM_DELADDR) {
    stale_ = true;  // routes with this source went silently
    return addresses_.erase(key) > 0;
  }
  Address address;
  address.has_peer = has_local && has_remote && local != remote;
  if (address.has_peer) address.peer = remote;
  address.has_broadcast = has_broadcast;
  address.broadcast = broadcast;
  address.scope = info.ifa_scope;
  const auto found = addresses_.find(key);
  if (found == addresses_.end() && addresses_.size() >= most_addresses) {
    ++refused_;
    return false;
  }
  const bool changed = found == addresses_.end() || !(found->second == address);
  address.generation = generation_[addresses];
  addresses_[key] = address;
  return changed;
}

bool HostNetworks::route(const NetlinkMessage& message) {
  rtmsg info;
  if (!message.payload.get(info) || (info.rtm_family != AF_INET && info.rtm_family != AF_INET6)) return false;
  if (info.rtm_type != RTN_UNICAST && info.rtm_type != RTN_LOCAL && info.rtm_type != RTN_BROADCAST) return false;
  if ((info.rtm_flags & RTM_F_CLONED) || info.rtm_dst_len > (info.rtm_family == AF_INET ? 32 : 128)) return false;
  RouteKey key{};
  key.family = info.rtm_family;
  key.bits = info.rtm_dst_len;
  key.tos = info.rtm_tos;
  key.type = info.rtm_type;
  key.table = info.rtm_table;
  Route route;
  route.protocol = info.rtm_protocol;
  route.scope = info.rtm_scope;
  route.dead = (info.rtm_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN)) != 0;
  Leg leg;
  const auto gateway = [&](const NetlinkAttribute& a, Leg& of) {
    if (a.type == RTA_GATEWAY && take_address(a.value, info.rtm_family, of.gateway)) of.gateway_family = info.rtm_family;
    if (a.type != RTA_VIA || a.value.size < 2) return;
    uint16_t family;
    memcpy(&family, a.value.data, sizeof family);
    if ((family == AF_INET || family == AF_INET6) &&
        take_address(a.value.from(2), static_cast<uint8_t>(family), of.gateway))
      of.gateway_family = static_cast<uint8_t>(family);
  };
  each_netlink_attribute(message.payload.from(netlink_aligned(sizeof info)), [&](const NetlinkAttribute& a) {
    gateway(a, leg);
    if (a.type == RTA_DST) take_address(a.value, info.rtm_family, key.destination);
    if (a.type == RTA_TABLE) key.table = a.u32();
    if (a.type == RTA_PRIORITY) key.metric = a.u32();
    if (a.type == RTA_OIF) leg.link = a.u32();
    if (a.type != RTA_MULTIPATH) return;
    NetlinkBytes rest = a.value;
    rtnexthop hop;
    while (route.legs.size() < most_legs && rest.get(hop) && hop.rtnh_len >= sizeof hop && hop.rtnh_len <= rest.size) {
      Leg next;
      next.link = static_cast<uint32_t>(hop.rtnh_ifindex);
      each_netlink_attribute({rest.data + sizeof hop, hop.rtnh_len - sizeof hop},
                             [&](const NetlinkAttribute& inner) { gateway(inner, next); });
      if (!(hop.rtnh_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN))) route.legs.push_back(next);
      rest = rest.from(netlink_aligned(hop.rtnh_len));
    }
  });
  if (key.table != RT_TABLE_MAIN && key.table != RT_TABLE_LOCAL) return false;
  const bool multipath = !route.legs.empty();
  if (!multipath) route.legs.push_back(leg);
  key.link = route.legs[0].link;
  key.gateway = route.legs[0].gateway;
  if (message.header.nlmsg_type == RTM_DELROUTE) {
    const bool erased = routes_.erase(key) > 0;
    if (!erased || multipath) stale_ = true;  // one leg of several: which are left is for a dump to say
    return erased;
  }
  bool changed = false;
  if ((message.header.nlmsg_flags & (NLM_F_REPLACE | NLM_F_MULTI)) == NLM_F_REPLACE) {
    RouteKey first = key;
    first.link = 0;
    first.gateway.fill(0);
    for (auto at = routes_.lower_bound(first); at != routes_.end() && at->first.same_destination(key);) {
      at = routes_.erase(at);
      changed = true;
    }
  }
  const auto found = routes_.find(key);
  if (found == routes_.end() && routes_.size() >= most_routes) {
    ++refused_;
    return changed;
  }
  changed = changed || found == routes_.end() || !(found->second == route);
  route.generation = generation_[routes];
  routes_[key] = std::move(route);
  return changed;
}

std::string HostNetworks::json() const {
  std::string out = "{\"links\":[";
  for (const auto& [index, link] : links_) {
    if (out.back() != '[') out += ',';
    out += "{\"index\":" + std::to_string(index) + ",\"name\":";
    write_json_string(link.name, out);
    out += ",\"kind\":";
    write_json_string(link.kind, out);
    out += ",\"mac\":\"" + link.mac + "\"";
    put_number(out, "hardware", link.hardware);
    put_number(out, "mtu", link.mtu);
    put_number(out, "master", link.master);
    put_number(out, "parent", link.parent);
    put_flag(out, "up", (link.flags & IFF_UP) != 0);
    put_flag(out, "running", (link.flags & IFF_RUNNING) != 0);
    put_flag(out, "loopback", (link.flags & IFF_LOOPBACK) != 0);
    put_flag(out, "pointToPoint", (link.flags & IFF_POINTOPOINT) != 0);
    out += '}';
  }
  out += "],\"addresses\":[";
  for (const auto& [key, address] : addresses_) {
    if (out.back() != '[') out += ',';
    out += "{\"link\":" + std::to_string(key.link);
    put_address(out, "address", key.family, key.address);
    put_number(out, "prefixLength", key.bits);
    put_number(out, "scope", address.scope);
    if (address.has_peer) put_address(out, "peer", key.family, address.peer);
    if (address.has_broadcast) put_address(out, "broadcast", key.family, address.broadcast);
    out += '}';
  }
  out += "],\"routes\":[";
  for (const auto& [key, route] : routes_) {
    if (out.back() != '[') out += ',';
    out += "{\"ipVersion\":" + std::to_string(version_of(key.family));
    put_address(out, "destination", key.family, key.destination);
    put_number(out, "prefixLength", key.bits);
    put_number(out, "table", key.table);
    put_number(out, "metric", key.metric);
    put_number(out, "protocol", route.protocol);
    put_number(out, "scope", route.scope);
    out += ",\"type\":\"" + std::string(type_name(key.type)) + "\"";
    put_flag(out, "dead", route.dead);
    out += ",\"legs\":[";
    for (const Leg& leg : route.legs) {
      if (out.back() != '[') out += ',';
      out += "{\"link\":" + std::to_string(leg.link);
      if (leg.gateway_family) put_address(out, "gateway", leg.gateway_family, leg.gateway);
      out += '}';
    }
    out += "]}";
  }
  out += "],\"refused\":" + std::to_string(refused_) + "}";
  return out;
}

}  // namespace dipper
