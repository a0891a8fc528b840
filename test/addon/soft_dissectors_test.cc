// Soft dissectors: each row's packet as bytes; the same cut at every byte and with each field
// wrong; what the library's answer may be overruled by; and what a worker says of such flows.
#include "core/soft_dissectors.h"

#include <cstdlib>

#include "check.h"
#include "worker_rig.h"

using namespace dipper;
using namespace traffic;

namespace {

using namespace std::string_literals;

const Dpi& dpi() {
  static const std::unique_ptr<Dpi> instance = [] {
    std::string error;
    auto made = Dpi::create({}, error);
    if (!made) {
      fprintf(stderr, "%s\n", error.c_str());
      abort();
    }
    return made;
  }();
  return *instance;
}

const SoftDissectors& soft() {
  static const SoftDissectors instance(dpi());
  return instance;
}

uint16_t id_of(const std::string& name) {
  for (uint16_t id = 1; id < dpi().protocol_count(); ++id)
    if (name == dpi().protocol_name(id)) return id;
  check::fail(__FILE__, __LINE__, "the library has no " + name);
  return 0;
}

// Shows a packet whose last byte is the last of an allocation, so that the sanitizer sees a read
// past it. The four bytes of a transport header that matter are there: the TCP data offset.
void look(uint8_t ip_protocol, const std::string& payload, bool first, Detection& detection,
          size_t captured = std::string::npos) {
  const size_t header = ip_protocol == 6 ? 32 : 8;
  std::string l3(20 + header, '\0');
  if (ip_protocol == 6) l3[20 + 12] = '\x80';
  l3 += payload.substr(0, captured);
  const std::unique_ptr<uint8_t[]> exact(new uint8_t[l3.size()]);
  memcpy(exact.get(), l3.data(), l3.size());
  Packet packet{};
  packet.key.ip_protocol = ip_protocol;
  packet.l3 = exact.get();
  packet.l3_length = static_cast<uint16_t>(l3.size());
  packet.l4_offset = 20;
  packet.payload_length = static_cast<uint16_t>(payload.size());
  soft().look(packet, first, detection);
}

std::string found(uint8_t ip_protocol, const std::string& payload,
                  size_t captured = std::string::npos) {
  Detection detection;
  look(ip_protocol, payload, true, detection, captured);
  return detection.soft ? dpi().protocol_name(detection.soft) : "";
}

struct Sample {
  const char* protocol;
  uint8_t ip_protocol;
  std::string payload;
  size_t enough;  // the shortest prefix that is proof by itself
};

const std::string ipp_head =
    "POST /printers/a HTTP/1.1\r\nHost: p\r\nContent-Type: application/ipp\r\n";
const Sample ipp{"IPP", 6, ipp_head + "Content-Length: 9\r\n\r\n", ipp_head.size()};

// SETUP: bearer capability, display, user-user.
const Sample h225{"H323", 6,
                  "\x03\x00\x00\x1b\x08\x02\x12\x34\x05"
                  "\x04\x03\x88\x93\xa5\x28\x02"
                  "A\x00\x7e\x00\x06\x05\x20\xa8\x06\x00\x00"s,
                  27};
// terminalCapabilitySet of H.245 version 5.
const Sample h245{"H323", 6,
                  "\x03\x00\x00\x12\x02\x30\x01\x06\x00\x08\x81\x75\x00\x05\x80\x1b\xc5\x20"s, 18};
// Sender report without report blocks, then a source description with one name.
const Sample rtcp{"RTCP", 17,
                  "\x80\xc8\x00\x06\x11\x22\x33\x44"
                  "AAAABBBBCCCCDDDDEEEE"
                  "\x81\xca\x00\x03\x11\x22\x33\x44\x01\x04"
                  "dipp\x00\x00"s,
                  44};
// A ping; its checksum is that of Python's zlib.crc32.
const Sample teamspeak{
    "TeamSpeak", 17,
    "\xf4\xbe\x01\x00\x44\x33\x22\x11\x01\x00\x00\x00\x07\x00\x00\x00\x70\xa9\x9d\xc2"s, 20};

std::string with(std::string bytes, size_t at, uint8_t value) {
  bytes[at] = static_cast<char>(value);
  return bytes;
}

}  // namespace

TEST(soft_dissectors_find_their_protocol) {
  for (const Sample& s : {ipp, h225, h245, rtcp, teamspeak}) {
    CHECK_STR(found(s.ip_protocol, s.payload), s.protocol);
    CHECK_STR(found(s.ip_protocol == 6 ? 17 : 6, s.payload), "");
    CHECK_STR(found(132, s.payload), "");
  }
}

TEST(soft_dissectors_need_the_whole_payload) {
  for (const Sample& s : {ipp, h225, h245, rtcp, teamspeak}) {
    for (size_t n = 0; n <= s.payload.size(); ++n) {
      CHECK_STR(found(s.ip_protocol, s.payload.substr(0, n)), n < s.enough ? "" : s.protocol);
      if (n < s.payload.size())
        CHECK_STR(found(s.ip_protocol, s.payload, n), "");  // cut by the capture
    }
    if (s.protocol != "IPP"s) CHECK_STR(found(s.ip_protocol, s.payload + '\0'), "");
  }
}

TEST(soft_dissectors_ipp_is_its_media_type) {
  const auto post = [](const std::string& headers) {
    return found(6, "POST /ipp/print HTTP/1.0\r\n" + headers + "\r\n");
  };
  CHECK_STR(post("content-type:application/IPP\r\n"), "IPP");
  CHECK_STR(post("Content-Type: \t application/ipp; charset=utf-8\r\n"), "IPP");
  CHECK_STR(post("Content-Type: application/ipp+xml\r\n"), "");
  CHECK_STR(post("Content-Type: application/octet-stream\r\n"), "");
  CHECK_STR(post("Content-Type: text/plain\r\nContent-Type: application/ipp\r\n"), "");
  CHECK_STR(post("X-Content-Type: application/ipp\r\n"), "");
  CHECK_STR(post("\r\nContent-Type: application/ipp\r\n"), "");  // in the body
  CHECK_STR(post("Content-Type: application/ipp\n"), "");
  CHECK_STR(found(6, "PUT /ipp/ HTTP/1.1\r\nContent-Type: application/ipp\r\n\r\n"), "");
  CHECK_STR(found(6, "POST /ipp/ RTSP/1.0\r\nContent-Type: application/ipp\r\n\r\n"), "");
  CHECK_STR(found(6, "POST\r\nContent-Type: application/ipp\r\n\r\n"), "");
}

TEST(soft_dissectors_h323_with_one_field_wrong) {
  const std::string& q = h225.payload;
  CHECK_STR(found(6, q + h245.payload), "H323");  // several in one segment
  CHECK_STR(found(6, q + "\x03\x00\x00\x05"s), "");
  CHECK_STR(found(6, with(q, 0, 2)), "");      // TPKT version
  CHECK_STR(found(6, with(q, 1, 1)), "");      // reserved
  CHECK_STR(found(6, with(q, 3, 0x1a)), "");   // length, one less
  CHECK_STR(found(6, with(q, 3, 0x1c)), "");   // one more
  CHECK_STR(found(6, with(q, 4, 0x09)), "");   // protocol discriminator
  CHECK_STR(found(6, with(q, 5, 0x01)), "");   // size of the call reference
  CHECK_STR(found(6, with(q, 8, 0x85)), "");   // message type
  CHECK_STR(found(6, with(q, 10, 4)), "");     // length of an information element
  CHECK_STR(found(6, with(q, 18, 0x7d)), "");  // no user-user element
  CHECK_STR(found(6, with(q, 20, 5)), "");     // its length
  CHECK_STR(found(6, with(q, 20, 7)), "");
  CHECK_STR(found(6, with(q, 21, 4)), "");  // not ASN.1
  const std::string& h = h245.payload;
  for (const size_t at : {0, 1, 3, 4, 7, 8, 9, 10, 11, 12})
    CHECK_STR(found(6, with(h, at, static_cast<uint8_t>(h[at] + 1))), "");
  CHECK_STR(found(6, with(h, 13, 0)), "");  // version of H.245
  // Others that TPKT carries: a connection request of COTP (RDP, S7, MMS), T.125.
  CHECK_STR(found(6, "\x03\x00\x00\x0b\x06\xe0\x00\x00\x00\x00\x00"s), "");
  CHECK_STR(found(6, "\x03\x00\x00\x08\x02\xf0\x80\x7f"s), "");
}

TEST(soft_dissectors_rtcp_with_one_field_wrong) {
  const std::string& r = rtcp.payload;
  CHECK_STR(found(17, with(r, 0, 0x40)), "");  // version 1
  CHECK_STR(found(17, with(r, 0, 0xa0)), "");  // padding in the first
  CHECK_STR(found(17, with(r, 0, 0x81)), "");  // no room for a report block
  CHECK_STR(found(17, with(r, 1, 202)), "");   // does not begin with a report
  CHECK_STR(found(17, with(r, 1, 199)), "");
  CHECK_STR(found(17, with(r, 1, 201)), "RTCP");
  CHECK_STR(found(17, with(r, 3, 5)), "");
  CHECK_STR(found(17, with(r, 3, 7)), "");
  CHECK_STR(found(17, with(r, 28, 0x41)), "");
  CHECK_STR(found(17, with(r, 29, 208)), "");
  CHECK_STR(found(17, with(r, 31, 2)), "");
  CHECK_STR(found(17, with(r, 31, 4)), "");
  CHECK_STR(found(17, r.substr(0, 28)), "");  // a report alone is not a compound packet
}

TEST(soft_dissectors_rtcp_needs_every_packet) {
  const std::string rtp = "\x80\x60\x00\x01\x00\x00\x00\x02\x11\x22\x33\x44sound"s;
  Detection detection;
  look(17, rtcp.payload, true, detection);
  look(17, rtcp.payload, false, detection);
  CHECK_EQ(detection.soft, id_of("RTCP"));
  CHECK(!soft().certain(detection));
  look(17, rtp, false, detection);
  CHECK_EQ(detection.soft, 0);
  look(17, rtcp.payload, false, detection);
  CHECK_EQ(detection.soft, 0);
}

TEST(soft_dissectors_teamspeak_is_its_checksum) {
  for (size_t at = 0; at < teamspeak.payload.size(); ++at)
    for (int bit = 0; bit < 8; ++bit)
      CHECK_STR(found(17, with(teamspeak.payload, at,
                               static_cast<uint8_t>(teamspeak.payload[at] ^ 1 << bit))),
                "");
}

TEST(soft_dissectors_overrule_only_known_mistakes) {
  uint8_t by_port = 0, by_dpi = 0;
  for (unsigned i = 0; i < 256; ++i) {
    if (dpi().confidence_name(static_cast<uint8_t>(i)) == "Match by port"s)
      by_port = static_cast<uint8_t>(i);
    if (dpi().confidence_name(static_cast<uint8_t>(i)) == "DPI"s) by_dpi = static_cast<uint8_t>(i);
  }
  CHECK(by_port && by_dpi);
  const uint16_t ipp_id = id_of("IPP");
  const auto settled = [&](const char* master, const char* app, uint8_t confidence) {
    Detection d;
    d.soft = ipp_id;
    d.master = *master ? id_of(master) : 0;
    d.app = *app ? id_of(app) : 0;
    d.confidence = confidence;
    soft().settle(d);
    return d.soft;
  };
  CHECK_EQ(settled("", "", 0), ipp_id);
  CHECK_EQ(settled("", "HTTP", by_dpi), ipp_id);
  CHECK_EQ(settled("HTTP", "Google", by_dpi), ipp_id);
  CHECK_EQ(settled("", "SSH", by_dpi), 0);
  CHECK_EQ(settled("", "SSH", by_port), ipp_id);
  CHECK_EQ(settled("TLS", "Google", by_dpi), 0);
  CHECK_EQ(settled("", "IPP", by_dpi), 0);  // the library named it: nothing of ours
}

TEST(soft_dissectors_in_a_worker) {
  const Endpoint client{"192.168.1.10", 40000}, server{"192.168.1.20", 8767};
  Traffic t;
  t.udp(100, client, server, teamspeak.payload);
  for (const bool reference : {false, true}) {
    WorkerOptions options;
    options.reference = reference;
    WorkerRig rig(options);
    rig.feed(t);
    const auto announced = rig.lines("flow");
    rig.end();
    const auto purges = rig.purges();
    CHECK_EQ(purges.size(), 1u);
    if (purges.empty()) continue;
    CHECK_STR(field(purges[0], "soft_dissector"), reference ? "false" : "true");
    CHECK_STR(field(purges[0], "detection_guessed"), "false");
    if (reference) continue;
    // Said with the packet that proves it, though the library has not made up its mind.
    CHECK_EQ(announced.size(), 1u);
    CHECK_EQ(rig.lines("flow").size(), 1u);
    CHECK_EQ(rig.counters.flows_detected.get(), 1u);
    CHECK_EQ(rig.counters.flows_guessed.get(), 0u);
    CHECK_STR(field(purges[0], "detected_protocol_name"), "TeamSpeak");
    CHECK_EQ(number(purges[0], "detected_protocol"), id_of("TeamSpeak"));
    CHECK_STR(field(purges[0], "detected_application_name"), "Unknown");
    CHECK(purges[0].find("\"app\":\"TeamSpeak\"") == std::string::npos);
  }
}

TEST(soft_dissectors_ipp_over_the_librarys_http) {
  const Endpoint client{"192.168.1.10", 40000}, server{"192.168.1.20", 631};
  Traffic t;
  t.tcp(100, client, server, syn);
  t.tcp(100, server, client, syn | ack);
  t.tcp(100, client, server, ack);
  t.tcp(100, client, server, ack | psh, ipp.payload);
  WorkerRig rig({});
  rig.feed(t);
  rig.end();
  const auto flows = rig.lines("flow"), purges = rig.purges();
  CHECK_EQ(flows.size(), 1u);
  CHECK_EQ(purges.size(), 1u);
  if (flows.empty() || purges.empty()) return;
  for (const std::string& line : {flows[0], purges[0]}) {
    CHECK_STR(field(line, "detected_protocol_name"), "IPP");
    CHECK_STR(field(line, "detected_application_name"), "Unknown");
    CHECK_STR(field(line, "soft_dissector"), "true");
    const size_t at = line.find("\"ndpi\":");
    CHECK(at != std::string::npos && line.find("HTTP", at) < line.find("\"confidence\"", at));
  }
}
