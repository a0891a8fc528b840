// The ConntrackMonitor as JavaScript sees it. Its thread never calls JavaScript. Thread: that of the environment.
#pragma once
#include <napi.h>

#include <memory>

#include "addon_data.h"
#include "host/conntrack_monitor.h"

namespace dipper {

class ConntrackMonitorWrap : public Napi::ObjectWrap<ConntrackMonitorWrap>, public Closeable {
 public:
  static Napi::Function define(Napi::Env env);
  // The table of a ConntrackMonitor, or null for undefined. Throws for anything else.
  static std::shared_ptr<const ConntrackTable> table_of(const Napi::Value& value);

  // new ConntrackMonitor(capacity, lingerS, idleS, receiveBuffer)
  explicit ConntrackMonitorWrap(const Napi::CallbackInfo& info);
  ~ConntrackMonitorWrap() override { close(); }

  void close() override;

 private:
  void open(const Napi::CallbackInfo& info);
  Napi::Value state(const Napi::CallbackInfo& info);
  void close_from_js(const Napi::CallbackInfo&) { close(); }

  AddonData* data_;
  std::shared_ptr<ConntrackTable> table_;
  std::unique_ptr<ConntrackMonitor> monitor_;
};

}  // namespace dipper
