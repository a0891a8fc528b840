// A table of applications as JavaScript holds it, shared by engines. Thread: that of the environment; the table itself never
// changes.
#pragma once
#include <napi.h>

#include <memory>

#include "addon_data.h"
#include "core/applications.h"

namespace dipper {

class ApplicationsWrap : public Napi::ObjectWrap<ApplicationsWrap> {
 public:
  static Napi::Function define(Napi::Env env);
  // The table of an Applications, or null for undefined. Throws for anything else.
  static std::shared_ptr<const ApplicationTable> table_of(const Napi::Value& value);

  // new Applications(columns): typed arrays and Buffers by the names of ApplicationColumns in camel case; they are copied.
  explicit ApplicationsWrap(const Napi::CallbackInfo& info);

 private:
  Napi::Value find_name(const Napi::CallbackInfo& info);
  Napi::Value find_address(const Napi::CallbackInfo& info);
  Napi::Value find_port(const Napi::CallbackInfo& info);
  Napi::Value find_library(const Napi::CallbackInfo& info);
  Napi::Value bytes(const Napi::CallbackInfo& info);
  Napi::Value left_out(const Napi::CallbackInfo& info);

  std::shared_ptr<const ApplicationTable> table_;
};

}  // namespace dipper
