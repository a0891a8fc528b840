#include "message.h"

#include "address_text.h"

namespace dipper {
namespace {

// 4,096: traffic mixes some hundred detections, and two that share an entry are built again and again.
constexpr unsigned detection_text_shift = 52;
constexpr size_t detection_text_count = size_t{1} << (64 - detection_text_shift);

std::string escaped(const char* name) {
  std::string text;
  write_json_string(std::string_view(name).substr(0, 60), text);
  if (text.size() > 122) text = "\"?\"";
  return text.substr(1, text.size() - 2);
}

Sha1Digest hash_of(const Flow& flow) {
  return community_hash(flow.key, flow.icmp_type, flow.icmp_code, flow.client_is_lower);
}

// The community hash of the flow's connection as it was before translation. Only for ICMP does it matter who sent the first
// packet: the flow's client is the originator where it has the original source or the address that replies go to.
Sha1Digest twin_hash(const Flow& flow) {
  const ConntrackEntry& entry = *flow.conntrack;
  const uint8_t* client = flow.client_is_lower ? flow.key.lower_address : flow.key.upper_address;
  bool source_is_lower;
  const FlowKey key = conntrack_key(entry.original, entry.ip_version, entry.ip_protocol, &source_is_lower);
  const bool from_source =
      memcmp(client, entry.original.source, 16) == 0 || memcmp(client, entry.reply.destination, 16) == 0;
  return community_hash(key, flow.icmp_type, flow.icmp_code, from_source == source_is_lower);
}

const std::string& name_of(const std::vector<std::string>& names, size_t id) {
  return names[id < names.size() ? id : 0];
}

}  // namespace

const char* expiry_name(Expiry reason) {
  static const char* const names[] = {"idle", "active", "closed", "evicted", "shutdown"};
  return names[static_cast<int>(reason)];
}

// The fixed part of a line, built on the stack: identity, names and counters have a bound (64 risks of 120 bytes are
// the bulk of it), only metadata goes straight to the output.
struct MessageWriter::Text {
  char data[16384];
  char* p = data;

  void put(std::string_view s) {
    memcpy(p, s.data(), s.size());
    p += s.size();
  }
  void number(uint64_t v) { p = write_number(v, p); }
  void boolean(bool v) { put(v ? std::string_view("true") : std::string_view("false")); }
  void hex(const uint8_t* bytes, unsigned n) { p = write_hex(bytes, n, p); }
  void mac(const uint8_t* m) { p = write_mac(m, p); }
  void address(uint8_t ip_version, const uint8_t* a) { p = ip_version == 4 ? write_ipv4(a, p) : write_ipv6(a, p); }
  std::string_view view() const { return {data, static_cast<size_t>(p - data)}; }
};

MessageWriter::MessageWriter(const Dpi& dpi, const Envelope& envelope, bool twins) : twins_(twins) {
  envelope_ = "\"interface\":";
  write_json_string(envelope.interface, envelope_);
  envelope_ += envelope.internal ? ",\"internal\":true" : ",\"internal\":false";
  envelope_ += ",\"established\":false,\"flow\":{\"digest\":\"";
  for (unsigned i = 0; i < dpi.protocol_count(); ++i) protocols_.push_back(escaped(dpi.protocol_name(static_cast<uint16_t>(i))));
  for (unsigned i = 0; i < 256; ++i) {
    categories_.push_back(escaped(dpi.category_name(static_cast<uint16_t>(i))));
    breeds_.push_back(escaped(dpi.breed_name(static_cast<uint8_t>(i))));
    confidences_.push_back(escaped(dpi.confidence_name(static_cast<uint8_t>(i))));
  }
  for (unsigned i = 0; i < 64; ++i) risks_.push_back(escaped(dpi.risk_name(i)));
  version_ = escaped(Dpi::library_version());
  detection_texts_.resize(detection_text_count);
}

void MessageWriter::open(Text& t, std::string_view type, std::string_view reason) const {
  t.put("{\"type\":\"");
  t.put(type);
  if (!reason.empty()) {
    t.put("\",\"reason\":\"");
    t.put(reason);
  }
  t.put("\",");
}

void MessageWriter::identity(Text& t, const Flow& flow, const Sides& sides, const Sha1Digest& tuple) const {
  const FlowKey& key = flow.key;
  const bool low = sides.lower_is_local;
  const Sha1Digest digest = flow_digest(tuple, key, flow.first_ns);
  t.hex(digest.data(), digest.size());
  t.put("\",\"community_id\":\"");
  t.p = write_community_id(tuple, t.p);
  t.put("\",\"ip_version\":");
  t.number(key.ip_version);
  t.put(",\"ip_protocol\":");
  t.number(key.ip_protocol);
  t.put(",\"vlan_id\":");
  t.number(key.vlan_id);
  t.put(",\"tunnel\":\"");
  t.put(tunnel_name(flow.tunnel));
  t.put("\",\"tunnel_id\":");
  t.number(key.tunnel_id);
  t.put(",\"local_ip\":\"");
  t.address(key.ip_version, low ? key.lower_address : key.upper_address);
  t.put("\",\"local_port\":");
  t.number(low ? key.lower_port : key.upper_port);
  t.put(",\"local_mac\":\"");
  t.mac(flow.mac[low ? 0 : 1]);
  t.put("\",\"other_ip\":\"");
  t.address(key.ip_version, low ? key.upper_address : key.lower_address);
  t.put("\",\"other_port\":");
  t.number(low ? key.upper_port : key.lower_port);
  t.put(",\"other_mac\":\"");
  t.mac(flow.mac[low ? 1 : 0]);
  t.put("\",\"other_type\":\"");
  t.put(other_type_name(sides.other_type));
  t.put("\",\"local_origin\":");
  t.boolean(flow.client_is_lower == low);
  translation(t, flow, tuple);
  t.put(",\"first_seen_at\":");
  t.number(flow.first_ns / 1000000);
  t.put(",\"last_seen_at\":");
  t.number(flow.last_ns / 1000000);
}

// What conntrack said of the flow. The twin digest is the community hash of the tuple before translation: both sides of a
// translated connection name the same, and one that isn't translated has it already.
void MessageWriter::translation(Text& t, const Flow& flow, const Sha1Digest& tuple) const {
  const ConntrackEntry* entry = flow.conntrack;
  const bool translated = entry && entry->translated();
  t.put(",\"ip_nat\":");
  t.boolean(translated);
  if (!twins_) return;
  if (entry) {
    const ConntrackTuple& reply = entry->reply;
    t.put(",\"ct_id\":");
    t.number(entry->id);
    t.put(",\"ct_mark\":");
    t.number(entry->mark);
    t.put(",\"conntrack\":{\"id\":");
    t.number(entry->id);
    t.put(",\"mark\":");
    t.number(entry->mark);
    t.put(",\"reply_src_ip\":\"");
    t.address(entry->ip_version, reply.source);
    t.put("\",\"reply_src_port\":");
    t.number(reply.source_port);
    t.put(",\"reply_dst_ip\":\"");
    t.address(entry->ip_version, reply.destination);
    t.put("\",\"reply_dst_port\":");
    t.number(reply.destination_port);
    t.put("}");
  }
  t.put(",\"twin_digest\":\"");
  const Sha1Digest twin = translated ? twin_hash(flow) : tuple;
  t.hex(twin.data(), twin.size());
  t.put("\"");
}

const MessageWriter::DetectionText& MessageWriter::detection_text(const Detection& d) {
  const uint64_t mixed = (d.risks ^ (static_cast<uint64_t>(d.master) << 48 | static_cast<uint64_t>(d.app) << 32 |
                                     static_cast<uint64_t>(d.soft) << 16 | static_cast<uint64_t>(d.confidence) << 8 |
                                     d.breed)) * 0x9e3779b97f4a7c15;
  DetectionText& entry = detection_texts_[mixed >> detection_text_shift];
  if (!entry.before.empty() && entry.detection == d) return entry;
  // netifyd's two answers: the protocol is nDPI's master (the app itself where there is no master), the application
  // what runs over it. A soft dissector's finding takes the place of the protocol.
  const bool both = d.master && d.app && d.app != d.master;
  const uint16_t protocol = d.soft ? d.soft : d.master ? d.master : d.app;
  const uint16_t application = both && d.app != d.soft ? d.app : 0;
  const std::string& master_name = name_of(protocols_, d.master);
  const std::string& app_name = name_of(protocols_, d.app);
  const std::string guessed = d.guessed ? "true" : "false";
  entry.detection = d;
  entry.before = ",\"detected_protocol\":" + std::to_string(protocol) + ",\"detected_protocol_name\":\"" +
                 name_of(protocols_, protocol) + "\",\"detected_application\":" + std::to_string(application) +
                 ",\"detected_application_name\":\"" + name_of(protocols_, application) +
                 "\",\"detection_guessed\":" + (d.soft ? "false" : guessed) + ",\"soft_dissector\":" +
                 (d.soft ? "true" : "false") + ",\"detection_packets\":";
  std::string risks;
  for (uint64_t rest = d.risks; rest; rest &= rest - 1) {
    if (!risks.empty()) risks += ',';
    risks += '"' + risks_[static_cast<unsigned>(__builtin_ctzll(rest))] + '"';
  }
  entry.after = ",\"ndpi\":{\"version\":\"" + version_ + "\",\"protocol\":\"" +
                (both ? master_name + "." + app_name : name_of(protocols_, d.protocol())) +
                "\",\"master\":\"" + master_name + "\",\"app\":\"" + app_name + "\",\"confidence\":\"" +
                name_of(confidences_, d.confidence) + "\",\"category\":\"" + name_of(categories_, d.category) +
                "\",\"breed\":\"" + name_of(breeds_, d.breed) + "\",\"risks\":[" + risks +
                "],\"score\":" + std::to_string(d.score) + ",\"guessed\":" + guessed + "}";
  return entry;
}

void MessageWriter::detection(Text& t, const Flow& flow) {
  const DetectionText& text = detection_text(flow.detection);
  t.put(text.before);
  t.number(flow.dpi_packets);
  t.put(text.after);
}

void MessageWriter::counters(Text& t, const Flow& flow, const Sides& sides) const {
  const int local = sides.lower_is_local ? 0 : 1;
  t.put(",\"local_packets\":");
  t.number(flow.packets[local]);
  t.put(",\"local_bytes\":");
  t.number(flow.bytes[local]);
  t.put(",\"other_packets\":");
  t.number(flow.packets[1 - local]);
  t.put(",\"other_bytes\":");
  t.number(flow.bytes[1 - local]);
  t.put(",\"total_packets\":");
  t.number(flow.total_packets());
  t.put(",\"total_bytes\":");
  t.number(flow.total_bytes());
}

void MessageWriter::announce(std::string_view type, const Flow& flow, const Metadata& metadata, std::string& out) {
  Text t;
  open(t, type, {});
  out.append(t.view());
  out.append(envelope_);
  t.p = t.data;
  identity(t, flow, roles_.sides(flow.key, flow.client_is_lower), hash_of(flow));
  detection(t, flow);
  out.append(t.view());
  write_metadata(metadata.bytes().data(), metadata.bytes().size(), out);
  out.append("}}\n");
}

void MessageWriter::flow(const Flow& flow, const Metadata& metadata, std::string& out) {
  announce("flow", flow, metadata, out);
}

void MessageWriter::dpi_update(const Flow& flow, const Metadata& metadata, std::string& out) {
  announce("flow_dpi_update", flow, metadata, out);
}

void MessageWriter::stats(const Flow& flow, std::string& out) const {
  const int local = roles_.sides(flow.key, flow.client_is_lower).lower_is_local ? 0 : 1;
  const auto since = [](const uint64_t* now, const uint64_t* then, int i) { return now[i] - then[i]; };
  const Sha1Digest digest =
      flow_digest(hash_of(flow), flow.key, flow.first_ns);
  Text t;
  open(t, "flow_stats", {});
  out.append(t.view());
  out.append(envelope_);
  t.p = t.data;
  t.hex(digest.data(), digest.size());
  t.put("\",\"last_seen_at\":");
  t.number(flow.last_ns / 1000000);
  t.put(",\"local_packets\":");
  t.number(since(flow.packets, flow.stats_packets, local));
  t.put(",\"local_bytes\":");
  t.number(since(flow.bytes, flow.stats_bytes, local));
  t.put(",\"other_packets\":");
  t.number(since(flow.packets, flow.stats_packets, 1 - local));
  t.put(",\"other_bytes\":");
  t.number(since(flow.bytes, flow.stats_bytes, 1 - local));
  t.put(",\"total_packets\":");
  t.number(flow.total_packets());
  t.put(",\"total_bytes\":");
  t.number(flow.total_bytes());
  t.put("}}\n");
  out.append(t.view());
}

void MessageWriter::community_hashes(const Flow* const flows[4], Sha1Digest hashes[4]) {
  Sha1Block blocks[4];
  for (int i = 0; i < 4; ++i) {
    const Flow& flow = *flows[i];
    community_block(flow.key, flow.icmp_type, flow.icmp_code, flow.client_is_lower, 0, blocks[i]);
  }
  sha1(blocks, hashes);
}

void MessageWriter::purge(const Flow& flow, Expiry reason, std::string& out) {
  purge(flow, reason, hash_of(flow), out);
}

void MessageWriter::purge(const Flow& flow, Expiry reason, const Sha1Digest& community_hash, std::string& out) {
  const Sides sides = roles_.sides(flow.key, flow.client_is_lower);
  Text t;
  open(t, "flow_purge", expiry_name(reason));
  out.append(t.view());
  out.append(envelope_);
  t.p = t.data;
  identity(t, flow, sides, community_hash);
  detection(t, flow);
  out.append(t.view());
  if (flow.metadata) {
    uint32_t size;
    memcpy(&size, flow.metadata, sizeof size);
    write_metadata(flow.metadata + sizeof size, size, out);
  }
  t.p = t.data;
  counters(t, flow, sides);
  t.put("}}\n");
  out.append(t.view());
}

}  // namespace dipper
