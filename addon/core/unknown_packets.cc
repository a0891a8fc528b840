#include "unknown_packets.h"

#include <algorithm>

namespace dipper {

UnknownPackets::UnknownPackets(uint32_t packets, uint32_t bytes, WorkerCounters& counters)
    : packets_(std::min(packets, most_packets)), bytes_(std::min(bytes, most_bytes)), counters_(counters) {}

void UnknownPackets::keep(uint32_t position, const Packet& packet) {
  // The outermost Ethernet header may stand behind another link layer: the frame's end is that of l3.
  const bool ethernet = packet.ethernet && packet.ethernet < packet.l3;
  const uint8_t* const start = ethernet ? packet.ethernet : packet.l3;
  const auto size = static_cast<uint32_t>(packet.l3 + packet.l3_length - start);
  const uint16_t link_type = ethernet ? 1 : 101;
  FlowPackets& flow = flows_[position];
  if (flow.packets.empty()) flow.link_type = link_type;
  if (flow.packets.size() >= packets_ || flow.bytes.size() + size > bytes_ || flow.link_type != link_type) return;
  if (total_ + size > most_total_bytes) {
    counters_.unknown_packets_dropped.add(1);
    return;
  }
  flow.packets.push_back({packet.timestamp_ns, std::max(packet.wire_length, size),
                          static_cast<uint32_t>(flow.bytes.size()), size});
  flow.bytes.insert(flow.bytes.end(), start, start + size);
  total_ += size;
  counters_.unknown_packets_kept.add(1);
}

bool UnknownPackets::take(uint32_t position) {
  const auto found = flows_.find(position);
  if (found == flows_.end() || found->second.packets.empty()) return false;
  taken_ = std::move(found->second);
  total_ -= taken_.bytes.size();
  flows_.erase(found);
  return true;
}

void UnknownPackets::drop(uint32_t position) {
  const auto found = flows_.find(position);
  if (found == flows_.end()) return;
  total_ -= found->second.bytes.size();
  flows_.erase(found);
}

char* write_base64(const uint8_t* bytes, size_t size, char* out) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < size; i += 3) {
    const uint32_t v = static_cast<uint32_t>(bytes[i]) << 16 | (i + 1 < size ? bytes[i + 1] : 0u) << 8 |
                       (i + 2 < size ? bytes[i + 2] : 0u);
    *out++ = alphabet[v >> 18];
    *out++ = alphabet[v >> 12 & 63];
    *out++ = i + 1 < size ? alphabet[v >> 6 & 63] : '=';
    *out++ = i + 2 < size ? alphabet[v & 63] : '=';
  }
  return out;
}

}  // namespace dipper
