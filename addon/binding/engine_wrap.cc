#include "engine_wrap.h"

#include <algorithm>

#include "applications_wrap.h"
#include "dpi_files.h"
#include "conntrack_monitor_wrap.h"
#include "dns_hints_wrap.h"
#include "flow_hashes_wrap.h"
#include "source_options.h"

namespace dipper {
namespace {

// The order of `numbers`; src/addon.ts names the same list (addon.engineNumbers) and fills it.
enum Number {
  n_workers, n_internal, n_events, n_tunnels, n_reference, n_max_flows, n_max_dpi_states, n_expiry, n_udp_idle_ms,
  n_tcp_idle_ms, n_tcp_closed_ms, n_other_idle_ms, n_active_ms, n_stats_interval_ms, n_max_packets_tcp,
  n_max_packets_udp, n_dump_unknown, n_packet_counters, n_packet_series, n_unknown_packets, n_unknown_bytes,
  n_explain, n_count
};
constexpr const char* number_names[n_count] = {
    "workers",     "internal",    "events",      "tunnels",       "reference",  "maxFlows",  "maxDpiStates",    "expiry",
    "udpIdleMs",   "tcpIdleMs",   "tcpClosedMs", "otherIdleMs",   "activeMs",   "statsIntervalMs", "maxPacketsTcp",
    "maxPacketsUdp", "dumpUnknown", "packetCounters", "packetSeries", "unknownPackets", "unknownBytes", "explain"};
constexpr const char* file_names[] = {"protocols", "categories", "riskyDomains", "ja3", "certificates"};

uint64_t ms(double value) { return static_cast<uint64_t>(value * 1e6); }

LiveOptions read_live(const Napi::Float64Array& n) {
  LiveOptions o;
  o.events = static_cast<uint8_t>(n[n_events]);
  o.udp_idle_ns = ms(n[n_udp_idle_ms]);
  o.tcp_idle_ns = ms(n[n_tcp_idle_ms]);
  o.closed_ns = ms(n[n_tcp_closed_ms]);
  o.other_idle_ns = ms(n[n_other_idle_ms]);
  o.active_ns = ms(n[n_active_ms]);
  o.stats_interval_ns = ms(n[n_stats_interval_ms]);
  o.max_packets_tcp = static_cast<uint16_t>(n[n_max_packets_tcp]);
  o.max_packets_udp = static_cast<uint16_t>(n[n_max_packets_udp]);
  o.dump_unknown = n[n_dump_unknown] != 0;
  o.explain = n[n_explain] != 0;
  return o;
}

Napi::Float64Array checked(const Napi::CallbackInfo& info, size_t argument) {
  const auto n = info[argument].As<Napi::Float64Array>();
  if (n.ElementLength() != n_count) throw Napi::TypeError::New(info.Env(), "numbers: wrong length");
  return n;
}

EngineOptions read_options(const Napi::CallbackInfo& info) {
  EngineOptions o;
  o.envelope.interface = info[1].As<Napi::String>();
  const auto n = checked(info, 2);
  o.workers = static_cast<unsigned>(n[n_workers]);
  o.envelope.internal = n[n_internal] != 0;
  static_cast<LiveOptions&>(o.worker) = read_live(n);
  o.decode.tunnels = static_cast<uint8_t>(n[n_tunnels]);
  o.decode.reference = o.worker.reference = o.dpi.reference = n[n_reference] != 0;
  o.worker.max_flows = static_cast<uint32_t>(n[n_max_flows]);
  o.worker.max_dpi_states = static_cast<uint32_t>(n[n_max_dpi_states]);
  o.worker.expiry = n[n_expiry] != 0;
  o.worker.packet_counters = n[n_packet_counters] != 0;
  o.worker.packet_samples = std::min(static_cast<uint32_t>(n[n_packet_series]), most_packet_samples);
  o.worker.unknown.packets = static_cast<uint32_t>(n[n_unknown_packets]);
  o.worker.unknown.bytes = static_cast<uint32_t>(n[n_unknown_bytes]);
  o.dpi.max_packets_tcp = static_cast<uint16_t>(n[n_max_packets_tcp]);
  o.dpi.max_packets_udp = static_cast<uint16_t>(n[n_max_packets_udp]);
  read_dpi_files(info[3].As<Napi::Array>(), o.dpi);
  o.worker.conntrack = ConntrackMonitorWrap::table_of(info[5]);
  o.worker.dns_hints = DnsHintsWrap::hints_of(info[6]);
  o.worker.flow_hashes = FlowHashesWrap::table_of(info[7]);
  o.worker.applications = ApplicationsWrap::table_of(info[8]);
  return o;
}

// An Error with `exitCode` (sysexits), for some `code` (src/errors.ts) and, for damaged captures, `offset`.
Napi::Object error_object(Napi::Env env, const SourceError& error) {
  Napi::Object object = Napi::Error::New(env, error.message).Value();
  object.Set("exitCode", error.exit_code);
  if (*error.code) object.Set("code", error.code);
  object.Set("offset", static_cast<double>(error.offset));
  return object;
}

Napi::Array strings(Napi::Env env, const char* const* names, size_t n) {
  auto array = Napi::Array::New(env, n);
  for (size_t i = 0; i < n; ++i) array.Set(static_cast<uint32_t>(i), names[i]);
  return array;
}

}  // namespace

EngineWrap::EngineWrap(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<EngineWrap>(info), data_(info.Env().GetInstanceData<AddonData>()) {
  const Napi::Env env = info.Env();
  const EngineOptions options = read_options(info);
  SourceError library;
  library.exit_code = 69;
  library.code = "ERR_NDPI_MISMATCH";
  if (!Dpi::same_library(library.message)) throw Napi::Error(env, error_object(env, library));
  SourceError source_error;
  const auto description = info[0].As<Napi::Object>();
  auto source = open_source(description.Get("type").As<Napi::String>().Utf8Value(), read_source_options(description),
                            source_error);
  if (!source) throw Napi::Error(env, error_object(env, source_error));
  // One queued call at most: WakeUp asks again only after a drain.
  wake_ = Napi::ThreadSafeFunction::New(env, info[4].As<Napi::Function>(), "dipper engine", 0, 1);
  has_wake_ = true;
  wake_.Unref(env);  // an engine that never starts keeps no process alive
  data_->live.insert(this);
  SourceError setup;
  setup.exit_code = 78;
  try {
    engine_ = Engine::create(options, std::move(source), [this] { wake_.NonBlockingCall(); }, setup.message);
  } catch (const std::exception& refused) {
    setup.exit_code = 71;
    setup.message = std::string("the system refused memory for the engine: ") + refused.what();
  }
  if (!engine_) {
    close();
    throw Napi::Error(env, error_object(env, setup));
  }
}

void EngineWrap::close() {
  engine_.reset();  // joins: no thread calls wake_ after this line
  if (has_wake_) wake_.Release();
  has_wake_ = false;
  if (data_) data_->live.erase(this);
  data_ = nullptr;  // may be gone before a late finalizer runs
}

void EngineWrap::close_from_js(const Napi::CallbackInfo&) { close(); }

void EngineWrap::start(const Napi::CallbackInfo& info) {
  if (!engine_) return;
  wake_.Ref(info.Env());  // until close()
  engine_->start();
}

void EngineWrap::stop(const Napi::CallbackInfo&) {
  if (engine_) engine_->stop();
}

Napi::Value EngineWrap::provide_descriptor(const Napi::CallbackInfo& info) {
  const int descriptor = info[0].As<Napi::Number>().Int32Value();
  return Napi::Boolean::New(info.Env(), engine_ && engine_->provide_descriptor(descriptor));
}

void EngineWrap::retry_source(const Napi::CallbackInfo&) {
  if (engine_) engine_->retry_source();
}

Napi::Value EngineWrap::set_live_options(const Napi::CallbackInfo& info) {
  const LiveOptions options = read_live(checked(info, 0));
  return Napi::Boolean::New(info.Env(), !engine_ || engine_->set_live_options(options));
}

Napi::Value EngineWrap::drain(const Napi::CallbackInfo& info) {
  auto buffer = info[0].As<Napi::Uint8Array>();
  const size_t n = engine_ ? engine_->drain(buffer.Data(), buffer.ByteLength()) : 0;
  return Napi::Number::New(info.Env(), static_cast<double>(n));
}

Napi::Value EngineWrap::finished(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), !engine_ || engine_->finished());
}

Napi::Value EngineWrap::failure(const Napi::CallbackInfo& info) {
  const SourceError error = engine_ ? engine_->failure() : SourceError{};
  if (error.message.empty()) return info.Env().Undefined();
  return error_object(info.Env(), error);
}

Napi::Value EngineWrap::counters(const Napi::CallbackInfo& info) {
  if (!engine_) return info.Env().Undefined();
  // The block lives until the last reader's ArrayBuffer is collected, the engine gone or not.
  auto* held = new std::shared_ptr<CounterBlock>(engine_->counters());
  return Napi::ArrayBuffer::New(
      info.Env(), held->get(), offsetof(CounterBlock, workers) + engine_->workers() * sizeof(WorkerCounters),
      [](Napi::Env, void*, std::shared_ptr<CounterBlock>* block) { delete block; }, held);
}

Napi::Function EngineWrap::define(Napi::Env env) {
  const Napi::Function constructor = DefineClass(
      env, "Engine",
      {InstanceMethod<&EngineWrap::start>("start"), InstanceMethod<&EngineWrap::stop>("stop"),
       InstanceMethod<&EngineWrap::drain>("drain"), InstanceMethod<&EngineWrap::finished>("finished"),
       InstanceMethod<&EngineWrap::failure>("failure"), InstanceMethod<&EngineWrap::counters>("counters"),
       InstanceMethod<&EngineWrap::provide_descriptor>("provideDescriptor"),
       InstanceMethod<&EngineWrap::retry_source>("retrySource"),
       InstanceMethod<&EngineWrap::set_live_options>("setLiveOptions"),
       InstanceMethod<&EngineWrap::set_networks>("setNetworks"), InstanceMethod<&EngineWrap::expire_all>("expireAll"),
       InstanceMethod<&EngineWrap::set_applications>("setApplications"),
       InstanceMethod<&EngineWrap::load_ndpi_files>("loadNdpiFiles"),
       InstanceMethod<&EngineWrap::snapshot>("snapshot"),
       InstanceMethod<&EngineWrap::cancel_snapshot>("cancelSnapshot"),
       InstanceMethod<&EngineWrap::close_from_js>("close")});
  auto properties = constructor.As<Napi::Object>();
  properties.Set("numberNames", strings(env, number_names, n_count));
  properties.Set("fileNames", strings(env, file_names, 5));
  return constructor;
}

}  // namespace dipper
