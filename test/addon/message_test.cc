// The lines, byte for byte. What a release of libndpi names differently (version, breed,
// confidence, risk) is asked of it; everything else is written out.
#include "core/message.h"

#include <cstdlib>

#include "check.h"
#include "core/flow_extra.h"
#include "core/message_previous.h"
#include "core/metadata_store.h"

using namespace dipper;

namespace {

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

// 192.168.1.10:40000 (lower, client) to 192.168.1.20:443, three packets up and two down.
Flow example() {
  Flow flow{};
  flow.key.ip_version = 4;
  flow.key.ip_protocol = 6;
  const uint8_t lower[] = {192, 168, 1, 10}, upper[] = {192, 168, 1, 20};
  memcpy(flow.key.lower_address, lower, 4);
  memcpy(flow.key.upper_address, upper, 4);
  flow.key.lower_port = 40000;
  flow.key.upper_port = 443;
  flow.first_ns = 1700000000123456789;
  flow.last_ns = 1700000001999999999;
  flow.packets[0] = 3;
  flow.packets[1] = 2;
  flow.bytes[0] = 300;
  flow.bytes[1] = 2000;
  const uint8_t mac[2][6] = {{0, 1, 2, 3, 4, 5}, {0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}};
  memcpy(flow.mac, mac, sizeof mac);
  flow.ip_mark[0] = {10 << 2, 64};
  flow.dpi_packets = 4;
  flow.client_is_lower = true;
  return flow;
}

std::string envelope() {
  return "\"interface\":\"eth0\",\"internal\":true,\"established\":false,\"flow\":{";
}

std::string ndpi(const Detection& d, const std::string& protocol, const std::string& master,
                 const std::string& app, const std::string& risks) {
  return std::string(",\"ndpi\":{\"version\":\"") + Dpi::library_version() + "\",\"protocol\":\"" +
         protocol + "\",\"master\":\"" + master + "\",\"app\":\"" + app + "\",\"confidence\":\"" +
         dpi().confidence_name(d.confidence) + "\",\"category\":\"" +
         dpi().category_name(d.category) + "\",\"breed\":\"" + dpi().breed_name(d.breed) +
         "\",\"risks\":[" + risks + "],\"score\":" + std::to_string(d.score) +
         ",\"guessed\":" + (d.guessed ? "true" : "false") + "}";
}

// Both examples are of web protocols; without definitions nothing else is known.
const std::string category =
    ",\"category\":{\"protocol\":\"Web\",\"application\":\"unclassified\",\"domain\":\"unclassified\"}";

// Digest and community id: computed by Python's hashlib from the same tuple.
const char identity[] =
    "\"digest\":\"c302245de59c34a7fa9d0aaf3fde0abcf2165b53\",\"community_id\":\"1:/"
    "fofcNQl++f6nQqvP94KvPIWW1M=\","
    "\"ip_version\":4,\"ip_protocol\":6,\"vlan_id\":0,\"tunnel\":\"none\",\"tunnel_id\":0,"
    "\"local_ip\":\"192.168.1.10\",\"local_port\":40000,\"local_mac\":\"00:01:02:03:04:05\","
    "\"other_ip\":\"192.168.1.20\",\"other_port\":443,\"other_mac\":\"aa:bb:cc:dd:ee:ff\",\"other_"
    "type\":\"local\","
    "\"local_origin\":true,\"ip_nat\":false,\"first_seen_at\":1700000000123,\"last_seen_at\":"
    "1700000001999";

}  // namespace

TEST(message_flow_purge_literal) {
  MessageWriter writer(dpi(), {"eth0", true});
  Flow flow = example();
  flow.detection.master = 91;  // TLS
  flow.detection.app = 126;    // Google
  flow.detection.category = 5;
  flow.detection.risks = 0x12;
  flow.detection.score = 110;
  Lines out;
  writer.purge(flow, Expiry::closed, out);
  CHECK_STR(out,
            std::string("{\"type\":\"flow_purge\",\"reason\":\"closed\",") + envelope() + identity +
                ",\"detected_protocol\":91,\"detected_protocol_name\":\"TLS\",\"detected_"
                "application\":0,"
                "\"detected_application_name\":\"Unknown\",\"detection_guessed\":false,\"soft_"
                "dissector\":false,\"detection_packets\":4" +
                ndpi(flow.detection, "TLS.Google", "TLS", "Google",
                     std::string("\"") + dpi().risk_name(1) + "\",\"" + dpi().risk_name(4) + "\"") +
                category + ",\"ip_dscp\":10,\"local_dscp\":10,\"local_ttl\":64,"
                "\"tcp\":{\"resets\":0,\"retrans\":0,\"seq_errors\":0},"
                "\"local_packets\":3,\"local_bytes\":300,\"other_packets\":2,\"other_bytes\":2000,"
                "\"total_packets\":5,\"total_bytes\":2300}}\n");
}

TEST(message_flow_and_update_literal_with_metadata) {
  MessageWriter writer(dpi(), {"eth0", true});
  Flow flow = example();
  flow.detection.app = 7;  // HTTP, no master
  Metadata metadata;
  metadata.add_text(Field::host_server_name, "example.org");
  metadata.add_text(Field::http_url, "example.org/a\"b");
  metadata.add_number(Field::http_status, 200);
  Lines out;
  writer.flow(flow, metadata.text(), out);
  const std::string rest =
      envelope() + identity +
      ",\"detected_protocol\":7,\"detected_protocol_name\":\"HTTP\",\"detected_application\":0,"
      "\"detected_application_name\":\"Unknown\",\"detection_guessed\":false,\"soft_dissector\":"
      "false,\"detection_packets\":4" +
      ndpi(flow.detection, "HTTP", "Unknown", "HTTP", "") + category +
      ",\"host_server_name\":\"example.org\",\"http\":{\"url\":\"example.org/"
      "a\\\"b\",\"status\":200},\"ip_dscp\":10";
  CHECK_STR(out, "{\"type\":\"flow\"," + rest + "}}\n");
  out.clear();
  out.append("kept ");
  MetadataStore store;
  flow.metadata = store.keep({}, metadata.text());
  Detection before;
  before.guessed = true;
  writer.dpi_update(flow, metadata.text(), {before, ",\"http\":{\"url\":\"example.org/a\\\"b\"},\"dhc_hit\":true", {}, true}, out);
  CHECK_STR(out,
            "kept {\"type\":\"flow_dpi_update\"," + rest +
                ",\"changed\":[\"ip_nat\",\"detected_protocol\",\"detected_protocol_name\",\"detection_guessed\","
                "\"ndpi.protocol\",\"ndpi.app\",\"ndpi.guessed\",\"category.protocol\",\"http.status\",\"dhc_hit\",\"host_server_name\"],"
                "\"previous\":{\"ip_nat\":true,\"detected_protocol\":0,\"detected_protocol_name\":\"Unknown\","
                "\"detection_guessed\":true,\"ndpi\":{\"protocol\":\"Unknown\",\"app\":\"Unknown\",\"guessed\":true},"
                "\"category\":{\"protocol\":\"Unspecified\"},\"dhc_hit\":true},"
                "\"local_packets\":3,\"local_bytes\":300,\"other_packets\":2,\"other_bytes\":2000,"
                "\"total_packets\":5,\"total_bytes\":2300}}\n");
}

TEST(message_previous_reads_any_text) {
  std::string out;
  write_previous(",\"a\":\"x,\\\"}\",\"b\":[1,\"]\"],\"c\":{\"d\":1,\"e\":\"{\"}", ",\"a\":\"x,\\\"}\",\"b\":[1],\"c\":{\"e\":\"}\"}",
                 out);
  CHECK_STR(out, ",\"changed\":[\"b\",\"c.d\",\"c.e\"],\"previous\":{\"b\":[1,\"]\"],\"c\":{\"d\":1,\"e\":\"{\"}}");
  out.clear();
  write_previous("", ",\"a\":1", out);
  CHECK_STR(out, ",\"changed\":[\"a\"],\"previous\":{}");
}

TEST(message_flow_stats_literal) {
  MessageWriter writer(dpi(), {"eth0", true});
  Flow flow = example();
  flow.stats_packets[0] = 1;
  flow.stats_bytes[0] = 100;
  Lines out;
  writer.stats(flow, out);
  CHECK_STR(
      out,
      "{\"type\":\"flow_stats\"," + envelope() +
          "\"digest\":\"c302245de59c34a7fa9d0aaf3fde0abcf2165b53\",\"last_seen_at\":1700000001999,"
          "\"tcp\":{\"resets\":0,\"retrans\":0,\"seq_errors\":0},"
          "\"local_packets\":2,\"local_bytes\":200,"
          "\"other_packets\":2,\"other_bytes\":2000,\"total_packets\":5,\"total_bytes\":2300}}\n");
}

TEST(message_sides_follow_the_roles) {
  MessageWriter writer(dpi(), {"eth0", true});
  Flow flow = example();
  const uint8_t outside[] = {93, 184, 216, 34};
  memcpy(flow.key.lower_address, outside, 4);  // lower is the server on the Internet now
  flow.client_is_lower = false;
  Lines out;
  writer.purge(flow, Expiry::idle, out);
  CHECK(
      out.view().find(
          "\"local_ip\":\"192.168.1.20\",\"local_port\":443,\"local_mac\":\"aa:bb:cc:dd:ee:ff\","
          "\"other_ip\":\"93.184.216.34\",\"other_port\":40000,\"other_mac\":\"00:01:02:03:04:05\","
          "\"other_type\":\"remote\",\"local_origin\":true,") != std::string::npos);
  CHECK(out.view().find(
            "\"local_packets\":2,\"local_bytes\":2000,\"other_packets\":3,\"other_bytes\":300,") !=
        std::string::npos);
}

TEST(message_ipv6_tunnel_and_vlan) {
  MessageWriter writer(dpi(), {"eth0", true});
  Flow flow = example();
  flow.key.ip_version = 6;
  const uint8_t lower[16] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const uint8_t upper[16] = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0xab, 0xcd};
  memcpy(flow.key.lower_address, lower, 16);
  memcpy(flow.key.upper_address, upper, 16);
  flow.key.vlan_id = 4095;
  flow.key.tunnel = flow.tunnel = Tunnel::vxlan;
  flow.key.tunnel_id = 16777215;
  Lines out;
  writer.purge(flow, Expiry::evicted, out);
  CHECK(out.view().find("\"reason\":\"evicted\"") != std::string::npos);
  CHECK(out.view().find("\"ip_version\":6,\"ip_protocol\":6,\"vlan_id\":4095,\"tunnel\":\"vxlan\","
                 "\"tunnel_id\":16777215,"
                 "\"local_ip\":\"fe80::201:0:0:abcd\"") != std::string::npos);
  CHECK(out.view().find("\"other_ip\":\"2001:db8::1\"") != std::string::npos);
}

TEST(message_interface_is_any_bytes) {
  MessageWriter writer(dpi(), {"a\"\\\n\x01\xff", false});
  Lines out;
  writer.purge(example(), Expiry::shutdown, out);
  CHECK(out.view().find("\"interface\":\"a\\\"\\\\\\n\\u0001\xef\xbf\xbd\",\"internal\":false,") !=
        std::string::npos);
}

TEST(message_fixed_part_has_room_for_the_largest) {
  MessageWriter writer(dpi(), {std::string(3000, 'i'), true});
  Flow flow = example();
  flow.key.ip_version = 6;
  memset(flow.key.lower_address, 0xff, 32);
  flow.detection.risks = ~uint64_t{0};
  flow.detection.master = flow.detection.app = flow.detection.category = 0xffff;
  flow.detection.breed = flow.detection.confidence = 0xff;
  for (int i = 0; i < 2; ++i) flow.packets[i] = flow.bytes[i] = ~uint64_t{0};
  FlowExtras extras(most_packet_samples);
  memset(static_cast<void*>(extras.of(flow)), 0xff, sizeof(FlowExtra) + most_packet_samples * sizeof(PacketSample));
  flow.extra->samples_kept = most_packet_samples;
  flow.window_last[0] = flow.window_last[1] = 0xffff;
  flow.window_scales = 0xee;
  flow.first_ns = flow.last_ns = ~uint64_t{0};
  Lines out;
  writer.purge(flow, Expiry::active, out);  // the sanitizer watches the end of the buffer
  CHECK(out.view().find("\"detected_protocol\":65535,\"detected_protocol_name\":\"Unknown\"") !=
        std::string::npos);
  CHECK_STR(std::string(out.view().substr(out.size() - 3)), "}}\n");
}

// The text of a detection is cached: many different ones must not show another's.
TEST(message_detection_text_is_that_of_the_flow) {
  MessageWriter writer(dpi(), {"eth0", true});
  for (int round = 0; round < 2; ++round) {
    for (uint32_t i = 0; i < 4000; ++i) {
      Flow flow = example();
      flow.detection.master = static_cast<uint16_t>(i % 3 * 60);
      flow.detection.app = static_cast<uint16_t>(i % 200);
      flow.detection.score = static_cast<uint16_t>(i / 200 * 10);
      flow.detection.category = static_cast<uint16_t>(i % 7);
      flow.detection.guessed = i % 2;
      flow.dpi_packets = static_cast<uint16_t>(i);
      Lines cached, fresh;
      writer.purge(flow, Expiry::idle, cached);
      if (i % 97 == 0) {
        MessageWriter(dpi(), {"eth0", true}).purge(flow, Expiry::idle, fresh);
        CHECK_STR(cached, fresh);
      }
      if (cached.view().find("\"score\":" + std::to_string(flow.detection.score) + ",\"guessed\":" +
                      (flow.detection.guessed ? "true" : "false")) == std::string::npos ||
          cached.view().find(std::string("\"app\":\"") + dpi().protocol_name(flow.detection.app) + "\"") ==
              std::string::npos ||
          cached.view().find(std::string("\"category\":\"") +
                      dpi().category_name(flow.detection.category) + "\"") == std::string::npos ||
          cached.view().find("\"detection_packets\":" + std::to_string(i) + ",") == std::string::npos)
        check::fail(__FILE__, __LINE__, "wrong text for detection " + std::to_string(i));
    }
  }
}
