#include "source_options.h"

namespace dipper {
namespace {

void read(const Napi::Object& from, const char* name, std::string& to) {
  const Napi::Value value = from.Get(name);
  if (value.IsString()) to = value.As<Napi::String>().Utf8Value();
}
void read(const Napi::Object& from, const char* name, bool& to) {
  const Napi::Value value = from.Get(name);
  if (value.IsBoolean()) to = value.As<Napi::Boolean>().Value();
}
void read(const Napi::Object& from, const char* name, int& to) {
  const Napi::Value value = from.Get(name);
  if (value.IsNumber()) to = value.As<Napi::Number>().Int32Value();
}
void read(const Napi::Object& from, const char* name, uint32_t& to) {
  const Napi::Value value = from.Get(name);
  if (value.IsNumber()) to = value.As<Napi::Number>().Uint32Value();
}

}  // namespace

SourceOptions read_source_options(const Napi::Object& source) {
  SourceOptions o;
  read(source, "path", o.path);
  read(source, "interface", o.interface);
  read(source, "filter", o.filter);
  read(source, "promiscuous", o.promiscuous);
  read(source, "waitForInterface", o.wait_for_interface);
  read(source, "recordedPace", o.recorded_pace);
  read(source, "live", o.live);
  read(source, "resumable", o.resumable);
  read(source, "fanoutGroup", o.fanout_group);
  read(source, "descriptor", o.descriptor);
  read(source, "blockBytes", o.geometry.block_bytes);
  read(source, "blocks", o.geometry.blocks);
  read(source, "frameBytes", o.geometry.frame_bytes);
  read(source, "retireMs", o.geometry.retire_ms);
  return o;
}

}  // namespace dipper
