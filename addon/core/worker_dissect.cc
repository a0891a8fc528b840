// Our own dissectors beside nDPI: they are shown the same packets, and may go on after its last word until they have what they
// wait for (the answer to a hello, a certificate), the flow's limit of packets comes, or the flow ends. Thread: the worker's.
#include "worker.h"

namespace dipper {

void Worker::dissect(Flow& flow, const Packet& packet) {
  dissectors_.look(packet, packet.from_lower == flow.client_is_lower, dpi_->dissection(flow.dpi), inspections_);
}

// Of a flow without a protocol nothing more is told: it stays unknown. A packet that may be RTP's first keeps only what the
// library calls RTP: thousands of others have one such packet and no second.
bool Worker::reads_on(const Flow& flow) const {
  const Dissection& dissection = dpi_->dissection(flow.dpi);
  return (dissection.reading || (dissection.waiting && Dpi::is_rtp(flow.detection))) && flow.detection.identified() &&
         flow.total_packets() < dpi_->packet_limit(flow.key.ip_protocol);
}

// What overtook the first bytes of its stream has waited for them until now.
void Worker::end_dissection(Flow& flow) {
  dissectors_.end(flow.key, flow.client_is_lower, dpi_->dissection(flow.dpi), inspections_);
}

void Worker::read_on(Flow& flow, const Packet& packet) {
  dissect(flow, packet);
  if (!reads_on(flow)) finish_reading(flow);
}

// What was found since the library's last word goes out as an update, if it is anything.
void Worker::finish_reading(Flow& flow) {
  flow.detecting = Detecting::over;
  end_dissection(flow);
  metadata_before_ = flow.metadata_text();
  store_metadata(flow);
  const ApplicationChoice choice_before = flow.application();
  const bool recognised = recognise_now(flow);
  release_states(flow);
  const Announced before{flow.detection, metadata_before_, choice_before, flow.translated()};
  if ((options_.events & event_updated) && (metadata_.text() != metadata_before_ || recognised))
    write_told(flow, metadata_.text(), &before);
}

void Worker::release_states(Flow& flow) {
  Dissection& dissection = dpi_->dissection(flow.dpi);
  if (dissection.inspection) inspections_.release(dissection.inspection);
  dissection.inspection = nullptr;
  dpi_->release(flow.dpi);
  flow.dpi = nullptr;
}

}  // namespace dipper
