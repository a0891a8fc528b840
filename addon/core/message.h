// Flow -> one line of JSON. The worker serialises its own events, so that TypeScript passes lines on untouched and
// parses one only when somebody wants an object (docs/adr/0002-event-encoding.md). The shapes are those of the
// schemas in src/messages/: a test validates every line.
// Thread: a worker's.
#pragma once
#include <string>
#include <vector>

#include "dpi.h"
#include "flow.h"
#include "flow_id.h"
#include "roles.h"

namespace dipper {

struct Envelope {
  std::string interface;  // as the user named it; any bytes
  bool internal = true;   // the LAN side
};

class MessageWriter {
 public:
  // `twins`: flows are looked up in a conntrack table, and messages name their twin.
  MessageWriter(const Dpi& dpi, const Envelope& envelope, bool twins = false);

  // Each appends one line with its newline to `out`.
  void flow(const Flow& flow, const Metadata& metadata, std::string& out);        // identified
  void dpi_update(const Flow& flow, const Metadata& metadata, std::string& out);  // refined
  void stats(const Flow& flow, std::string& out) const;                           // since the last one
  void purge(const Flow& flow, Expiry reason, std::string& out);                  // the complete final record

  // purge() in two steps for who has many: the hashes of four flows cost little more than one.
  static void community_hashes(const Flow* const flows[4], Sha1Digest hashes[4]);
  void purge(const Flow& flow, Expiry reason, const Sha1Digest& community_hash, std::string& out);

 private:
  struct Text;
  // The text of one Detection, before and after the number of packets. Traffic has few different ones, so a small
  // direct-mapped cache saves building it for almost every line.
  struct DetectionText {
    Detection detection;
    std::string before, after;
  };
  const DetectionText& detection_text(const Detection& detection);
  void open(Text& text, std::string_view type, std::string_view reason) const;
  void identity(Text& text, const Flow& flow, const Sides& sides, const Sha1Digest& community_hash) const;
  void translation(Text& text, const Flow& flow, const Sha1Digest& community_hash) const;
  void detection(Text& text, const Flow& flow);
  void counters(Text& text, const Flow& flow, const Sides& sides) const;
  void announce(std::string_view type, const Flow& flow, const Metadata& metadata, std::string& out);

  Roles roles_;
  const bool twins_;
  std::string envelope_;  // `"interface":...,"internal":...,"established":false,"flow":{`
  // Names as JSON text without quotes, cut to 120 bytes so that a line's fixed part has a bound.
  std::vector<std::string> protocols_, categories_, breeds_, confidences_, risks_;
  std::string version_;
  std::vector<DetectionText> detection_texts_;
};

}  // namespace dipper
