#include "dpi_load_task.h"

#include <exception>
#include <utility>

#include "engine_wrap.h"

namespace dipper {

DpiLoadTask::DpiLoadTask(Napi::Env env, EngineWrap& engine, DpiOptions options, unsigned modules)
    : Napi::AsyncWorker(env, "dipper nDPI files"),
      engine_(engine),
      kept_(Napi::Persistent(engine.Value())),
      options_(std::move(options)),
      modules_(modules),
      deferred_(Napi::Promise::Deferred::New(env)) {}

void DpiLoadTask::Execute() {  // on a thread of the pool
  try {
    for (unsigned i = 0; i < modules_; ++i) {
      std::string error;
      auto dpi = Dpi::create(options_, error);
      if (!dpi) return SetError(error);
      loaded_.push_back(std::move(dpi));
    }
  } catch (const std::exception& refused) {
    SetError(std::string("the system refused memory for nDPI: ") + refused.what());
  }
}

void DpiLoadTask::OnOK() {
  engine_.adopt_dpi(std::move(loaded_));
  deferred_.Resolve(Env().Undefined());
}

void DpiLoadTask::OnError(const Napi::Error& error) {
  error.Set("exitCode", 78.0);
  deferred_.Reject(error.Value());
}

}  // namespace dipper
