// Which side of a flow is local: address classes and the table of netifyd's documented order (lower/upper classes ->
// local side and other_type). Without interface addresses only the built-in classes apply. docs/roles.md has both.
#pragma once
#include <cstdint>
#include <vector>

#include "flow_key.h"

namespace dipper {

enum class AddressClass : uint8_t { unknown, local_ip, local_net, private_net, multicast, broadcast };
constexpr int address_class_count = 6;

enum class OtherType : uint8_t { remote, local, multicast, broadcast, unknown };
const char* other_type_name(OtherType type);

struct Sides {
  bool lower_is_local;
  OtherType other_type;
};

class Roles {
 public:
  // A network of the capturing host: `prefix` is 4 or 16 bytes, `address_class` local_ip, local_net or broadcast.
  void add(uint8_t ip_version, const uint8_t* prefix, uint8_t bits, AddressClass address_class);
  AddressClass classify(uint8_t ip_version, const uint8_t* address) const;
  Sides sides(const FlowKey& key, bool client_is_lower) const;

 private:
  struct Network {
    uint8_t ip_version, bits;
    AddressClass address_class;
    uint8_t prefix[16];
  };
  std::vector<Network> networks_;  // few: a host's addresses and routes
};

}  // namespace dipper
