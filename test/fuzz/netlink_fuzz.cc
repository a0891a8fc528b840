// Fuzz target: the input as a datagram of the kernel, for the state of links and routes and for the
// table of connections. Nothing is read outside of it, the state stays bounded, and its JSON is
// whole.
#include <cstdlib>
#include <cstring>
#include <memory>

#include "core/conntrack.h"
#include "host/conntrack_message.h"
#include "host/host_networks.h"
#include "json_check.h"

using namespace dipper;

namespace {

void require(bool condition) {
  if (!condition) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::unique_ptr<uint8_t[]> exact(
      new uint8_t[size ? size : 1]);  // its own allocation: the sanitizer sees its end
  memcpy(exact.get(), data, size);
  HostNetworks state;
  ConntrackTable table({128, 2, 4});
  uint32_t now = 0;
  uint64_t messages = 0;
  state.dump_begins(HostNetworks::routes);
  each_netlink_message({exact.get(), size}, [&](const NetlinkMessage& m) {
    require(m.payload.data >= exact.get() && m.payload.data + m.payload.size <= exact.get() + size);
    ++messages;
    state.apply(m);
    ConntrackEntry entry;
    const ConntrackEvent event = parse_conntrack(m, entry);
    if (event == ConntrackEvent::none) return;
    require(entry.ip_version == 4 || entry.ip_version == 6);
    event == ConntrackEvent::changed ? table.put(entry, ++now) : table.end(entry, ++now);
    ConntrackEntry found;
    require(table.find(conntrack_key(entry.original, entry.ip_version, entry.ip_protocol), found));
    require(found.ip_protocol == entry.ip_protocol);
    table.expire(now);
    require(table.counters().records <= 128);
  });
  require(messages <= size / sizeof(nlmsghdr));
  state.dump_ends(HostNetworks::routes);
  const std::string json = state.json();
  require(json_check::Checker(json).document());
  table.end_unseen(now + 1, now + 1);
  table.expire(now + 10);
  require(table.counters().records == 0);
  return 0;
}
