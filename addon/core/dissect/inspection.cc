#include "inspection.h"

#include <new>

namespace dipper {

void Inspection::clear() {
  findings.clear();
  handshake.clear(buffers);
  tls = {};
  dtls = {};
  quic.reset();
  for (Assembly& segments : early) segments.release(buffers);
  conversation.clear(buffers);
  dns = {};
}

InspectionPool::~InspectionPool() {
  for (Inspection* inspection : all_) delete inspection;
}

Inspection* InspectionPool::acquire() {
  if (free_.empty()) {
    Inspection* made = all_.size() < most_ ? new (std::nothrow) Inspection(buffers_) : nullptr;
    if (!made) {
      ++refused_;
      return nullptr;
    }
    all_.push_back(made);
    free_.reserve(all_.size());  // release() does not allocate
    return made;
  }
  Inspection* inspection = free_.back();
  free_.pop_back();
  return inspection;
}

void InspectionPool::release(Inspection* inspection) {
  findings_dropped_ += inspection->findings.full();
  inspection->clear();
  free_.push_back(inspection);
}

}  // namespace dipper
