#include "applications_wrap.h"

#include <arpa/inet.h>

namespace dipper {
namespace {

Column<uint32_t> numbers(const Napi::Object& columns, const char* name) {
  const auto array = columns.Get(name);
  if (!array.IsTypedArray() || array.As<Napi::TypedArray>().TypedArrayType() != napi_uint32_array)
    throw Napi::TypeError::New(columns.Env(), std::string(name) + ": not a Uint32Array");
  const auto values = array.As<Napi::Uint32Array>();
  return {values.Data(), values.ElementLength()};
}

Column<uint8_t> octets(const Napi::Object& columns, const char* name) {
  const auto array = columns.Get(name);
  if (!array.IsTypedArray() || array.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
    throw Napi::TypeError::New(columns.Env(), std::string(name) + ": not a Uint8Array");
  const auto values = array.As<Napi::Uint8Array>();
  return {values.Data(), values.ElementLength()};
}

TextColumn texts(const Napi::Object& columns, const char* name) {
  const auto bytes = octets(columns, name);
  return {reinterpret_cast<const char*>(bytes.data), bytes.size};
}

ApplicationColumns read(const Napi::Object& c) {
  ApplicationColumns o;
  o.application_ids = numbers(c, "applicationIds");
  o.application_tags = texts(c, "applicationTags");
  o.application_categories = texts(c, "applicationCategories");
  o.files = texts(c, "files");
  o.rule_applications = numbers(c, "ruleApplications");
  o.rule_files = numbers(c, "ruleFiles");
  o.rule_lines = numbers(c, "ruleLines");
  o.rule_texts = texts(c, "ruleTexts");
  o.domain_rules = numbers(c, "domainRules");
  o.domain_flags = octets(c, "domainFlags");
  o.domain_names = texts(c, "domainNames");
  o.text_rules = numbers(c, "textRules");
  o.text_flags = octets(c, "textFlags");
  o.texts = texts(c, "texts");
  o.regex_rules = numbers(c, "regexRules");
  o.regex_sizes = numbers(c, "regexSizes");
  o.regex_words = numbers(c, "regexWords");
  o.prefix_rules = numbers(c, "prefixRules");
  o.prefix_versions = octets(c, "prefixVersions");
  o.prefix_bits = octets(c, "prefixBits");
  o.prefix_addresses = octets(c, "prefixAddresses");
  o.port_rules = numbers(c, "portRules");
  o.port_ranges = numbers(c, "portRanges");
  o.port_protocols = octets(c, "portProtocols");
  o.library_rules = numbers(c, "libraryRules");
  o.library_names = texts(c, "libraryNames");
  o.transform_sizes = numbers(c, "transformSizes");
  o.transform_words = numbers(c, "transformWords");
  o.transform_replacements = texts(c, "transformReplacements");
  o.transform_texts = texts(c, "transformTexts");
  o.transform_files = numbers(c, "transformFiles");
  o.transform_lines = numbers(c, "transformLines");
  o.list_priorities = numbers(c, "listPriorities");
  o.list_categories = texts(c, "listCategories");
  o.listed_in = numbers(c, "listedIn");
  o.listed_names = texts(c, "listedNames");
  return o;
}

// Numbers are + 1 inside; JavaScript has -1 for none.
Napi::Number number_of(Napi::Env env, uint32_t found) { return Napi::Number::New(env, static_cast<double>(found) - 1); }

}  // namespace

ApplicationsWrap::ApplicationsWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ApplicationsWrap>(info) {
  const Napi::Env env = info.Env();
  std::string error;
  table_ = ApplicationTable::create(read(info[0].As<Napi::Object>()), error);
  if (!table_) throw Napi::Error::New(env, error);
}

Napi::Value ApplicationsWrap::find_name(const Napi::CallbackInfo& info) {
  const std::string name = info[0].As<Napi::String>();
  const DomainMatch match = table_->find_name(HostName(name));
  auto pair = Napi::Array::New(info.Env(), 2);
  pair.Set(0u, number_of(info.Env(), match.rule));
  pair.Set(1u, number_of(info.Env(), match.list));
  return pair;
}

Napi::Value ApplicationsWrap::find_address(const Napi::CallbackInfo& info) {
  const std::string text = info[0].As<Napi::String>();
  uint8_t address[16];
  uint32_t found = 0;
  if (inet_pton(AF_INET, text.c_str(), address) == 1)
    found = table_->find_address(4, address);
  else if (inet_pton(AF_INET6, text.c_str(), address) == 1)
    found = table_->find_address(6, address);
  return number_of(info.Env(), found);
}

Napi::Value ApplicationsWrap::find_port(const Napi::CallbackInfo& info) {
  const auto protocol = static_cast<uint8_t>(info[0].As<Napi::Number>().Uint32Value());
  const auto port = static_cast<uint16_t>(info[1].As<Napi::Number>().Uint32Value());
  return number_of(info.Env(), table_->find_port(protocol, port));
}

Napi::Value ApplicationsWrap::find_library(const Napi::CallbackInfo& info) {
  return number_of(info.Env(), table_->find_library(info[0].As<Napi::String>().Utf8Value()));
}

Napi::Value ApplicationsWrap::bytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(table_->bytes()));
}

Napi::Value ApplicationsWrap::left_out(const Napi::CallbackInfo& info) {
  const auto& rules = table_->left_out();
  auto array = Napi::Array::New(info.Env(), rules.size());
  for (uint32_t i = 0; i < rules.size(); ++i) array.Set(i, static_cast<double>(rules[i]));
  return array;
}

std::shared_ptr<const ApplicationTable> ApplicationsWrap::table_of(const Napi::Value& value) {
  if (value.IsUndefined()) return nullptr;
  const Napi::Env env = value.Env();
  const auto* data = env.GetInstanceData<AddonData>();
  if (!value.IsObject() || !value.As<Napi::Object>().InstanceOf(data->applications.Value()))
    throw Napi::TypeError::New(env, "applications: not an Applications");
  return Unwrap(value.As<Napi::Object>())->table_;
}

Napi::Function ApplicationsWrap::define(Napi::Env env) {
  const Napi::Function type = DefineClass(env, "Applications",
                                          {InstanceMethod<&ApplicationsWrap::find_name>("findName"),
                                           InstanceMethod<&ApplicationsWrap::find_address>("findAddress"),
                                           InstanceMethod<&ApplicationsWrap::find_port>("findPort"),
                                           InstanceMethod<&ApplicationsWrap::find_library>("findLibrary"),
                                           InstanceMethod<&ApplicationsWrap::bytes>("bytes"),
                                           InstanceMethod<&ApplicationsWrap::left_out>("leftOut")});
  env.GetInstanceData<AddonData>()->applications = Napi::Persistent(type);
  return type;
}

}  // namespace dipper
