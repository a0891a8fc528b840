#include "flow_extra.h"

#include <algorithm>
#include <new>

#include "packet.h"

namespace dipper {

FlowExtra* FlowExtras::make(Flow& flow) {
  if (!free_ && !grow()) return nullptr;
  auto* extra = reinterpret_cast<FlowExtra*>(free_);
  free_ = free_->next;
  ++in_use_;
  zero(extra, block_bytes_);
  for (int i = 0; i < 2; ++i) {
    extra->window_first[i] = flow.window_last[i];
    extra->mark_first[i] = flow.ip_mark[i];
    extra->ttl_least[i] = extra->ttl_most[i] = flow.ip_mark[i].ttl;
  }
  return flow.extra = extra;
}

bool FlowExtras::grow() {
  char* slab = static_cast<char*>(malloc(slab_blocks * block_bytes_));
  if (!slab) return false;
  slabs_.push_back(slab);
  for (size_t i = slab_blocks; i-- > 0;) free_ = new (slab + i * block_bytes_) Free{free_};
  return true;
}

bool watch_ip_mark(Flow& flow, IpMark mark, int direction, FlowExtras& extras) {
  const IpMark before = flow.ip_mark[direction];
  flow.ip_mark[direction] = mark;
  if (before.bits() == 0) {  // its first packet
    if (FlowExtra* extra = flow.extra) {
      extra->mark_first[direction] = mark;
      extra->ttl_least[direction] = extra->ttl_most[direction] = mark.ttl;
    }
    return true;
  }
  const bool is_new = !flow.extra;
  FlowExtra* extra = extras.of(flow);
  if (!extra) return false;
  if (is_new) {
    extra->mark_first[direction] = before;
    extra->ttl_least[direction] = extra->ttl_most[direction] = before.ttl;
  }
  if (mark.dscp != before.dscp) extra->dscp_changed |= static_cast<uint8_t>(1 << direction);
  extra->ttl_least[direction] = std::min(extra->ttl_least[direction], mark.ttl);
  extra->ttl_most[direction] = std::max(extra->ttl_most[direction], mark.ttl);
  return true;
}

bool keep_sample(Flow& flow, const Packet& packet, FlowExtras& extras) {
  FlowExtra* extra = extras.of(flow);
  if (!extra) return false;
  if (extra->samples_kept >= extras.most_samples) return true;
  const uint64_t us = flow.total_packets() == 1 ? 0 : (packet.timestamp_ns - flow.last_ns) / 1000;
  const auto bytes = static_cast<int32_t>(std::min<uint32_t>(packet.wire_length, INT32_MAX));
  extra->samples()[extra->samples_kept++] = {packet.from_lower ? bytes : -bytes,
                                             static_cast<uint32_t>(std::min<uint64_t>(us, UINT32_MAX))};
  return true;
}

}  // namespace dipper
