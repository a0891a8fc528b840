#include "message.h"

#include "message_previous.h"
#include "message_text.h"

namespace dipper {
namespace {

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

}  // namespace

const char* expiry_name(Expiry reason) {
  static const char* const names[] = {"idle", "active", "closed", "evicted", "shutdown"};
  return names[static_cast<int>(reason)];
}

MessageWriter::MessageWriter(const Dpi& dpi, const Envelope& envelope, bool twins) : twins_(twins) {
  std::string common = ",\"interface\":";
  write_json_string(envelope.interface, common);
  common += envelope.internal ? ",\"internal\":true" : ",\"internal\":false";
  established_head_ = ",\"type\":\"flow\"" + common + ",\"established\":true,\"flow\":{\"digest\":\"";
  common += ",\"established\":false,\"flow\":{\"digest\":\"";
  flow_head_ = "{\"type\":\"flow\"" + common;
  dpi_update_head_ = "{\"type\":\"flow_dpi_update\"" + common;
  stats_head_ = "{\"type\":\"flow_stats\"" + common;
  for (int i = 0; i < expiry_count; ++i)
    purge_heads_[i] = std::string("{\"type\":\"flow_purge\",\"reason\":\"") + expiry_name(static_cast<Expiry>(i)) + "\"" + common;
  learn_names(dpi);
  for (unsigned i = 0; i < 256; ++i) {
    categories_.push_back(escaped(dpi.category_name(static_cast<uint16_t>(i))));
    breeds_.push_back(escaped(dpi.breed_name(static_cast<uint8_t>(i))));
    confidences_.push_back(escaped(dpi.confidence_name(static_cast<uint8_t>(i))));
  }
  for (unsigned i = 0; i < 64; ++i) risks_.push_back(escaped(dpi.risk_name(i)));
  version_ = escaped(Dpi::library_version());
  detection_texts_.resize(detection_text_count);
}

// `unbounded`: bytes of what has no bound of its own.
MessageWriter::Text MessageWriter::start(const std::string& head, size_t unbounded, Lines& out) const {
  Text t{out.reserve(Text::fixed_room + head.size() + unbounded)};
  t.put(head);
  return t;
}

// Milliseconds since 1970. Seconds of ten digits, of 2001 to 2106, come from a small cache: 20 instructions instead of 40.
MessageWriter::Text MessageWriter::time(Text t, uint64_t ns) {
  const uint64_t ms = (ns + clock_offset_ns_) / 1000000, second = ms / 1000;
  if (__builtin_expect(second - 1000000000 > ~uint32_t{0} - 1000000000, 0)) {
    t.number(ms);
    return t;
  }
  SecondText& entry = seconds_[second % seconds_kept];
  if (entry.second != second) {
    char digits[16];
    write_number(second, digits);
    memcpy(entry.digits, digits, sizeof entry.digits);
    entry.second = static_cast<uint32_t>(second);
  }
  memcpy(t.p, entry.digits, sizeof entry.digits);
  memcpy(t.p + sizeof entry.digits, text_tables.three[ms - second * 1000], 4);
  t.p += 13;
  return t;
}

MessageWriter::Text MessageWriter::identity(Text t, const Flow& flow, const Sides& sides, const Sha1Digest& tuple) {
  const FlowKey& key = flow.key;
  const bool low = sides.lower_is_local;
  t.hex(flow_digest(tuple, key, flow.first_ns));
  t.put("\",\"community_id\":\"");
  t.p = write_community_id(tuple, t.p);
  if (key.vlan_id | static_cast<unsigned>(flow.tunnel) | key.tunnel_id) {
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
  } else {  // nearly all: the same with 30 instructions less
    t.put(key.ip_version == 4 ? "\",\"ip_version\":4,\"ip_protocol\":" : "\",\"ip_version\":6,\"ip_protocol\":");
    t.number(key.ip_protocol);
    t.put(",\"vlan_id\":0,\"tunnel\":\"none\",\"tunnel_id\":0,\"local_ip\":\"");
  }
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
  t = translation(t, flow, tuple);
  // Behind the sides: who looks for the first "local_ip" in a line finds the flow's.
  if (__builtin_expect(flow.has_gtp, 0)) t = gtp(t, flow, low);
  t.put(",\"first_seen_at\":");
  t = time(t, flow.first_ns);
  t.put(",\"last_seen_at\":");
  t = time(t, flow.last_ns);
  return t;
}

// What conntrack said of the flow. The twin digest is the community hash of the tuple before translation: both sides of a
// translated connection name the same, and one that isn't translated has it already.
MessageWriter::Text MessageWriter::translation(Text t, const Flow& flow, const Sha1Digest& tuple) const {
  const ConntrackEntry* entry = flow.conntrack;
  const bool translated = entry && entry->translated();
  t.put(",\"ip_nat\":");
  t.boolean(translated);
  if (!twins_) return t;
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
  t.hex(twin);
  t.put("\"");
  return t;
}

void MessageWriter::flow(const Flow& flow, std::string_view metadata, Lines& out) {
  Text t = start(flow_head_, metadata.size(), out);
  t = identity(t, flow, roles_.sides(flow.key, flow.client_is_lower), hash_of(flow));
  t = detection(t, flow);
  t.put(metadata);
  t.p = write_first_dscp(flow, t.p);
  t.put("}}\n");
  out.commit(t.p);
}

void MessageWriter::dpi_update(const Flow& flow, std::string_view metadata, const Announced& before, Lines& out) {
  std::string change;
  write_previous(told_text(before),
                 told_text({flow.detection, flow.metadata_text(), flow.application(), flow.translated()}), change);
  const Sides sides = roles_.sides(flow.key, flow.client_is_lower);
  Text t = start(dpi_update_head_, metadata.size() + change.size(), out);
  t = identity(t, flow, sides, hash_of(flow));
  t = detection(t, flow);
  t.put(metadata);
  t.p = write_first_dscp(flow, t.p);
  t.put(change);
  t = counters(t, flow, flow.packets, flow.bytes, sides.lower_is_local ? 0 : 1);
  out.commit(t.p);
}

// Packets and bytes of the local side, of the other, and of both together since the flow began.
MessageWriter::Text MessageWriter::counters(Text t, const Flow& flow, const uint64_t packets[2], const uint64_t bytes[2], int local) {
  t.put(",\"local_packets\":");
  t.number(packets[local]);
  t.put(",\"local_bytes\":");
  t.number(bytes[local]);
  t.put(",\"other_packets\":");
  t.number(packets[1 - local]);
  t.put(",\"other_bytes\":");
  t.number(bytes[1 - local]);
  t.put(",\"total_packets\":");
  t.number(flow.total_packets());
  t.put(",\"total_bytes\":");
  t.number(flow.total_bytes());
  t.put("}}\n");
  return t;
}

void MessageWriter::stats(const Flow& flow, Lines& out) { stats(flow, hash_of(flow), out); }

void MessageWriter::stats(const Flow& flow, const Sha1Digest& community_hash, Lines& out) {
  const int local = roles_.sides(flow.key, flow.client_is_lower).lower_is_local ? 0 : 1;
  uint64_t packets[2], bytes[2];
  for (int i = 0; i < 2; ++i) {
    packets[i] = flow.packets[i] - flow.stats_packets[i];
    bytes[i] = flow.bytes[i] - flow.stats_bytes[i];
  }
  Text t = start(stats_head_, 0, out);
  t.hex(flow_digest(community_hash, flow.key, flow.first_ns));
  t.put("\",\"last_seen_at\":");
  t = time(t, flow.last_ns);
  t.p = write_tcp_since(flow, t.p);
  t = counters(t, flow, packets, bytes, local);
  out.commit(t.p);
}

void MessageWriter::community_hashes(const Flow* const* flows, unsigned count, Sha1Digest hashes[sha1_lanes]) {
  Sha1Message messages[sha1_lanes];
  for (unsigned i = 0; i < sha1_lanes; ++i) {
    const Flow& flow = *flows[i < count ? i : 0];
    community_message(flow.key, flow.icmp_type, flow.icmp_code, flow.client_is_lower, 0, messages[i]);
  }
  sha1(messages, hashes);
}

void MessageWriter::purge(const Flow& flow, Expiry reason, Lines& out) {
  purge(flow, reason, hash_of(flow), out);
}

void MessageWriter::purge(const Flow& flow, Expiry reason, const Sha1Digest& community_hash, Lines& out) {
  record(purge_heads_[static_cast<int>(reason)], flow, community_hash, out);
}

std::string MessageWriter::established_head(uint64_t snapshot) const {
  return "{\"snapshot\":" + std::to_string(snapshot) + established_head_;
}

void MessageWriter::established(const std::string& head, const Flow& flow, const Sha1Digest& community_hash, Lines& out,
                                std::string_view more) {
  record(head, flow, community_hash, out, more);
}

void MessageWriter::record(const std::string& head, const Flow& flow, const Sha1Digest& community_hash, Lines& out,
                           std::string_view more) {
  const Sides sides = roles_.sides(flow.key, flow.client_is_lower);
  const std::string_view metadata = flow.metadata_text();
  Text t = start(head, metadata.size() + more.size(), out);
  t = identity(t, flow, sides, community_hash);
  t = detection(t, flow);
  t.put(more);
  t.put(metadata);
  const int local = sides.lower_is_local ? 0 : 1;
  t.p = write_transport(flow, local, t.p);
  t = counters(t, flow, flow.packets, flow.bytes, local);
  out.commit(t.p);
}

}  // namespace dipper
