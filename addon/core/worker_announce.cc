// What a worker says of a flow while its detection runs and when it ends: `flow` once, `flow_dpi_update` for what was learned
// later. Thread: the worker's.
#include <cstdlib>
#include <string>

#include "worker.h"

namespace dipper {
namespace {

// Connection tracking tells of a connection some milliseconds after its first packet. A flow older than this that it does
// not know stays so until its record.
constexpr uint64_t connection_ns = 1000000000;

}  // namespace

// A protocol is known for the first time, or differs from what was said.
void Worker::announce(Flow& flow, const Detection& before) {
  const bool again = flow.detecting == Detecting::announced, known_of = told(flow);
  flow.detecting = Detecting::announced;
  if (unknown_captures_) unknown_captures_->drop(flow.position);
  if (!(options_.events & (known_of ? event_updated : event_detected))) return;
  if (again && flow.detection == before) return;
  const std::string metadata_before(known_of ? flow.metadata_text() : std::string_view());
  store_metadata(flow);
  const Announced told_before{before, metadata_before, flow.application(), flow.translated()};
  recognise_now(flow);
  write_told(flow, metadata_.text(), known_of ? &told_before : nullptr);
}

// The library has said its last word (flow.detection holds it): keep the metadata, give the state back unless one of our own
// dissectors wants packets that may come. `before` is the detection as it was announced, if it was.
void Worker::finish_detection(Flow& flow, const Detection& before, More more) {
  const bool known_of = told(flow);
  soft_dissectors_.settle(flow.detection);
  flow.detecting = more == More::may_come && reads_on(flow) ? Detecting::reading : Detecting::over;
  if (flow.detecting == Detecting::over) end_dissection(flow);
  std::string metadata_before;
  if (known_of && (options_.events & event_updated)) metadata_before = flow.metadata_text();
  store_metadata(flow);
  const Announced told_before{before, metadata_before, flow.application(), flow.translated()};
  const bool recognised = recognise_now(flow);
  if (flow.detecting == Detecting::over) release_states(flow);
  if (unknown_captures_) settle_packets(flow);
  if (flow.detection.identified()) {
    counters_.flows_detected.add(1);
    if (flow.detection.guessed && !flow.detection.soft) counters_.flows_guessed.add(1);
  }
  if (!known_of) {
    if (known(flow) ? !(options_.events & event_detected) : !(options_.events & event_unknown) || quiet(flow)) return;
  } else {
    if (!(options_.events & event_updated)) return;
    if (metadata_.text() == metadata_before && flow.detection == before && !recognised) return;
  }
  write_told(flow, metadata_.text(), known_of ? &told_before : nullptr);
}

// `flow`, or `flow_dpi_update` for one that is known of: what it carried under the old name is told first, so that the counters
// in the line are the sum of what was told.
void Worker::write_told(Flow& flow, std::string_view metadata, const Announced* before) {
  look_up_connection(flow);
  flow.connection_wanted = !before && options_.conntrack && !flow.conntrack;
  if (before && stats_epoch_) write_stats(flow);
  std::string explained;
  if (options_.explain) {
    explained = explain(flow, metadata);
    explained += metadata;
    metadata = explained;
  }
  if (before)
    writer_.dpi_update(flow, metadata, *before, lines_);
  else
    writer_.flow(flow, metadata, lines_);
  wrote_event();
}

// The `flow` of a translated connection went out before it was known to be one.
void Worker::complete_connection(Flow& flow) {
  look_up_connection(flow);
  if (flow.conntrack || now_ns_ - flow.first_ns >= connection_ns) flow.connection_wanted = false;
  if (!flow.translated() || !(options_.events & event_updated)) return;
  const Announced before{flow.detection, flow.metadata_text(), flow.application(), false};
  write_told(flow, flow.metadata_text(), &before);
}

// Before a message: what conntrack knows of the flow now. What was found once is kept, because the kernel may have forgotten
// it, or given the tuple to another connection, by the time of the last message; only its mark is read again.
void Worker::look_up_connection(Flow& flow) {
  if (!options_.conntrack) return;
  ConntrackEntry entry;
  if (!options_.conntrack->find(flow.key, entry)) return;
  if (!flow.conntrack) {
    flow.conntrack = static_cast<ConntrackEntry*>(malloc(sizeof entry));
    if (!flow.conntrack) {
      counters_.out_of_memory.add(1);
      return;
    }
  } else if (flow.conntrack->id != entry.id) {
    return;
  }
  *flow.conntrack = entry;
}

}  // namespace dipper
