// The module: the Engine class, the library's version, and the layout of the counter block.
#include <fcntl.h>
#include <napi.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/counters.h"
#include "core/dpi.h"
#include "applications_wrap.h"
#include "conntrack_monitor_wrap.h"
#include "dns_hints_wrap.h"
#include "engine_wrap.h"
#include "flow_hashes_wrap.h"
#include "host_wrap.h"
#include "names_wrap.h"
#include "route_monitor_wrap.h"
#include "sources/packet_filter.h"

namespace dipper {
namespace {

Napi::Array names(Napi::Env env, std::initializer_list<const char*> list) {
  auto array = Napi::Array::New(env);
  uint32_t i = 0;
  for (const char* name : list) array.Set(i++, name);
  return array;
}

// Cells are 64-bit: reader counters, discarded packets by reason, discarded bytes by reason, then the workers, each
// at workerOffset + index * workerStride.
Napi::Object counter_layout(Napi::Env env) {
  auto layout = Napi::Object::New(env);
#define X(name) #name,
  layout.Set("reader", names(env, {DIPPER_READER_COUNTERS(X)}));
  layout.Set("worker", names(env, {DIPPER_WORKER_COUNTERS(X)}));
#undef X
  auto discards = Napi::Array::New(env);
  for (int i = 0; i < discard_count; ++i) discards.Set(static_cast<uint32_t>(i), discard_name(static_cast<Discard>(i)));
  layout.Set("discards", discards);
  layout.Set("workerOffset", static_cast<double>(offsetof(CounterBlock, workers) / 8));
  layout.Set("workerStride", static_cast<double>(sizeof(WorkerCounters) / 8));
  return layout;
}

// [read, write]: descriptors of a new pipe, closed on exec, both the caller's.
Napi::Value make_pipe(const Napi::CallbackInfo& info) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw Napi::Error::New(info.Env(), std::string("no pipe: ") + strerror(errno));
#ifdef F_SETPIPE_SZ
  fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);  // where it is refused the pipe is smaller
#endif
  auto pair = Napi::Array::New(info.Env(), 2);
  for (uint32_t i = 0; i < 2; ++i) pair.Set(i, ends[i]);
  return pair;
}

// What libpcap says against a packet filter; undefined when it compiles.
Napi::Value filter_problem(const Napi::CallbackInfo& info) {
  SourceError error;
  if (PacketFilter::check(info[0].As<Napi::String>(), error)) return info.Env().Undefined();
  return Napi::String::New(info.Env(), error.message);
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto* data = new AddonData;
  env.SetInstanceData(data);
  // Runs before the environment's references go: threads must not outlive what they call.
  env.AddCleanupHook([data] {
    while (!data->live.empty()) (*data->live.begin())->close();
  });
  exports.Set("Engine", EngineWrap::define(env));
  exports.Set("Applications", ApplicationsWrap::define(env));
  exports.Set("DnsHints", DnsHintsWrap::define(env));
  exports.Set("ConntrackMonitor", ConntrackMonitorWrap::define(env));
  exports.Set("FlowHashes", FlowHashesWrap::define(env));
  exports.Set("protocols", Napi::Function::New<protocol_names>(env, "protocols"));
  exports.Set("RouteMonitor", RouteMonitorWrap::define(env));
  define_host(env, exports);
  Dpi::silence_library();
  exports.Set("libraryVersion", Dpi::library_version());
  exports.Set("counterLayout", counter_layout(env));
#define X(name) #name,
  exports.Set("sourceStates", names(env, {DIPPER_SOURCE_STATES(X)}));
#undef X
  auto tunnels = Napi::Array::New(env);
  for (int i = 1; i < tunnel_count; ++i) tunnels.Set(static_cast<uint32_t>(i - 1), tunnel_name(static_cast<Tunnel>(i)));
  exports.Set("tunnels", tunnels);
  exports.Set("filterProblem", Napi::Function::New<filter_problem>(env, "filterProblem"));
  exports.Set("makePipe", Napi::Function::New<make_pipe>(env, "makePipe"));
  return exports;
}

}  // namespace
}  // namespace dipper

static Napi::Object init_module(Napi::Env env, Napi::Object exports) { return dipper::init(env, exports); }
NODE_API_MODULE(ndpi_node, init_module)
