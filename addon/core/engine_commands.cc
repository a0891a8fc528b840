// Commands to the workers of an engine, and the ends of its snapshots. Thread: the owner's.
#include <algorithm>
#include <cstring>
#include <string>

#include "engine.h"

namespace dipper {

// To every worker or to none. Only this thread posts, so room that was seen is still there.
bool Engine::post(const WorkerCommand& command) {
  for (auto& lane : lanes_)
    if (!lane->mailbox.accepts(command)) return false;
  for (unsigned i = 0; i < workers(); ++i) {
    Lane& lane = *lanes_[i];
    if (lane.mailbox.post(WorkerCommand(command))) {
      lane.ring.nudge();
      continue;
    }
    // The worker has ended. Its part of a snapshot is empty.
    if (const auto* snapshot = std::get_if<std::shared_ptr<Snapshot>>(&command))
      if ((*snapshot)->complete(i, lane.queue.pushed())) wake_up_.signal();
  }
  return true;
}

bool Engine::set_networks(const Roles& networks) { return post(networks); }

bool Engine::set_live_options(LiveOptions options) {
  if (share_end_) options.events &= event_expired;
  return post(options);
}

bool Engine::set_applications(const std::shared_ptr<const ApplicationTable>& table) { return post(table); }

bool Engine::expire_all() { return post(ExpireAll{}); }

bool Engine::snapshot(uint64_t id, const Explanation& explanation) {
  if (snapshots_.size() >= most_snapshots) return false;
  auto snapshot = std::make_shared<Snapshot>(id, workers(), explanation);
  snapshots_.push_back(snapshot);
  if (post(snapshot)) return true;
  snapshots_.pop_back();
  return false;
}

void Engine::cancel_snapshot(uint64_t id) noexcept {
  for (const auto& snapshot : snapshots_)
    if (snapshot->id() == id) snapshot->cancel();
  snapshots_.erase(std::remove_if(snapshots_.begin(), snapshots_.end(), [](const auto& s) { return s->cancelled(); }),
                   snapshots_.end());
}

void Engine::adopt_dpi(std::vector<std::unique_ptr<Dpi>> modules) {
  for (size_t i = 0; i < lanes_.size() && i < modules.size(); ++i)
    if (lanes_[i]->mailbox.post(AdoptDpi{std::move(modules[i])})) lanes_[i]->ring.nudge();
}

// The last lines of the snapshots whose flows were all drained, as far as there is room for them.
size_t Engine::end_snapshots(uint8_t* out, size_t size) {
  size_t written = 0;
  for (auto at = snapshots_.begin(); at != snapshots_.end();) {
    const Snapshot& snapshot = **at;
    bool drained = snapshot.completed();
    for (unsigned i = 0; drained && i < workers(); ++i) drained = lanes_[i]->queue.drained() >= snapshot.mark(i);
    const std::string line = "{\"snapshot\":" + std::to_string(snapshot.id()) + ",\"type\":\"snapshot_end\"}\n";
    if (!drained || line.size() > size - written) {
      ++at;
      continue;
    }
    memcpy(out + written, line.data(), line.size());
    written += line.size();
    at = snapshots_.erase(at);
  }
  return written;
}

}  // namespace dipper
