#include "dns_hints_wrap.h"

namespace dipper {

DnsHintsWrap::DnsHintsWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<DnsHintsWrap>(info) {
  const auto number = [&info](size_t i) { return info[i].As<Napi::Number>().Uint32Value(); };
  DnsHints::Options options;
  options.capacity = number(0);
  options.min_ttl_s = number(1);
  options.max_ttl_s = number(2);
  hints_ = std::make_shared<DnsHints>(options);
}

Napi::Value DnsHintsWrap::size(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), hints_->size()); }

Napi::Value DnsHintsWrap::counters(const Napi::CallbackInfo& info) {
  const DnsHints::Counters counters = hints_->counters();
  auto object = Napi::Object::New(info.Env());
  object.Set("learned", static_cast<double>(counters.learned));
  object.Set("hits", static_cast<double>(counters.hits));
  object.Set("misses", static_cast<double>(counters.misses));
  object.Set("evicted", static_cast<double>(counters.evicted));
  return object;
}

Napi::Value DnsHintsWrap::export_bytes(const Napi::CallbackInfo& info) {
  const std::vector<uint8_t> bytes = hints_->export_bytes();
  return Napi::Buffer<uint8_t>::Copy(info.Env(), bytes.data(), bytes.size());
}

Napi::Value DnsHintsWrap::import_bytes(const Napi::CallbackInfo& info) {
  const auto bytes = info[0].As<Napi::Uint8Array>();
  return Napi::Number::New(info.Env(), static_cast<double>(hints_->import_bytes(bytes.Data(), bytes.ByteLength())));
}

std::shared_ptr<DnsHints> DnsHintsWrap::hints_of(const Napi::Value& value) {
  if (value.IsUndefined()) return nullptr;
  const Napi::Env env = value.Env();
  const auto* data = env.GetInstanceData<AddonData>();
  if (!value.IsObject() || !value.As<Napi::Object>().InstanceOf(data->dns_hints.Value()))
    throw Napi::TypeError::New(env, "dnsHints: not a DnsHints");
  return Unwrap(value.As<Napi::Object>())->hints_;
}

Napi::Function DnsHintsWrap::define(Napi::Env env) {
  const Napi::Function type = DefineClass(env, "DnsHints",
                                          {InstanceMethod<&DnsHintsWrap::size>("size"),
                                           InstanceMethod<&DnsHintsWrap::counters>("counters"),
                                           InstanceMethod<&DnsHintsWrap::export_bytes>("export"),
                                           InstanceMethod<&DnsHintsWrap::import_bytes>("import")});
  env.GetInstanceData<AddonData>()->dns_hints = Napi::Persistent(type);
  return type;
}

}  // namespace dipper
