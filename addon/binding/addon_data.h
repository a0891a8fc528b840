// What the addon keeps for each environment (main thread, worker thread): no mutable statics.
#pragma once
#include <napi.h>

#include <set>

namespace dipper {

// An object of JavaScript with threads of its own, which must have ended before its environment goes.
class Closeable {
 public:
  virtual void close() = 0;  // idempotent; takes itself out of `live`

 protected:
  ~Closeable() = default;
};

struct AddonData {
  Napi::FunctionReference conntrack_monitor;  // the class, to know its objects by
  Napi::FunctionReference applications;
  Napi::FunctionReference dns_hints;
  Napi::FunctionReference flow_hashes;
  std::set<Closeable*> live;                  // closed by the environment's cleanup hook
};

}  // namespace dipper
