// Loads nDPI modules for an engine that runs, beside its packets and beside JavaScript: a module takes tens of milliseconds.
#pragma once
#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "core/dpi.h"

namespace dipper {

class EngineWrap;

// Resolves when each worker has been given its module; rejects with an Error with exitCode 78 when a file can't be loaded,
// and the engine stays as it is.
class DpiLoadTask : public Napi::AsyncWorker {
 public:
  DpiLoadTask(Napi::Env env, EngineWrap& engine, DpiOptions options, unsigned modules);
  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override;
  void OnOK() override;
  void OnError(const Napi::Error& error) override;

 private:
  EngineWrap& engine_;
  Napi::ObjectReference kept_;  // the engine is not collected meanwhile
  const DpiOptions options_;
  const unsigned modules_;
  std::vector<std::unique_ptr<Dpi>> loaded_;
  Napi::Promise::Deferred deferred_;
};

}  // namespace dipper
