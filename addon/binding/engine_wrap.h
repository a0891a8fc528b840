// The Engine as JavaScript sees it. Lives on the thread of its environment; the data plane's threads reach it only through
// the thread-safe function. Ends and joins the data plane when closed, collected, or when the environment goes.
#pragma once
#include <napi.h>

#include <memory>
#include <utility>
#include <vector>

#include "addon_data.h"
#include "core/engine.h"

namespace dipper {

class EngineWrap : public Napi::ObjectWrap<EngineWrap>, public Closeable {
 public:
  static Napi::Function define(Napi::Env env);

  // new Engine(source, interface, numbers, files, wake, conntrack, dnsHints, flowHashes, applications); src/addon.ts checks
  // and orders the arguments.
  explicit EngineWrap(const Napi::CallbackInfo& info);
  ~EngineWrap() override { close(); }

  void close() override;
  void adopt_dpi(std::vector<std::unique_ptr<Dpi>> modules) {
    if (engine_) engine_->adopt_dpi(std::move(modules));
  }

 private:
  void start(const Napi::CallbackInfo& info);
  void stop(const Napi::CallbackInfo& info);
  Napi::Value provide_descriptor(const Napi::CallbackInfo& info);
  void retry_source(const Napi::CallbackInfo& info);
  void close_from_js(const Napi::CallbackInfo& info);
  // Commands (engine_commands.cc): false when the workers' mailboxes are full. Nothing on an engine that was closed.
  Napi::Value set_live_options(const Napi::CallbackInfo& info);
  Napi::Value set_networks(const Napi::CallbackInfo& info);
  Napi::Value set_applications(const Napi::CallbackInfo& info);
  Napi::Value load_ndpi_files(const Napi::CallbackInfo& info);
  Napi::Value expire_all(const Napi::CallbackInfo& info);
  Napi::Value snapshot(const Napi::CallbackInfo& info);
  void cancel_snapshot(const Napi::CallbackInfo& info);
  Napi::Value drain(const Napi::CallbackInfo& info);
  Napi::Value finished(const Napi::CallbackInfo& info);
  Napi::Value failure(const Napi::CallbackInfo& info);
  Napi::Value counters(const Napi::CallbackInfo& info);

  AddonData* data_;
  std::unique_ptr<Engine> engine_;
  Napi::ThreadSafeFunction wake_;
  bool has_wake_ = false;
};

}  // namespace dipper
