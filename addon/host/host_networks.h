// Links, addresses and routes of a network namespace as rtnetlink(7) tells them, kept as state: apply() takes one message,
// json() says what is there now. Bounded: what has no room is counted, not kept. Pure; thread: its owner's.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "host/netlink_message.h"

namespace dipper {

class HostNetworks {
 public:
  static constexpr size_t most_links = 16384, most_addresses = 65536, most_routes = 65536, most_legs = 64;

  // One RTM_NEW* or RTM_DEL* message; others and malformed ones are ignored. True when the state differs now.
  bool apply(const NetlinkMessage& message);

  enum Kind { links, addresses, routes };
  void dump_begins(Kind kind) { ++generation_[kind]; }
  bool dump_ends(Kind kind);  // drops what was not named since dump_begins(); true when something was dropped
  // Something was taken away that takes routes with it of which the kernel does not speak: dump again. Resets.
  bool stale() { return std::exchange(stale_, false); }

  // `{"links":[...],"addresses":[...],"routes":[...],"refused":N}`; src/capture/links.ts has the types.
  std::string json() const;

 private:
  using AddressBytes = std::array<uint8_t, 16>;
  struct Link {
    std::string name, mac, kind;
    uint32_t flags = 0, mtu = 0, master = 0, parent = 0;
    uint16_t hardware = 0;  // ARPHRD_*
    bool parent_elsewhere = false;  // in another network namespace: its index means nothing here
    unsigned generation = 0;
    bool operator==(const Link& o) const {
      return std::tie(name, mac, kind, flags, mtu, master, parent, hardware) ==
             std::tie(o.name, o.mac, o.kind, o.flags, o.mtu, o.master, o.parent, o.hardware);
    }
  };
  struct AddressKey {
    uint32_t link;
    uint8_t family, bits;
    AddressBytes address;
    bool operator<(const AddressKey& o) const {
      return std::tie(link, family, bits, address) < std::tie(o.link, o.family, o.bits, o.address);
    }
  };
  struct Address {
    AddressBytes broadcast{}, peer{};
    bool has_broadcast = false, has_peer = false;
    uint8_t scope = 0;
    unsigned generation = 0;
    bool operator==(const Address& o) const {
      return std::tie(broadcast, peer, has_broadcast, has_peer, scope) ==
             std::tie(o.broadcast, o.peer, o.has_broadcast, o.has_peer, o.scope);
    }
  };
  struct Leg {
    uint32_t link = 0;
    AddressBytes gateway{};
    uint8_t gateway_family = 0;  // 0 = none
    bool operator==(const Leg& o) const {
      return link == o.link && gateway == o.gateway && gateway_family == o.gateway_family;
    }
  };
  // What the kernel tells routes apart by.
  struct RouteKey {
    uint8_t family, bits, tos, type;
    uint32_t table, metric;
    AddressBytes destination;
    uint32_t link;  // of the first leg
    AddressBytes gateway;
    bool same_destination(const RouteKey& o) const {
      return std::tie(family, bits, tos, type, table, metric, destination) ==
             std::tie(o.family, o.bits, o.tos, o.type, o.table, o.metric, o.destination);
    }
    bool operator<(const RouteKey& o) const {
      return std::tie(family, bits, tos, type, table, metric, destination, link, gateway) <
             std::tie(o.family, o.bits, o.tos, o.type, o.table, o.metric, o.destination, o.link, o.gateway);
    }
  };
  struct Route {
    std::vector<Leg> legs;
    uint8_t protocol = 0, scope = 0;
    bool dead = false;
    unsigned generation = 0;
    bool operator==(const Route& o) const {
      return legs == o.legs && protocol == o.protocol && scope == o.scope && dead == o.dead;
    }
  };

  bool link(const NetlinkMessage& message);
  bool address(const NetlinkMessage& message);
  bool route(const NetlinkMessage& message);

  std::map<uint32_t, Link> links_;
  std::map<AddressKey, Address> addresses_;
  std::map<RouteKey, Route> routes_;
  unsigned generation_[3] = {};
  uint64_t refused_ = 0;
  bool stale_ = false;
};

}  // namespace dipper
