#include "conntrack_monitor_wrap.h"

#include <cerrno>

#include "route_monitor_wrap.h"

namespace dipper {

ConntrackMonitorWrap::ConntrackMonitorWrap(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<ConntrackMonitorWrap>(info), data_(info.Env().GetInstanceData<AddonData>()) {
  const auto number = [&info](size_t i) { return info[i].As<Napi::Number>().Uint32Value(); };
  ConntrackOptions options;
  options.capacity = number(0);
  options.linger_s = number(1);
  options.idle_s = number(2);
  monitor_ = std::make_unique<ConntrackMonitor>(options, static_cast<int>(number(3)));
  table_ = monitor_->table();
  data_->live.insert(this);
}

// (descriptor): of an opener, or -1 to open a socket here. Replaces the socket that is open.
void ConntrackMonitorWrap::open(const Napi::CallbackInfo& info) {
  if (!monitor_) return;
  const int descriptor = info[0].As<Napi::Number>().Int32Value();
  monitor_->stop();
  std::string message;
  const int reason = descriptor < 0 ? monitor_->open(message) : monitor_->adopt(descriptor, message);
  if (reason) throw netlink_error(info.Env(), reason, message);
  try {
    monitor_->start();
  } catch (const std::exception& refused) {
    throw netlink_error(info.Env(), EAGAIN, std::string("no thread: ") + refused.what());
  }
}

// {records, evicted, expired, messages, dumps, overruns, malformed, refusal (errno of a dump, 0 = none), complete}
Napi::Value ConntrackMonitorWrap::state(const Napi::CallbackInfo& info) {
  auto object = Napi::Object::New(info.Env());
  const auto set = [&object](const char* name, uint64_t value) { object.Set(name, static_cast<double>(value)); };
  const ConntrackTable::Counters table = table_->counters();
  const NetlinkMonitor::Counters netlink = monitor_ ? monitor_->counters() : NetlinkMonitor::Counters{};
  set("records", table.records);
  set("evicted", table.evicted);
  set("expired", table.expired);
  set("messages", netlink.messages);
  set("dumps", netlink.dumps);
  set("overruns", netlink.overruns);
  set("malformed", netlink.malformed);
  set("refusal", monitor_ ? static_cast<uint64_t>(monitor_->refusal()) : 0);
  object.Set("complete", monitor_ && monitor_->dumped_once());
  return object;
}

void ConntrackMonitorWrap::close() {
  monitor_.reset();
  if (data_) data_->live.erase(this);
  data_ = nullptr;  // may be gone before a late finalizer runs
}

std::shared_ptr<const ConntrackTable> ConntrackMonitorWrap::table_of(const Napi::Value& value) {
  if (value.IsUndefined()) return nullptr;
  const Napi::Env env = value.Env();
  const auto* data = env.GetInstanceData<AddonData>();
  if (!value.IsObject() || !value.As<Napi::Object>().InstanceOf(data->conntrack_monitor.Value()))
    throw Napi::TypeError::New(env, "conntrack: not a ConntrackMonitor");
  return Unwrap(value.As<Napi::Object>())->table_;
}

Napi::Function ConntrackMonitorWrap::define(Napi::Env env) {
  const Napi::Function type = DefineClass(
      env, "ConntrackMonitor",
      {InstanceMethod<&ConntrackMonitorWrap::open>("open"), InstanceMethod<&ConntrackMonitorWrap::state>("state"),
       InstanceMethod<&ConntrackMonitorWrap::close_from_js>("close")});
  env.GetInstanceData<AddonData>()->conntrack_monitor = Napi::Persistent(type);
  return type;
}

}  // namespace dipper
