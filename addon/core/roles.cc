#include "roles.h"

namespace dipper {
namespace {

bool in_prefix(const uint8_t* address, const uint8_t* prefix, unsigned bits) {
  const unsigned whole = bits / 8;
  if (memcmp(address, prefix, whole) != 0) return false;
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  return ((address[whole] ^ prefix[whole]) >> (8 - rest)) == 0;
}

// First octets that no rule of built_in_v4() is about, nor loopback's of IPv6: nearly all addresses of the Internet.
struct Elsewhere {
  bool v4[256] = {}, v6[256] = {};
  constexpr Elsewhere() {
    for (int i = 0; i < 256; ++i) {
      v4[i] = i < 224 && i != 10 && i != 100 && i != 127 && i != 169 && i != 172 && i != 192;
      v6[i] = i != 0 && i < 0xfc;
    }
  }
};
constexpr Elsewhere elsewhere;

AddressClass built_in_v4(const uint8_t* a) {
  if (elsewhere.v4[a[0]]) return AddressClass::unknown;
  if (a[0] == 10) return AddressClass::private_net;
  if (a[0] == 255 && a[1] == 255 && a[2] == 255 && a[3] == 255) return AddressClass::broadcast;
  if (a[0] >> 4 == 14) return AddressClass::multicast;                       // 224.0.0.0/4
  if (a[0] == 10 || a[0] == 127) return AddressClass::private_net;           // RFC 1918, loopback
  if (a[0] == 172 && a[1] >> 4 == 1) return AddressClass::private_net;       // 172.16.0.0/12
  if (a[0] == 192 && a[1] == 168) return AddressClass::private_net;
  if (a[0] == 100 && a[1] >> 6 == 1) return AddressClass::private_net;       // 100.64.0.0/10, RFC 6598
  if (a[0] == 169 && a[1] == 254)                                            // link-local, RFC 3927
    return a[2] == 255 && a[3] == 255 ? AddressClass::broadcast : AddressClass::private_net;
  return AddressClass::unknown;
}

AddressClass built_in_v6(const uint8_t* a) {
  if (elsewhere.v6[a[0]]) return AddressClass::unknown;
  if (a[0] == 0xff) return AddressClass::multicast;
  if ((a[0] & 0xfe) == 0xfc) return AddressClass::private_net;               // fc00::/7, RFC 4193
  if (a[0] == 0xfe && a[1] >> 6 == 2) return AddressClass::private_net;      // fe80::/10
  static const uint8_t loopback[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return memcmp(a, loopback, 16) == 0 ? AddressClass::private_net : AddressClass::unknown;
}

}  // namespace

const char* other_type_name(OtherType type) {
  static const char* const names[] = {"remote", "local", "multicast", "broadcast", "unknown"};
  return names[static_cast<int>(type)];
}

void Roles::add(uint8_t ip_version, const uint8_t* prefix, uint8_t bits, AddressClass address_class) {
  Network network{ip_version, bits, address_class, {}};
  memcpy(network.prefix, prefix, ip_version == 4 ? 4 : 16);
  networks_.push_back(network);
}

AddressClass Roles::classify(uint8_t ip_version, const uint8_t* address) const {
  if (networks_.empty()) return ip_version == 4 ? built_in_v4(address) : built_in_v6(address);
  // Order: own address, broadcast, own network, built-in classes. The own address comes first, because that of a
  // point-to-point link (/32) equals its own broadcast address.
  bool broadcast = false, local_net = false;
  for (const Network& network : networks_) {
    if (network.ip_version != ip_version || !in_prefix(address, network.prefix, network.bits)) continue;
    if (network.address_class == AddressClass::local_ip) return AddressClass::local_ip;
    (network.address_class == AddressClass::broadcast ? broadcast : local_net) = true;
  }
  const AddressClass built_in = ip_version == 4 ? built_in_v4(address) : built_in_v6(address);
  if (broadcast || built_in == AddressClass::broadcast) return AddressClass::broadcast;
  return local_net ? AddressClass::local_net : built_in;
}

namespace {

enum class Local : uint8_t { lower, upper, client };
struct Decision {
  Local local;
  OtherType other_type;
};

constexpr Decision decide(AddressClass lower, AddressClass upper) {
  using C = AddressClass;
  const auto is = [&](C a, C b) { return lower == a && upper == b; };
  if (is(C::local_ip, C::local_net)) return {Local::upper, OtherType::local};
  if (is(C::local_net, C::local_ip)) return {Local::lower, OtherType::local};
  if (lower == C::multicast) return {Local::upper, OtherType::multicast};
  if (upper == C::multicast) return {Local::lower, OtherType::multicast};
  if (lower == C::broadcast) return {Local::upper, OtherType::broadcast};
  if (upper == C::broadcast) return {Local::lower, OtherType::broadcast};
  if (is(C::private_net, C::local_net)) return {Local::upper, OtherType::local};
  if (is(C::local_net, C::private_net)) return {Local::lower, OtherType::local};
  if (is(C::private_net, C::private_net)) return {Local::lower, OtherType::local};  // IPv6 too: netifyd says unknown there
  if (is(C::private_net, C::local_ip)) return {Local::upper, OtherType::remote};
  if (is(C::local_ip, C::private_net)) return {Local::lower, OtherType::remote};
  if (is(C::local_net, C::local_net)) return {Local::lower, OtherType::local};
  // Neither address is ours or private (a capture from a transit link, or of a host with a public address): the client
  // stands for the local side. netifyd takes the upper one, whichever that is.
  if (is(C::unknown, C::unknown)) return {Local::client, OtherType::remote};
  if (lower == C::unknown) return {Local::upper, OtherType::remote};
  if (upper == C::unknown) return {Local::lower, OtherType::remote};
  return {Local::lower, OtherType::unknown};  // two addresses of this host
}

// By both classes, so that a record's sides cost two look-ups instead of a chain of comparisons.
struct Decisions {
  Decision of[address_class_count][address_class_count] = {};
  constexpr Decisions() {
    for (int lower = 0; lower < address_class_count; ++lower)
      for (int upper = 0; upper < address_class_count; ++upper)
        of[lower][upper] = decide(static_cast<AddressClass>(lower), static_cast<AddressClass>(upper));
  }
};
constexpr Decisions decisions;

}  // namespace

Sides Roles::sides(const FlowKey& key, bool client_is_lower) const {
  const AddressClass lower = classify(key.ip_version, key.lower_address);
  const AddressClass upper = classify(key.ip_version, key.upper_address);
  const Decision decision = decisions.of[static_cast<int>(lower)][static_cast<int>(upper)];
  return {decision.local == Local::client ? client_is_lower : decision.local == Local::lower, decision.other_type};
}

}  // namespace dipper
