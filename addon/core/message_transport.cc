#include "message_transport.h"

#include <cstring>
#include <string_view>

#include "address_text.h"
#include "flow_extra.h"

namespace dipper {
namespace {

constexpr uint8_t protocol_tcp = 6;

[[gnu::always_inline]] inline char* put(std::string_view text, char* p) {
  memcpy(p, text.data(), text.size());
  return p + text.size();
}
[[gnu::always_inline]] inline char* member(std::string_view name, uint64_t value, char* p) {
  return write_number(value, put(name, p));
}

char* write_tcp_sums(uint64_t resets, uint64_t retransmissions, uint64_t sequence_errors, char* p) {
  p = member(",\"tcp\":{\"resets\":", resets, p);
  p = member(",\"retrans\":", retransmissions, p);
  return member(",\"seq_errors\":", sequence_errors, p);
}

struct Side {
  const Flow& flow;
  int index;  // in the flow's pairs
  bool is_local;

  IpMark first_mark() const { return flow.extra ? flow.extra->mark_first[index] : flow.ip_mark[index]; }

  // DSCP and TTL; the least and largest TTL where there are two, and dscp_changed only where it is true.
  char* write_ip(char* p) const {
    const IpMark first = first_mark();
    if (first.bits() == 0) return p;  // it has sent nothing
    p = member(is_local ? ",\"local_dscp\":" : ",\"other_dscp\":", first.dscp >> 2, p);
    p = member(is_local ? ",\"local_ttl\":" : ",\"other_ttl\":", first.ttl, p);
    const FlowExtra* extra = flow.extra;
    if (!extra) return p;
    if (extra->dscp_changed >> index & 1)
      p = put(is_local ? ",\"local_dscp_changed\":true" : ",\"other_dscp_changed\":true", p);
    if (extra->ttl_least[index] != extra->ttl_most[index]) {
      p = member(is_local ? ",\"local_ttl_min\":" : ",\"other_ttl_min\":", extra->ttl_least[index], p);
      p = member(is_local ? ",\"local_ttl_max\":" : ",\"other_ttl_max\":", extra->ttl_most[index], p);
    }
    return p;
  }

  // Windows in bytes; that of a SYN is never scaled (RFC 7323, 2.2), the others only if both SYNs had the option.
  char* write_windows(char* p) const {
    const unsigned mine = flow.window_scales >> 4 * index & 15, theirs = flow.window_scales >> 4 * (1 - index) & 15;
    const unsigned scale = mine == no_window_scale || theirs == no_window_scale ? 0 : mine;
    const bool only_syn = flow.extra->held >> index & 1;
    p = member(",\"window_first\":", flow.extra->window_first[index], p);
    p = member(",\"window_last\":", uint64_t{flow.window_last[index]} << (only_syn ? 0 : scale), p);
    const uint64_t least = only_syn ? flow.window_last[index] : uint64_t{flow.window_least[index]} << scale;
    return member(",\"window_min\":", least, p);
  }

  char* write_tcp(char* p) const {
    const FlowExtra& extra = *flow.extra;
    p = member(is_local ? ",\"local\":{\"resets\":" : ",\"other\":{\"resets\":", extra.resets[index], p);
    p = member(",\"retrans\":", extra.retransmissions[index], p);
    p = member(",\"seq_errors\":", extra.sequence_errors[index], p);
    if (extra.windows_known()) p = write_windows(p);
    *p++ = '}';
    return p;
  }
};

char* write_tcp(const Flow& flow, const Side& local, const Side& other, char* p) {
  const FlowExtra* extra = flow.extra;
  if (!extra) return put("}", write_tcp_sums(0, 0, 0, p));
  p = write_tcp_sums(extra->all_resets(), extra->all_retransmissions(), extra->all_sequence_errors(), p);
  if (extra->handshake == HandshakeStage::done) {
    p = member(",\"rtt_us\":", uint64_t{extra->server_rtt_us} + extra->client_rtt_us, p);
    p = member(",\"rtt_client_us\":", extra->client_rtt_us, p);
  }
  if (extra->handshake >= HandshakeStage::syn_ack) p = member(",\"rtt_server_us\":", extra->server_rtt_us, p);
  p = other.write_tcp(local.write_tcp(p));
  *p++ = '}';
  return p;
}

// Sizes are positive from the client and negative from the server.
char* write_samples(const Flow& flow, char* p) {
  const FlowExtra& extra = *flow.extra;
  p = put(",\"packet_series\":{\"bytes\":[", p);
  for (unsigned i = 0; i < extra.samples_kept; ++i) {
    const int32_t from_lower = extra.samples()[i].bytes, bytes = flow.client_is_lower ? from_lower : -from_lower;
    if (i) *p++ = ',';
    if (bytes < 0) *p++ = '-';
    p = write_number(static_cast<uint64_t>(bytes < 0 ? -int64_t{bytes} : bytes), p);
  }
  p = put("],\"interval_us\":[", p);
  for (unsigned i = 0; i < extra.samples_kept; ++i) {
    if (i) *p++ = ',';
    p = write_number(extra.samples()[i].interval_us, p);
  }
  return put("]}", p);
}

}  // namespace

char* write_first_dscp(const Flow& flow, char* p) {
  const int client = flow.client_is_lower ? 0 : 1;
  const IpMark mark = Side{flow, client, true}.first_mark(), answer = Side{flow, 1 - client, true}.first_mark();
  return member(",\"ip_dscp\":", (mark.bits() ? mark : answer).dscp >> 2, p);
}

char* write_transport(const Flow& flow, int local, char* p) {
  const Side mine{flow, local, true}, theirs{flow, 1 - local, false};
  p = theirs.write_ip(mine.write_ip(write_first_dscp(flow, p)));
  if (flow.key.ip_protocol == protocol_tcp) p = write_tcp(flow, mine, theirs, p);
  if (flow.extra && flow.extra->samples_kept) p = write_samples(flow, p);
  return p;
}

char* write_tcp_since(const Flow& flow, char* p) {
  if (flow.key.ip_protocol != protocol_tcp) return p;
  const FlowExtra* extra = flow.extra;
  p = extra ? write_tcp_sums(extra->all_resets() - extra->told_resets,
                             extra->all_retransmissions() - extra->told_retransmissions,
                             extra->all_sequence_errors() - extra->told_sequence_errors, p)
            : write_tcp_sums(0, 0, 0, p);
  return put("}", p);
}

}  // namespace dipper
