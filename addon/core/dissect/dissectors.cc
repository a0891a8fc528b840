// The table of our dissectors, and what happens with a packet that one of them may want.
#include "dissectors.h"

#include <iterator>

#include "bittorrent.h"
#include "dhcp.h"
#include "dns.h"
#include "dtls.h"
#include "gquic.h"
#include "http.h"
#include "login.h"
#include "mqtt.h"
#include "netbios.h"
#include "ntp.h"
#include "quic.h"
#include "rdp.h"
#include "rtp.h"
#include "sip.h"
#include "smb.h"
#include "snmp.h"
#include "ssdp.h"
#include "ssh.h"
#include "stun.h"
#include "tls.h"
#include "tls_upgrade.h"

namespace dipper {
namespace {

// Bytes from c0 on: QUIC's long header with the fixed bit (RFC 9000, 17.2).
constexpr char long_headers[] =
    "\xc0\xc1\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca\xcb\xcc\xcd\xce\xcf\xd0\xd1\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xdb\xdc\xdd"
    "\xde\xdf\xe0\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xeb\xec\xed\xee\xef\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb"
    "\xfc\xfd\xfe\xff";

// Google's: with version and connection id, and a packet number of any length; the long header of an Initial packet.
constexpr char gquic_flags[] = "\x09\x0d\x19\x1d\x29\x2d\x39\x3d\xc0\xc1\xc2\xc3";

constexpr char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
// Version 2 of RTP without padding (RFC 3550, 5.1).
constexpr char rtp_versions[] =
    "\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98\x99\x9a\x9b\x9c\x9d"
    "\x9e\x9f";
constexpr std::string_view stun_types{"\0\1", 2};

Begins any_payload(const Segment&, Dissection&) { return Begins::yes; }
template <bool (*begins)(Cursor)>
Begins payload(const Segment& segment, Dissection&) {
  return begins(segment.payload) ? Begins::yes : Begins::no;
}
template <bool (*begins)(const Segment&)>
Begins at_once(const Segment& segment, Dissection&) {
  return begins(segment) ? Begins::yes : Begins::no;
}

// A datagram, or a message that is whole in its segment.
template <Reading (*read)(Cursor, Findings&)>
Reading message(const Segment& segment, Inspection& inspection) {
  return read(segment.payload, inspection.findings);
}

// Both sides of a connection, put together.
template <ReadSide read>
Reading sides(const Segment& segment, Inspection& inspection) {
  return inspection.conversation.show(segment, read, inspection.findings, inspection.buffers);
}

// The same messages from either side, or from one.
template <Reading (*read)(Cursor, Findings&)>
Reading either(Cursor bytes, bool, Findings& findings) {
  return read(bytes, findings);
}

template <LoginProtocol protocol>
Reading login_side(Cursor bytes, bool from_client, Findings& findings) {
  return from_client ? read_login(bytes, protocol, findings) : read_greeting(bytes, protocol, findings);
}
constexpr struct {
  uint16_t port;
  ReadSide read;
} logins[] = {{21, login_side<LoginProtocol::ftp>},
              {25, login_side<LoginProtocol::smtp>},
              {587, login_side<LoginProtocol::smtp>},
              {110, login_side<LoginProtocol::pop>},
              {143, login_side<LoginProtocol::imap>}};

// The server's port is the known one, whoever was seen first.
Reading login(const Segment& segment, Inspection& inspection) {
  Segment seen = segment;
  seen.from_client = segment.destination_port < segment.source_port;
  for (const auto& known : logins)
    if (segment.of_port(known.port)) return inspection.conversation.show(seen, known.read, inspection.findings, inspection.buffers);
  return Reading::foreign;
}

Reading dns(const Segment& segment, Inspection& inspection) {
  return read_dns(segment.payload, inspection.dns, inspection.findings);
}

// The ports of DNS have rows of their own; NetBIOS has its message format (RFC 1002, 4.2.1), but other names.
bool dns_elsewhere_begins(const Segment& segment) {
  for (const uint16_t port : {53, 5353, 5355, 137})
    if (segment.of_port(port)) return false;
  return dns_begins(segment.payload);
}

bool stun_begins(const Segment& segment) { return is_stun(segment.payload, segment.of_port(3478)); }
Reading stun(const Segment& segment, Inspection& inspection) {
  return read_stun(segment.payload, segment.of_port(3478), inspection.findings);
}

// Streams have ports of their own, never known ones (RFC 3550, 11).
Begins rtp_stream_begins(const Segment& segment, Dissection& dissection) {
  if (segment.source_port < 1024 || segment.destination_port < 1024) return Begins::no;
  return rtp_begins(segment.payload, segment.direction(), dissection.rtp);
}

// name, protocol, ports, first bytes, begins, read
const std::vector<Dissector>& table() {
  static const Dissector rows[] = {
      {"TLS", ip_protocol_tcp, {}, "\x16", at_once<tls_begins>, read_tls},
      {"TLS later on", ip_protocol_tcp, {21, 25, 110, 119, 143, 389, 587, 1080, 4190, 5222, 5269, 5432}, {}, at_once<upgrade_begins>, await_tls},
      {"DTLS", ip_protocol_udp, {}, "\x16", at_once<dtls_begins>, read_dtls},
      {"DTLS in CAPWAP", ip_protocol_udp, {5246}, {}, any_payload, read_dtls},
      {"QUIC", ip_protocol_udp, {}, long_headers, at_once<quic_begins>, read_quic},
      {"QUIC before TLS", ip_protocol_udp, {}, gquic_flags, payload<gquic_begins>, message<read_gquic>},
      {"HTTP", ip_protocol_tcp, {}, capitals, payload<http_begins>, sides<read_http>},
      {"DNS", ip_protocol_udp, {53}, {}, any_payload, dns},
      {"DNS on other ports", ip_protocol_udp, {}, {}, at_once<dns_elsewhere_begins>, dns},
      {"DNS", ip_protocol_tcp, {53}, {}, any_payload, sides<read_dns_stream>},
      {"LLMNR", ip_protocol_udp, {5355}, {}, any_payload, dns},
      {"mDNS", ip_protocol_udp, {5353}, {}, any_payload, message<read_mdns>},
      {"DHCP", ip_protocol_udp, {67, 68}, "\1\2", any_payload, message<read_dhcp>},
      {"DHCPv6", ip_protocol_udp, {546, 547}, {}, any_payload, message<read_dhcpv6>},
      {"SSH", ip_protocol_tcp, {}, "S", payload<ssh_begins>, sides<read_ssh>},
      {"SSDP", ip_protocol_udp, {1900}, "HMN", any_payload, message<read_ssdp>},
      {"NetBIOS names", ip_protocol_udp, {137}, {}, any_payload, message<read_netbios_name>},
      {"NetBIOS datagrams", ip_protocol_udp, {138}, "\x10\x11\x12", any_payload, message<read_netbios_datagram>},
      {"STUN", ip_protocol_udp, {}, stun_types, at_once<stun_begins>, stun},
      {"STUN", ip_protocol_tcp, {}, stun_types, at_once<stun_begins>, stun},
      {"SIP", ip_protocol_udp, {}, capitals, payload<sip_begins>, message<read_sip>},
      {"SIP", ip_protocol_tcp, {}, capitals, payload<sip_begins>, sides<either<read_sip>>},
      {"RTP", ip_protocol_udp, {}, rtp_versions, rtp_stream_begins, message<read_rtp>},
      {"MQTT", ip_protocol_tcp, {}, "\x10", payload<mqtt_begins>, sides<either<read_mqtt>>},
      {"RDP", ip_protocol_tcp, {}, "\3", payload<rdp_begins>, sides<either<read_rdp>>},
      {"NTP", ip_protocol_udp, {123}, {}, any_payload, message<read_ntp>},
      {"SNMP", ip_protocol_udp, {161, 162}, "0", any_payload, message<read_snmp>},
      {"FTP, SMTP, POP3, IMAP", ip_protocol_tcp, {21, 25, 587, 110, 143}, {}, any_payload, login},
      {"SMB", ip_protocol_tcp, {139, 445}, {}, any_payload, sides<read_smb>},
      {"BitTorrent", ip_protocol_tcp, {}, "\x13", any_payload, sides<either<read_bittorrent>>},
  };
  static_assert(std::size(rows) <= 32, "a row is a bit of Dissection::candidates");
  static const std::vector<Dissector> all(std::begin(rows), std::end(rows));
  return all;
}

}  // namespace

Dissectors::Dissectors() : rows_(table()) {
  uint32_t bit = 1;
  for (const Dissector& row : rows_) {
    const bool udp = row.ip_protocol == ip_protocol_udp;
    if (row.ports.empty()) any_port_[udp] |= bit;
    for (const uint16_t port : row.ports) by_port_[udp][slot_of(port)].push_back({port, bit});
    for (int byte = 0; byte < 256; ++byte)
      if (row.first_bytes.empty() || row.first_bytes.find(static_cast<char>(byte)) != std::string_view::npos)
        by_first_byte_[udp][byte] |= bit;
    bit <<= 1;
  }
}

// First those that are at it, then those that this packet may begin.
void Dissectors::examine(const Segment& segment, uint32_t rows, Dissection& dissection, InspectionPool& pool) const {
  Inspection*& inspection = dissection.inspection;
  const uint32_t at_it = dissection.reading;
  for (uint32_t left = at_it | rows; left; left &= left - 1) {
    const auto position = static_cast<unsigned>(__builtin_ctz(left));
    const uint32_t bit = uint32_t{1} << position;
    const Dissector& row = rows_[position];
    if (!(at_it & bit)) {
      const Begins begins = row.begins(segment, dissection);
      if (begins == Begins::no) continue;
      dissection.waiting = begins == Begins::perhaps ? dissection.waiting | bit : dissection.waiting & ~bit;
      if (begins == Begins::never) dissection.candidates &= ~bit;
      if (begins != Begins::yes) continue;
    }
    if (!inspection && !(inspection = pool.acquire())) {
      dissection.candidates = dissection.waiting = 0;
      return;
    }
    const Reading reading = row.read(segment, *inspection);
    dissection.reading = reading == Reading::more ? dissection.reading | bit : dissection.reading & ~bit;
    dissection.candidates = reading == Reading::foreign ? dissection.candidates | bit : dissection.candidates & ~bit;
  }
  if (inspection && !dissection.reading && !dissection.start.any_early() && inspection->findings.empty()) {
    pool.release(inspection);
    inspection = nullptr;
  }
}

}  // namespace dipper
