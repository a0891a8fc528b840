// The RouteMonitor as JavaScript sees it. Lives on the thread of its environment; the monitor's thread reaches it only
// through the thread-safe function.
#pragma once
#include <napi.h>

#include <memory>

#include "addon_data.h"
#include "host/route_monitor.h"

namespace dipper {

class RouteMonitorWrap : public Napi::ObjectWrap<RouteMonitorWrap>, public Closeable {
 public:
  static Napi::Function define(Napi::Env env);

  // new RouteMonitor(wake): opens the socket, or throws an Error with `exitCode`.
  explicit RouteMonitorWrap(const Napi::CallbackInfo& info);
  ~RouteMonitorWrap() override { close(); }

  void close() override;

 private:
  void start(const Napi::CallbackInfo& info);
  Napi::Value state(const Napi::CallbackInfo& info);
  void close_from_js(const Napi::CallbackInfo&) { close(); }

  AddonData* data_;
  std::unique_ptr<RouteMonitor> monitor_;
  Napi::ThreadSafeFunction wake_;
  bool has_wake_ = false;
};

// What open() of a monitor refused, as an Error with `exitCode`.
Napi::Error netlink_error(Napi::Env env, int reason, const std::string& message);

}  // namespace dipper
