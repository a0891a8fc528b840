// SSDP and NetBIOS: what devices of a local network say of themselves.
#include "check.h"
#include "core/dissect/netbios.h"
#include "core/dissect/ssdp.h"
#include "dissect_rig.h"
#include "findings_json.h"

using namespace dipper;
using namespace dissect_test;
using namespace std::string_literals;

namespace {

template <Reading (*parse)(Cursor, Findings&)>
std::string read(std::initializer_list<std::string> packets, Reading last) {
  Findings findings;
  Reading reading = Reading::foreign;
  for (const std::string& packet : packets) reading = parse(Bytes(packet), findings);
  CHECK(reading == last);
  return json(findings);
}

std::string netbios_name(std::string name, char suffix) {
  name.resize(15, ' ');
  name += suffix;
  std::string out = " ";
  for (const char c : name) {
    out += static_cast<char>('A' + (static_cast<uint8_t>(c) >> 4));
    out += static_cast<char>('A' + (c & 15));
  }
  return out + '\0';
}
const std::string registration = be16(7) + be16(0x2910) + be16(1) + be16(0) + be16(0) + be16(1) + netbios_name("LAPTOP", '\0') + be16(32) + be16(1);
const std::string datagram = "\x11\x02"s + be16(1) + "\xc0\xa8\1\2" + be16(138) + be16(100) + be16(0) + netbios_name("LAPTOP", '\0') +
                             netbios_name("WORKGROUP", '\x1d') + "rest";
const std::string notify =
    "NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: upnp:rootdevice\r\nNTS: ssdp:alive\r\nLocation: http://192.0.2.9:80/d.xml\r\n"
    "SERVER: Linux/5 UPnP/1.1 tv/2\r\nUSN: uuid:1::upnp:rootdevice\r\n\r\n";

}  // namespace

TEST(ssdp_headers_of_announcements_and_searches) {
  CHECK_STR(read<read_ssdp>({notify}, Reading::more),
            R"("ssdp":{"server":"Linux/5 UPnP/1.1 tv/2","location":"http://192.0.2.9:80/d.xml","nt":"upnp:rootdevice",)"
            R"("nts":"ssdp:alive","usn":"uuid:1::upnp:rootdevice"})");
  CHECK_STR(read<read_ssdp>({"M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\nUSER-AGENT: x/1\r\n", "M-SEARCH * HTTP/1.1\r\nST: other\r\n\r\n"}, Reading::more),
            R"("ssdp":{"user_agent":"x/1","st":"ssdp:all"})");
  CHECK_STR(read<read_ssdp>({"GET / HTTP/1.1\r\nServer: x\r\n\r\n"}, Reading::foreign), "");
}

TEST(netbios_names_are_decoded) {
  CHECK_STR(read<read_netbios_name>({registration}, Reading::more), R"("netbios":{"name":"LAPTOP","suffix":0,"operation":"registration"})");
  CHECK_STR(read<read_netbios_datagram>({datagram}, Reading::done), R"("netbios":{"source_name":"LAPTOP","destination_name":"WORKGROUP"})");
  std::string wrong = registration;
  wrong[13] = 'Z';
  CHECK_STR(read<read_netbios_name>({wrong}, Reading::foreign), "");
}

TEST(netbios_queries_are_no_dns_though_they_look_like_it) {
  const std::string query = be16(7) + be16(0x0110) + be16(1) + be16(0) + be16(0) + be16(0) + netbios_name("LAPTOP", '\0') + be16(32) + be16(1);
  dissect::FlowRig rig(17, 4, 4, 137);
  rig.udp(true, query);
  CHECK_STR(rig.found(Field::netbios_name), "LAPTOP");
  CHECK_STR(rig.found(Field::dns_query_name), "");
  CHECK_STR(rig.found(Field::host_server_name), "");
}

TEST(local_names_that_are_cut_or_changed_stay_inside) {
  distort(notify, [](Cursor packet, Findings& found) { read_ssdp(packet, found); });
  distort(registration, [](Cursor packet, Findings& found) { read_netbios_name(packet, found); });
  distort(datagram, [](Cursor packet, Findings& found) { read_netbios_datagram(packet, found); });
}
