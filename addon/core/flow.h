// One biflow (RFC 5103). Plain data in the table's pool, owned by the worker of that table; nothing in it is
// locked or atomic. Index 0 of the pairs is the direction lower -> upper, 1 the other.
#pragma once
#include <cstdint>
#include <cstring>
#include <string_view>

#include "application_choice.h"
#include "conntrack.h"
#include "dpi.h"
#include "flow_key.h"
#include "metadata_store.h"

namespace dipper {

// IPFIX flowEndReason (RFC 5102, 5.11.3) in words.
enum class Expiry : uint8_t { idle, active, closed, evicted, shutdown };
constexpr int expiry_count = 5;
const char* expiry_name(Expiry reason);

struct FlowExtra;  // flow_extra.h

enum class Detecting : uint8_t {
  waiting,    // not one packet has been shown to nDPI
  inspecting,
  announced,  // a protocol is known and was announced, more packets may refine it
  reading,    // the library has said its last word; one of our own dissectors wants more packets
  over,
};

// DSCP (in its place, RFC 2474, 3) and TTL as one value, so that a packet is compared with the one before at once.
struct IpMark {
  uint8_t dscp, ttl;
  uint16_t bits() const { return static_cast<uint16_t>(dscp << 8 | ttl); }
};

// Fields by cache line: what finds the flow, what each packet touches, what detection and messages need. What few flows
// need is in a FlowExtra beside it.
struct alignas(64) Flow {
  FlowKey key;
  uint32_t hash;                     // low half of the packet's, all that the table's buckets go by
  uint32_t position;                 // in the pool; set by the table
  uint64_t last_ns;

  uint64_t packets[2], bytes[2];
  uint32_t next_sequence[2];         // TCP: of the first byte not yet seen; what it means before the first segment: tcp_watch.cc
  uint16_t window_last[2];           // TCP: as in the header, not scaled
  uint16_t window_least[2];          // the same, without segments that have SYN; 0xffff until there is one
  IpMark ip_mark[2];                 // of the last packet; zeros: none yet
  uint32_t stats_epoch;              // interval of the traffic that no flow_stats has told yet; 0 = none, not in the list
  uint16_t dpi_packets;              // shown to nDPI
  uint8_t icmp_type, icmp_code;      // of the first packet
  Detecting detecting;
  bool fin_lower : 1, fin_upper : 1, rst : 1;
  bool client_is_lower : 1;
  bool role_fixed : 1;               // a SYN or SYN+ACK decided who the client is
  bool sequence_lower : 1, sequence_upper : 1;  // next_sequence is known
  bool connection_wanted : 1;        // its `flow` went out before connection tracking knew it
  bool live;                         // in the table (a freed pool entry is not)
  uint8_t window_scales;             // TCP: of the SYNs, lower in the low half; no_window_scale where it had none

  Detection detection;
  uint8_t* metadata;                 // MetadataStore: u32 size, application, Metadata::text(); null when there is none
  ConntrackEntry* conntrack;         // malloc: as first found; null when not looked for or not known
  DpiState* dpi;                     // and what our dissectors keep; null once detection is over
  FlowExtra* extra;                  // null for most flows
  uint64_t first_ns;

  uint64_t stats_bytes[2];           // counters as of the last flow_stats
  uint64_t stats_packets[2];
  uint32_t wheel_next, wheel_previous;  // positions + 1; 0 = none
  uint32_t stats_next, stats_previous;  // list of flows with untold traffic, oldest interval first: the same
  uint8_t mac[2][6];                 // of lower and upper, as first seen
  uint16_t wheel_slot;               // + 1; 0 = none
  Tunnel tunnel;                     // what the flow came through, also where it is not part of the key
  bool has_gtp;                      // GtpTunnels has a record of it

  uint64_t total_packets() const { return packets[0] + packets[1]; }
  uint64_t total_bytes() const { return bytes[0] + bytes[1]; }
  bool tcp_closed() const { return rst || (fin_lower && fin_upper); }
  bool answered() const { return packets[0] && packets[1]; }
  bool translated() const { return conntrack && conntrack->translated(); }
  std::string_view metadata_text() const {
    if (!metadata) return {};
    uint32_t size;
    memcpy(&size, metadata, sizeof size);
    return {reinterpret_cast<const char*>(metadata) + MetadataStore::head, size};
  }
  ApplicationChoice application() const {
    ApplicationChoice choice;
    if (metadata) memcpy(&choice, metadata + sizeof(uint32_t), sizeof choice);
    return choice;
  }
};
static_assert(sizeof(Flow) <= 256, "a flow whose detection is over must stay far below 400 bytes");

}  // namespace dipper
