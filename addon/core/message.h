// Flow -> one line of JSON. The worker serialises its own events, so that TypeScript passes lines on untouched and
// parses one only when somebody wants an object (docs/adr/0002-event-encoding.md). The shapes are those of the
// schemas in src/messages/: a test validates every line.
// Thread: a worker's.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "applications.h"
#include "dpi.h"
#include "flow.h"
#include "flow_id.h"
#include "lines.h"
#include "roles.h"

namespace dipper {

class GtpTunnels;

struct Envelope {
  std::string interface;  // as the user named it; any bytes
  bool internal = true;   // the LAN side
};

// What was said of a flow before.
struct Announced {
  Detection detection;
  std::string_view metadata;  // Metadata::text()
  ApplicationChoice application;
  bool translated;
};

class MessageWriter {
 public:
  // `twins`: flows are looked up in a conntrack table, and messages name their twin.
  MessageWriter(const Dpi& dpi, const Envelope& envelope, bool twins = false);

  void set_clock_offset(int64_t ns) { clock_offset_ns_ = static_cast<uint64_t>(ns); }  // of times, not of digests
  int64_t clock_offset() const { return static_cast<int64_t>(clock_offset_ns_); }
  // Those of another module; what the one before named keeps its name.
  void learn_names(const Dpi& dpi);
  void set_networks(Roles networks) { roles_ = std::move(networks); }
  void set_gtp_tunnels(const GtpTunnels* tunnels) { gtp_tunnels_ = tunnels; }  // of the flows; outlive the writer's use
  // What ApplicationChoice::table stands for; null: nothing is known.
  void set_applications(unsigned which, const ApplicationTable* table) { applications_[which] = table; }

  // Each appends one line with its newline to `out`. `metadata` is Metadata::text().
  void flow(const Flow& flow, std::string_view metadata, Lines& out);         // identified
  void dpi_update(const Flow& flow, std::string_view metadata, const Announced& before, Lines& out);  // refined
  void stats(const Flow& flow, Lines& out);                                  // since the last one
  void stats(const Flow& flow, const Sha1Digest& community_hash, Lines& out);
  void purge(const Flow& flow, Expiry reason, Lines& out);                  // the complete final record

  // A live flow with its whole-life counters, for one snapshot alone, whose lines begin with established_head().
  // `more`: members of the flow in front of its metadata.
  void established(const std::string& head, const Flow& flow, const Sha1Digest& community_hash, Lines& out,
                   std::string_view more = {});
  // Whether the lower endpoint is the local side in messages.
  bool lower_is_local(const Flow& flow) const { return roles_.sides(flow.key, flow.client_is_lower).lower_is_local; }
  std::string established_head(uint64_t snapshot) const;

  // purge() in two steps for who has many: the hashes of eight flows cost little more than one.
  static void community_hashes(const Flow* const* flows, unsigned count, Sha1Digest hashes[sha1_lanes]);
  void purge(const Flow& flow, Expiry reason, const Sha1Digest& community_hash, Lines& out);

 private:
  struct Text;  // where to write; one pointer, passed and returned in a register
  // The text of one Detection: what stands before the application, before the number of packets, and behind it. Traffic has
  // few different ones, so a small direct-mapped cache saves building it for almost every line.
  struct DetectionText {
    Detection detection;
    std::string text;
    uint32_t protocol_end = 0, before = 0;  // bytes of it that stand before the application, and before the number
  };
  // Seconds since 1970 as text: flows that begin and end close together share them.
  struct SecondText {
    uint32_t second = 0;
    char digits[10] = {};
    char unused[2] = {};
  };
  static constexpr size_t seconds_kept = 256;

  const DetectionText& detection_text(const Detection& detection);
  [[gnu::noinline]] void build(const Detection& detection, DetectionText& entry) const;
  std::string told_text(const Announced& told);
  Text start(const std::string& head, size_t unbounded, Lines& out) const;
  Text time(Text text, uint64_t ns);
  Text identity(Text text, const Flow& flow, const Sides& sides, const Sha1Digest& community_hash);
  Text gtp(Text text, const Flow& flow, bool lower_is_local) const;
  Text translation(Text text, const Flow& flow, const Sha1Digest& community_hash) const;
  Text detection(Text text, const Flow& flow);
  Text detection(Text text, const Detection& found, const ApplicationChoice& choice, uint16_t packets);
  void record(const std::string& head, const Flow& flow, const Sha1Digest& community_hash, Lines& out,
              std::string_view more = {});
  static Text counters(Text text, const Flow& flow, const uint64_t packets[2], const uint64_t bytes[2], int local);

  Roles roles_;
  uint64_t clock_offset_ns_ = 0;
  const bool twins_;
  const GtpTunnels* gtp_tunnels_ = nullptr;
  const ApplicationTable* applications_[2] = {};
  std::vector<uint8_t> protocol_categories_;  // of each protocol its own, whatever a flow's application is
  // How lines begin: `{"type":...,"interface":...,"internal":...,"established":false,"flow":{"digest":"`
  std::string flow_head_, dpi_update_head_, stats_head_, purge_heads_[expiry_count];
  std::string established_head_;  // past the number of a snapshot
  // Names as JSON text without quotes, cut to 120 bytes so that a line's fixed part has a bound.
  std::vector<std::string> protocols_, categories_, breeds_, confidences_, risks_;
  std::string version_;
  std::vector<DetectionText> detection_texts_;
  SecondText seconds_[seconds_kept];
};

}  // namespace dipper
