// The FlowHashes as JavaScript sees them. Thread: that of the environment; engines keep the table as long as they live.
#pragma once
#include <napi.h>

#include <memory>

#include "addon_data.h"
#include "core/flow_hashes.h"

namespace dipper {

class FlowHashesWrap : public Napi::ObjectWrap<FlowHashesWrap> {
 public:
  static Napi::Function define(Napi::Env env);
  // The table of a FlowHashes, or null for undefined. Throws for anything else.
  static std::shared_ptr<FlowHashes> table_of(const Napi::Value& value);

  // new FlowHashes(entries)
  explicit FlowHashesWrap(const Napi::CallbackInfo& info);

 private:
  Napi::Value size(const Napi::CallbackInfo& info);
  Napi::Value counters(const Napi::CallbackInfo& info);
  Napi::Value export_bytes(const Napi::CallbackInfo& info);
  Napi::Value import_bytes(const Napi::CallbackInfo& info);

  std::shared_ptr<FlowHashes> table_;
};

}  // namespace dipper
