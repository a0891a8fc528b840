// What a worker knows of packets beyond their flows: counters by protocol and layer. Thread: the worker's.
#include <algorithm>

#include "worker.h"

namespace dipper {

void Worker::count_packets(const PacketBatch& batch) {
  uint64_t ethernet = 0, vlan = 0, tcp = 0, udp = 0, icmp = 0, igmp = 0, ip_bytes = 0, wire_bytes = 0;
  uint64_t largest = counters_.largest_bytes.get();
  for (uint32_t i = 0; i < batch.size; ++i) {
    const Packet& packet = batch.packets[i];
    const uint8_t protocol = packet.key.ip_protocol;
    ethernet += packet.ethernet != nullptr;
    vlan += packet.key.vlan_id != 0;
    tcp += protocol == 6;
    udp += protocol == 17;
    icmp += protocol == 1 || protocol == 58;
    igmp += protocol == 2;
    ip_bytes += packet.l3_length;
    wire_bytes += packet.wire_length;
    largest = std::max<uint64_t>(largest, packet.l3_length);
  }
  constexpr uint64_t around_frame = 24;  // preamble, checksum and gap of Ethernet, as netifyd counts
  counters_.ethernet.add(ethernet);
  counters_.vlan.add(vlan);
  counters_.ip.add(batch.size);
  counters_.tcp.add(tcp);
  counters_.udp.add(udp);
  counters_.icmp.add(icmp);
  counters_.igmp.add(igmp);
  counters_.ip_bytes.add(ip_bytes);
  counters_.wire_bytes.add(wire_bytes + around_frame * batch.size);
  counters_.largest_bytes.set(largest);
}

}  // namespace dipper
