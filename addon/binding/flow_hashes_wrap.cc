#include "flow_hashes_wrap.h"

namespace dipper {

FlowHashesWrap::FlowHashesWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<FlowHashesWrap>(info) {
  try {
    table_ = std::make_shared<FlowHashes>(info[0].As<Napi::Number>().Uint32Value());
  } catch (const std::exception& refused) {
    throw Napi::Error::New(info.Env(), std::string("the system refused memory for flow hashes: ") + refused.what());
  }
}

Napi::Value FlowHashesWrap::size(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(table_->counters().entries));
}

// {entries, hits, misses, forgotten}
Napi::Value FlowHashesWrap::counters(const Napi::CallbackInfo& info) {
  auto object = Napi::Object::New(info.Env());
  const FlowHashes::Counters counters = table_->counters();
  object.Set("entries", static_cast<double>(counters.entries));
  object.Set("hits", static_cast<double>(counters.hits));
  object.Set("misses", static_cast<double>(counters.misses));
  object.Set("forgotten", static_cast<double>(counters.forgotten));
  return object;
}

Napi::Value FlowHashesWrap::export_bytes(const Napi::CallbackInfo& info) {
  const std::vector<uint8_t> bytes = table_->export_bytes();
  return Napi::Buffer<uint8_t>::Copy(info.Env(), bytes.data(), bytes.size());
}

// (bytes): the number of entries that there are then.
Napi::Value FlowHashesWrap::import_bytes(const Napi::CallbackInfo& info) {
  const auto bytes = info[0].As<Napi::Uint8Array>();
  std::string error;
  if (!table_->import_bytes(bytes.Data(), bytes.ByteLength(), error)) throw Napi::Error::New(info.Env(), error);
  return size(info);
}

std::shared_ptr<FlowHashes> FlowHashesWrap::table_of(const Napi::Value& value) {
  if (value.IsUndefined()) return nullptr;
  const Napi::Env env = value.Env();
  const auto* data = env.GetInstanceData<AddonData>();
  if (!value.IsObject() || !value.As<Napi::Object>().InstanceOf(data->flow_hashes.Value()))
    throw Napi::TypeError::New(env, "flowHashes: not FlowHashes");
  return Unwrap(value.As<Napi::Object>())->table_;
}

Napi::Function FlowHashesWrap::define(Napi::Env env) {
  const Napi::Function type =
      DefineClass(env, "FlowHashes",
                  {InstanceMethod<&FlowHashesWrap::size>("size"), InstanceMethod<&FlowHashesWrap::counters>("counters"),
                   InstanceMethod<&FlowHashesWrap::export_bytes>("export"),
                   InstanceMethod<&FlowHashesWrap::import_bytes>("import")});
  env.GetInstanceData<AddonData>()->flow_hashes = Napi::Persistent(type);
  return type;
}

}  // namespace dipper
