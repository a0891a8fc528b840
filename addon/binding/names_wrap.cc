#include "names_wrap.h"

#include <string_view>

#include "core/dpi.h"
#include "dpi_files.h"

namespace dipper {
namespace {

// Rows of {id, name}; ids without a name have none.
template <typename NameOf, typename More>
Napi::Array rows(Napi::Env env, unsigned count, NameOf name_of, More more) {
  auto array = Napi::Array::New(env);
  uint32_t n = 0;
  for (unsigned id = 0; id < count; ++id) {
    const std::string_view name = name_of(id);
    if (name.empty() || (id != 0 && name == "Unknown")) continue;
    auto row = Napi::Object::New(env);
    row.Set("id", static_cast<double>(id));
    row.Set("name", std::string(name));
    more(id, row);
    array.Set(n++, row);
  }
  return array;
}

}  // namespace

Napi::Value protocol_names(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  DpiOptions options;
  read_dpi_files(info[0].As<Napi::Array>(), options);
  std::string message;
  const bool matches = Dpi::same_library(message);
  const auto dpi = matches ? Dpi::create(options, message) : nullptr;
  if (!dpi) {
    const Napi::Error error = Napi::Error::New(env, message);
    error.Set("exitCode", matches ? 78.0 : 69.0);
    throw error;
  }
  const auto nothing = [](unsigned, Napi::Object&) {};
  auto names = Napi::Object::New(env);
  names.Set("protocols",
            rows(
                env, dpi->protocol_count(),
                [&](unsigned id) { return dpi->protocol_name(static_cast<uint16_t>(id)); },
                [&](unsigned id, Napi::Object& row) {
                  const auto protocol = static_cast<uint16_t>(id);
                  row.Set("category", static_cast<double>(dpi->category_of(protocol)));
                  row.Set("application", dpi->is_application(protocol));
                }));
  names.Set(
      "categories",
      rows(
          env, dpi->category_count(),
          [&](unsigned id) { return dpi->category_name(static_cast<uint16_t>(id)); }, nothing));
  names.Set("risks", rows(
                         env, 64, [&](unsigned id) { return dpi->risk_name(id); }, nothing));
  return names;
}

}  // namespace dipper
