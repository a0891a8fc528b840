// Names of servers for flows that do not say theirs: DNS answers that pass are learned, and looked up when a flow's detection
// has something to say. Thread: the worker's.
#include "worker.h"

namespace dipper {
namespace {

constexpr uint8_t protocol_tcp = 6, protocol_udp = 17;
constexpr uint16_t port_dns = 53, port_mdns = 5353, port_llmnr = 5355;
constexpr std::string_view host_member = ",\"host_server_name\":", hint_member = ",\"dns_host_name\":";

}  // namespace

// Only what a query of the flow went before counts on port 53: an answer that nobody asked for teaches nothing. Multicast
// answers have no client, LLMNR's come in a flow of their own.
void Worker::learn_names(const Flow& flow, const Packet& packet) {
  const FlowKey& key = packet.key;
  const uint16_t from = packet.from_lower ? key.lower_port : key.upper_port;
  if (from != port_dns && from != port_mdns && from != port_llmnr) return;
  if (packet.later_fragment || packet.payload_length == 0) return;
  if (from == port_dns && !flow.packets[packet.from_lower ? 1 : 0]) return;
  size_t at = packet.l4_offset, size = packet.payload_length;
  if (key.ip_protocol == protocol_udp) {
    at += 8;
  } else if (key.ip_protocol == protocol_tcp && at + 20 <= packet.l3_length) {
    at += (packet.l3[at + 12] >> 4) * 4u;
  } else {
    return;
  }
  if (at + size > packet.l3_length) return;  // cut by the capture
  const uint8_t* message = packet.l3 + at;
  if (key.ip_protocol == protocol_tcp) {  // RFC 1035, 4.2.2: whole in this segment, or not at all
    if (size < 2 || static_cast<size_t>(message[0] << 8 | message[1]) > size - 2) return;
    size = static_cast<size_t>(message[0] << 8 | message[1]);
    message += 2;
  }
  const bool multicast = from == port_mdns;
  const uint8_t* client = multicast ? nullptr : packet.from_lower ? key.upper_address : key.lower_address;
  const uint64_t now_ns = now_ns_ + static_cast<uint64_t>(writer_.clock_offset());
  for (const DnsAnswer& answer : dns_answers(message, size, multicast))
    // A client of one version may be told addresses of the other, which it then uses with an address that nobody here knows.
    if (multicast || answer.ip_version == key.ip_version) options_.dns_hints->learn(client, answer, now_ns);
}

// Adds to the metadata of a flow without a host name the one that its client had asked for. What was said once stays.
void Worker::name_by_hint(const Flow& flow) {
  const std::string_view before = flow.metadata_text(), now = metadata_.text();
  const size_t said = before.find(hint_member);
  if (said != std::string_view::npos) {
    const std::string kept(before.substr(said));  // last of all members, as added below
    metadata_.append_members(kept);
    return;
  }
  if (quiet(flow) || now.find(host_member) != std::string_view::npos) return;
  const FlowKey& key = flow.key;
  const std::string name = options_.dns_hints->find(
      key.ip_version, flow.client_is_lower ? key.lower_address : key.upper_address,
      flow.client_is_lower ? key.upper_address : key.lower_address, now_ns_ + static_cast<uint64_t>(writer_.clock_offset()));
  if (name.empty()) return;
  counters_.dns_hints_used.add(1);
  metadata_.append_members(std::string(hint_member) + "\"" + name + "\",\"dhc_hit\":true");
}

}  // namespace dipper
