// The door to libndpi: dpi.cc is the only file that includes its headers, and compiles unchanged against
// libndpi 4.2 up to 5.x. Thread: a Dpi (one nDPI detection module) belongs to one worker; create and destroy
// are serialised inside by a process-wide mutex, because libndpi's init and exit must not run in parallel.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/dissect/findings.h"
#include "metadata.h"
#include "packet.h"

namespace dipper {

// nDPI's per-flow state (struct ndpi_flow_struct), pooled by Dpi.
struct DpiState;
struct Dissection;

struct DpiOptions {
  std::string protocols_file, categories_file, risky_domains_file, ja3_file, certificates_file;
  uint16_t max_packets_tcp = 32, max_packets_udp = 32;  // then give up; libndpi 4.2 looks at 32 of a flow at most
  bool reference = false;  // 80 and 24 packets, as ndpiReader; other L4 protocols without a limit
};

// What the library said of a flow, and what we found beside it. Numbers are the library's own and mean nothing outside
// this process: messages carry names.
struct Detection {
  uint64_t risks = 0;       // bit mask
  uint16_t master = 0, app = 0;  // protocol ids, 0 = unknown
  uint16_t category = 0;
  uint16_t score = 0;       // ndpi_risk2score
  uint16_t soft = 0;        // the protocol that a soft dissector found (soft_dissectors.h), 0 = none
  uint8_t breed = 0;
  uint8_t confidence = 0;
  bool guessed = false;     // by give-up, not by a dissector
  bool operator==(const Detection& o) const {
    return risks == o.risks && master == o.master && app == o.app && category == o.category && score == o.score &&
           breed == o.breed && confidence == o.confidence && guessed == o.guessed && soft == o.soft;
  }
  // The most specific protocol that is known (app if there is one, else master); 0 = unknown.
  uint16_t protocol() const { return app ? app : master; }
  bool identified() const { return protocol() || soft; }
};

enum class DpiStep : uint8_t {
  inspecting,  // nothing known yet, give me more packets
  partial,     // a protocol is known, more packets may refine it or bring metadata
  done,        // nothing more to learn
};

class Dpi {
 public:
  // Null and a message (what, where, what to do) when the library does not match its header or a file can't be
  // loaded.
  static std::unique_ptr<Dpi> create(const DpiOptions& options, std::string& error);
  ~Dpi();

  DpiState* acquire();            // a zeroed state of this module; null when out of memory
  uint64_t states_in_use() const;

  // A state belongs to the module that it came from, whatever other modules there are by now: these find it themselves.
  static const Dpi& of(const DpiState* state);
  // What our own dissectors keep of the flow, in the same entry of the pool; empty after acquire(). Its owner is the caller:
  // nothing in it may be left at release().
  static Dissection& dissection(DpiState* state);
  static void release(DpiState* state);  // frees what the library hung on it and keeps the memory for the next flow

  // Shows one packet to nDPI. `packets_seen` counts the flow's packets including this one, by which the limits
  // decide. Fills `detection` when the result is partial or done; `done` includes the give-up at the limit.
  static DpiStep step(DpiState* state, const Packet& packet, uint32_t packets_seen, Detection& detection);

  // A flow is in detection for so many packets at most.
  uint32_t packet_limit(uint8_t ip_protocol) const;

  // Other limits from now on, also for flows in detection; without effect in reference mode.
  void set_limits(uint16_t max_packets_tcp, uint16_t max_packets_udp);

  // No more packets will come: the library's last word, guesses included. Call once, before release().
  static void give_up(DpiState* state, Detection& detection);

  // Appends what is known of the flow to `metadata` (host name, TLS, HTTP, ...), findings (null: none) before what the
  // library says of the same field.
  static void collect(const DpiState* state, const Detection& detection, const Findings* findings, Metadata& metadata);

  // Names, valid as long as this Dpi; never null. Unknown ids give "Unknown". An id of the library's own protocols or of one
  // that the user's files name means the same in every module of the process, be it loaded there or not.
  const char* protocol_name(uint16_t id) const;
  const char* category_name(uint16_t id) const;
  const char* breed_name(uint8_t id) const;
  const char* confidence_name(uint8_t id) const;
  const char* risk_name(unsigned bit) const;
  uint16_t protocol_count() const;
  // Whether a protocol is known by names and addresses alone, and carried by another (Google by TLS).
  bool is_application(uint16_t id) const;
  static bool is_rtp(const Detection& detection);
  uint16_t category_of(uint16_t id) const;  // 0 for unknown ids
  uint16_t category_count() const;

  // Whether the running library is the one of the headers (API number and size of a flow state); else why not.
  // create() refuses as well.
  static bool same_library(std::string& error);
  static const char* library_version();          // "4.2.0", the running library's
  // libndpi complains of some QUIC packets by printf. Call once where nothing else uses C's stdout (Node writes to
  // the descriptor): it then goes nowhere.
  static void silence_library();
  static size_t state_size();                    // bytes of one nDPI flow state

 private:
  Dpi();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dipper
