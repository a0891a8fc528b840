// DNS hints as JavaScript holds them: a table that engines share. Thread: that of the environment; the table locks itself.
#pragma once
#include <napi.h>

#include <memory>

#include "addon_data.h"
#include "core/dns_hints.h"

namespace dipper {

class DnsHintsWrap : public Napi::ObjectWrap<DnsHintsWrap> {
 public:
  static Napi::Function define(Napi::Env env);
  // The table of a DnsHints, or null for undefined. Throws for anything else.
  static std::shared_ptr<DnsHints> hints_of(const Napi::Value& value);

  // new DnsHints(entries, minTtlS, maxTtlS)
  explicit DnsHintsWrap(const Napi::CallbackInfo& info);

 private:
  Napi::Value size(const Napi::CallbackInfo& info);
  Napi::Value counters(const Napi::CallbackInfo& info);
  Napi::Value export_bytes(const Napi::CallbackInfo& info);
  Napi::Value import_bytes(const Napi::CallbackInfo& info);

  std::shared_ptr<DnsHints> hints_;
};

}  // namespace dipper
