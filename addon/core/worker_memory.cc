// What a worker keeps of flows beyond their end, and of their packets until it is known whether they stay unknown.
// Thread: the worker's; remember() also the reader's, as write_purge().
#include "address_text.h"
#include "worker.h"

namespace dipper {
namespace {

// Members that stand first in a flow's metadata, so that every message of the record has them.
constexpr std::string_view previous_head = ",\"fhc_hit\":true,\"digest_prev\":[\"", previous_tail = "\"]";
constexpr size_t previous_size = previous_head.size() + 40 + previous_tail.size();
static_assert(previous_size <= Metadata::most_members);

// No text of a packet looks like it: quotes in values are escaped.
bool names_previous(std::string_view metadata) { return metadata.substr(0, previous_head.size()) == previous_head; }

Sha1Digest hash_of(const Flow& flow) {
  return community_hash(flow.key, flow.icmp_type, flow.icmp_code, flow.client_is_lower);
}

}  // namespace

// The record before, into metadata_: as the flow's messages have named it, else as the cache has it now.
void Worker::name_previous(const Flow& flow) {
  const std::string_view metadata = flow.metadata_text();
  if (names_previous(metadata)) return metadata_.add_members(metadata.substr(0, previous_size));
  Sha1Digest digest;
  if (!options_.flow_hashes->find(hash_scope_.id(flow.key), digest)) return;
  char text[previous_size];
  char* p = std::copy(previous_head.begin(), previous_head.end(), text);
  p = write_hex20(digest.data(), p);
  std::copy(previous_tail.begin(), previous_tail.end(), p);
  metadata_.add_members({text, sizeof text});
}

// A new record of the flow, right after one was remembered: that is the one before now.
void Worker::rename_previous(Flow& flow) {
  const std::string metadata(flow.metadata_text());
  const ApplicationChoice choice = flow.application();
  drop_metadata(flow);
  metadata_.clear();
  name_previous(flow);
  metadata_.add_members(std::string_view(metadata).substr(names_previous(metadata) ? previous_size : 0));
  keep_metadata(flow, choice);
}

// The record's digest becomes that of its conversation. Returns the community hash, in `room` if it had to be made.
const Sha1Digest* Worker::remember(const Flow& flow, const Sha1Digest* community_hash, Sha1Digest& room) {
  if (!community_hash) {
    room = hash_of(flow);
    community_hash = &room;
  }
  options_.flow_hashes->put(hash_scope_.id(flow.key), flow_digest(*community_hash, flow.key, flow.first_ns));
  return community_hash;
}

void Worker::hold_packet(const Flow& flow, const Packet& packet) {
  if (flow.detecting < Detecting::announced) unknown_captures_->add(flow.position, flow.total_packets() == 1, packet);
}

// The flow's detection is over.
void Worker::settle_packets(const Flow& flow) {
  if (flow.detection.identified()) return unknown_captures_->drop(flow.position);
  const Sha1Digest digest = flow_digest(hash_of(flow), flow.key, flow.first_ns);
  if (unknown_captures_->write(flow.position, digest, static_cast<uint64_t>(writer_.clock_offset()), lines_)) wrote_event();
}

}  // namespace dipper
