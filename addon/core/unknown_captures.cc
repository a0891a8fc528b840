#include "unknown_captures.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "address_text.h"
#include "metadata.h"

namespace dipper {
namespace {

constexpr uint8_t protocol_tcp = 6;
constexpr uint32_t line_head = 256, line_packet = 64;  // more than what stands around interface and packets

struct Record {
  uint64_t timestamp_ns;
  uint32_t wire_length, captured_length;
};

char* write_base64(const uint8_t* bytes, size_t size, char* out) {
  static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < size; i += 3) {
    const size_t n = std::min<size_t>(3, size - i);
    const uint32_t v = static_cast<uint32_t>(bytes[i]) << 16 | (n > 1 ? bytes[i + 1] : 0u) << 8 | (n > 2 ? bytes[i + 2] : 0u);
    *out++ = alphabet[v >> 18];
    *out++ = alphabet[v >> 12 & 63];
    *out++ = n > 1 ? alphabet[v >> 6 & 63] : '=';
    *out++ = n > 2 ? alphabet[v & 63] : '=';
  }
  return out;
}

}  // namespace

// Followed by records and the bytes of each.
struct UnknownCaptures::Held {
  uint32_t size, capacity;  // of what follows
  uint32_t frame_bytes;
  uint16_t packets, link_type;
  bool complete;  // takes no more
  bool payload;

  uint8_t* data() { return reinterpret_cast<uint8_t*>(this + 1); }
};

UnknownCaptures::UnknownCaptures(const UnknownCaptureOptions& options, uint32_t positions, const std::string& interface,
                                 WorkerCounters& counters)
    : options_(options), counters_(counters) {
  held_.reserve(positions);  // address space: what is used is touched
  write_json_string(interface, interface_);
}

UnknownCaptures::~UnknownCaptures() {
  for (Held* held : held_) free(held);
}

// Room for `bytes` more, or false and no change.
bool UnknownCaptures::reserve(Held*& held, uint32_t bytes) {
  const uint32_t size = held ? held->size : 0, capacity = held ? held->capacity : 0;
  if (capacity - size >= bytes) return true;
  // The second packet and those behind it find room for their like.
  const uint32_t wanted = held ? size + bytes + size / 2 : bytes;
  const uint64_t grown = wanted - capacity + (held ? 0 : sizeof(Held));
  if (bytes_ + grown > options_.budget) return false;
  auto* moved = static_cast<Held*>(realloc(held, sizeof(Held) + wanted));
  if (!moved) return false;
  if (!held) *moved = Held{};
  moved->capacity = wanted;
  held = moved;
  bytes_ += grown;
  return true;
}

void UnknownCaptures::add(uint32_t position, bool first, const Packet& packet) {
  if (position >= held_.size()) {
    if (!first) return;
    held_.resize(position + 1);
  }
  Held*& held = held_[position];
  if (held ? held->complete || held->link_type != packet.link_type : !first) return;
  const uint32_t rest = options_.bytes - (held ? held->frame_bytes : 0);
  const Record record{packet.timestamp_ns, packet.wire_length, std::min(packet.captured_length, rest)};
  if (!reserve(held, sizeof record + record.captured_length)) {
    counters_.unknown_capture_drops.add(1);
    if (held) held->complete = true;
    return;
  }
  held->link_type = packet.link_type;
  memcpy(held->data() + held->size, &record, sizeof record);
  memcpy(held->data() + held->size + sizeof record, packet.frame(), record.captured_length);
  held->size += static_cast<uint32_t>(sizeof record) + record.captured_length;
  held->frame_bytes += record.captured_length;
  held->payload = held->payload || packet.payload_length || packet.key.ip_protocol != protocol_tcp;
  ++held->packets;
  held->complete = held->packets == options_.packets || held->frame_bytes == options_.bytes;
}

void UnknownCaptures::drop(uint32_t position) {
  if (position >= held_.size() || !held_[position]) return;
  bytes_ -= sizeof(Held) + held_[position]->capacity;
  free(held_[position]);
  held_[position] = nullptr;
}

bool UnknownCaptures::write(uint32_t position, const Sha1Digest& digest, uint64_t offset_ns, Lines& out) {
  Held* held = position < held_.size() ? held_[position] : nullptr;
  if (!held || !held->payload) {
    drop(position);
    return false;
  }
  const size_t longest = line_head + interface_.size() + size_t{held->packets} * line_packet + (held->frame_bytes / 3 + 1) * 4;
  char* p = out.reserve(longest);
  const auto put = [&p](std::string_view text) { p = std::copy(text.begin(), text.end(), p); };
  put("{\"type\":\"unknown_packets\",\"digest\":\"");
  p = write_hex20(digest.data(), p);
  put("\",\"interface\":");
  put(interface_);
  put(",\"link_type\":");
  p = write_number(held->link_type, p);
  put(",\"packets\":[");
  for (uint32_t at = 0; at < held->size;) {
    Record record;
    memcpy(&record, held->data() + at, sizeof record);
    at += sizeof record;
    put(at == sizeof record ? "[\"" : ",[\"");
    p = write_number(record.timestamp_ns + offset_ns, p);
    put("\",");
    p = write_number(record.wire_length, p);
    put(",\"");
    p = write_base64(held->data() + at, record.captured_length, p);
    put("\"]");
    at += record.captured_length;
  }
  put("]}\n");
  out.commit(p);
  counters_.unknown_captures.add(1);
  drop(position);
  return true;
}

}  // namespace dipper
