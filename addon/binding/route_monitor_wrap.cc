#include "route_monitor_wrap.h"

#include <cerrno>

namespace dipper {

Napi::Error netlink_error(Napi::Env env, int reason, const std::string& message) {
  const Napi::Error error = Napi::Error::New(env, message);
  const bool denied = reason == EPERM || reason == EACCES;
  const bool absent = reason == EPROTONOSUPPORT || reason == EAFNOSUPPORT || reason == ENOENT;
  error.Set("exitCode", denied ? 77.0 : absent ? 69.0 : 71.0);
  return error;
}

RouteMonitorWrap::RouteMonitorWrap(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<RouteMonitorWrap>(info), data_(info.Env().GetInstanceData<AddonData>()) {
  const Napi::Env env = info.Env();
  auto monitor = std::make_unique<RouteMonitor>([this] { wake_.NonBlockingCall(); });
  std::string message;
  if (const int reason = monitor->open(message))
    throw netlink_error(env, reason, "links, addresses and routes cannot be followed: " + message);
  // One call at most is queued: the monitor speaks again only after state() was called.
  wake_ = Napi::ThreadSafeFunction::New(env, info[0].As<Napi::Function>(), "dipper routes", 0, 1);
  has_wake_ = true;
  wake_.Unref(env);
  data_->live.insert(this);
  monitor_ = std::move(monitor);
}

void RouteMonitorWrap::start(const Napi::CallbackInfo& info) {
  if (!monitor_) return;
  wake_.Ref(info.Env());  // until close()
  try {
    monitor_->start();
  } catch (const std::exception& refused) {
    throw netlink_error(info.Env(), EAGAIN, std::string("no thread for links and routes: ") + refused.what());
  }
}

Napi::Value RouteMonitorWrap::state(const Napi::CallbackInfo& info) {
  if (!monitor_) return info.Env().Undefined();
  return Napi::String::New(info.Env(), monitor_->json());
}

void RouteMonitorWrap::close() {
  monitor_.reset();  // joins: its thread does not call wake_ after this line
  if (has_wake_) wake_.Release();
  has_wake_ = false;
  if (data_) data_->live.erase(this);
  data_ = nullptr;  // may be gone before a late finalizer runs
}

Napi::Function RouteMonitorWrap::define(Napi::Env env) {
  return DefineClass(env, "RouteMonitor",
                     {InstanceMethod<&RouteMonitorWrap::start>("start"), InstanceMethod<&RouteMonitorWrap::state>("state"),
                      InstanceMethod<&RouteMonitorWrap::close_from_js>("close")});
}

}  // namespace dipper
