// What JavaScript asks of an engine's workers. src/capture checks values; here wrong ones are a TypeError at most.
#include <arpa/inet.h>

#include <algorithm>
#include <cstdlib>

#include "applications_wrap.h"
#include "dpi_files.h"
#include "dpi_load_task.h"
#include "engine_wrap.h"

namespace dipper {
namespace {

// The order of src/capture/networks.ts.
constexpr AddressClass classes[] = {AddressClass::local_ip, AddressClass::local_net, AddressClass::broadcast};

bool add_network(Roles& roles, const std::string& prefix, uint8_t address_class) {
  const size_t slash = prefix.find('/');
  if (slash == std::string::npos || address_class >= std::size(classes)) return false;
  uint8_t address[16];
  const std::string text = prefix.substr(0, slash);
  const bool v4 = inet_pton(AF_INET, text.c_str(), address) == 1;
  if (!v4 && inet_pton(AF_INET6, text.c_str(), address) != 1) return false;
  char* end = nullptr;
  const unsigned long bits = strtoul(prefix.c_str() + slash + 1, &end, 10);
  if (*end || end == prefix.c_str() + slash + 1 || bits > (v4 ? 32u : 128u)) return false;
  roles.add(v4 ? 4 : 6, address, static_cast<uint8_t>(bits), classes[address_class]);
  return true;
}

}  // namespace

Napi::Value EngineWrap::set_networks(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto prefixes = info[0].As<Napi::Array>();
  const auto kinds = info[1].As<Napi::Uint8Array>();
  Roles roles;
  for (uint32_t i = 0; i < prefixes.Length(); ++i) {
    const std::string prefix = prefixes.Get(i).As<Napi::String>();
    if (i >= kinds.ElementLength() || !add_network(roles, prefix, kinds[i]))
      throw Napi::TypeError::New(env, "not a network: " + prefix);
  }
  return Napi::Boolean::New(env, !engine_ || engine_->set_networks(roles));
}

Napi::Value EngineWrap::set_applications(const Napi::CallbackInfo& info) {
  const auto table = ApplicationsWrap::table_of(info[0]);
  return Napi::Boolean::New(info.Env(), !engine_ || engine_->set_applications(table));
}

// Of an engine that was closed: nothing to do.
Napi::Value EngineWrap::load_ndpi_files(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  DpiOptions options = engine_ ? engine_->dpi_options() : DpiOptions();
  read_dpi_files(info[0].As<Napi::Array>(), options);
  auto* load = new DpiLoadTask(env, *this, std::move(options), engine_ ? engine_->workers() : 0);  // deletes itself
  const Napi::Promise promise = load->promise();
  load->Queue();
  return promise;
}

Napi::Value EngineWrap::expire_all(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), !engine_ || engine_->expire_all());
}

Napi::Value EngineWrap::snapshot(const Napi::CallbackInfo& info) {
  const auto id = static_cast<uint64_t>(info[0].As<Napi::Number>().Int64Value());
  Explanation explanation;
  explanation.wanted = info[1].ToBoolean();
  if (info[2].IsTypedArray()) {
    const auto bytes = info[2].As<Napi::Uint8Array>();
    Sha1Digest digest;
    if (bytes.ElementLength() != digest.size()) throw Napi::TypeError::New(info.Env(), "digest: not of 20 bytes");
    std::copy(bytes.Data(), bytes.Data() + digest.size(), digest.begin());
    explanation.digest = digest;
  }
  return Napi::Boolean::New(info.Env(), engine_ && engine_->snapshot(id, explanation));
}

void EngineWrap::cancel_snapshot(const Napi::CallbackInfo& info) {
  if (engine_) engine_->cancel_snapshot(static_cast<uint64_t>(info[0].As<Napi::Number>().Int64Value()));
}

}  // namespace dipper
