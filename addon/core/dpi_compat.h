// What differs between libndpi 4.2 and 5.x, each in one small function. Two techniques, neither of
// which names a version: a wrapper overloaded on the type of the library function (its signature
// changed), and a template preferred when an expression compiles (a member or function came or
// went). Inlined away: the call is direct.
#pragma once
#include <cstdio>
#include <cstring>
#include <mutex>
#include <type_traits>

#include "dpi_library.h"

namespace dipper::compat {

// Overload ranking: `first` converts to `second`, so a viable overload that takes `first` wins.
struct second {};
struct first : second {};

// --- Module: create, finalize, files
// -------------------------------------------------------------------------

// 4.2 to 4.8 take preference flags, later a global context; zero is "none" in both.
template <class Preferences>
NdpiModule* init(NdpiModule* (*function)(Preferences)) {
  return function(Preferences{});
}

inline bool finalize(void (*function)(NdpiModule*), NdpiModule* module) {
  function(module);
  return true;
}
inline bool finalize(int (*function)(NdpiModule*), NdpiModule* module) {
  return function(module) == 0;
}

// Mandatory up to 4.x; gone in 5.0, where everything is enabled from the start.
#if NDPI_MAJOR < 5
inline void enable_all(NdpiModule* module) {
  NDPI_PROTOCOL_BITMASK all;
  memset(&all, 0xff, sizeof all);
  ndpi_set_protocol_detection_bitmask2(module, &all);
}
#else
inline void enable_all(NdpiModule*) {}
#endif

inline int load_categories(int (*function)(NdpiModule*, const char*), NdpiModule* module,
                           const char* path) {
  return function(module, path);
}
inline int load_categories(int (*function)(NdpiModule*, const char*, void*), NdpiModule* module,
                           const char* path) {
  return function(module, path, nullptr);
}

// The JA3 client list became a JA4 list when the library dropped client JA3.
template <class Module>
auto load_ja3(Module* module, const char* path, first)
    -> decltype(ndpi_load_malicious_ja3_file(module, path)) {
  return ndpi_load_malicious_ja3_file(module, path);
}
template <class Module>
auto load_ja3(Module* module, const char* path, second)
    -> decltype(ndpi_load_malicious_ja4_file(module, path)) {
  return ndpi_load_malicious_ja4_file(module, path);
}

// From 4.10 the library's own limit is a setting (32 unless told); before, a constant 32.
template <class Module>
auto set_packet_limit(Module* module, unsigned packets, first)
    -> decltype(ndpi_set_config(module, nullptr, "", ""), void()) {
  char text[12];
  snprintf(text, sizeof text, "%u", packets < 255 ? packets : 255);
  ndpi_set_config(module, nullptr, "packets_limit_per_flow", text);
}
template <class Module>
void set_packet_limit(Module*, unsigned, second) {}

// --- Per packet
// ----------------------------------------------------------------------------------------------

inline ndpi_protocol process(ndpi_protocol (*function)(NdpiModule*, NdpiFlow*, const unsigned char*,
                                                       unsigned short, u_int64_t),
                             NdpiModule* module, NdpiFlow* flow, const uint8_t* packet,
                             uint16_t length, uint64_t milliseconds) {
  return function(module, flow, packet, length, milliseconds);
}
template <class InputInfo>
ndpi_protocol process(ndpi_protocol (*function)(NdpiModule*, NdpiFlow*, const unsigned char*,
                                                unsigned short, u_int64_t, InputInfo*),
                      NdpiModule* module, NdpiFlow* flow, const uint8_t* packet, uint16_t length,
                      uint64_t milliseconds) {
  return function(module, flow, packet, length, milliseconds, nullptr);
}

inline ndpi_protocol give_up(ndpi_protocol (*function)(NdpiModule*, NdpiFlow*, u_int8_t, u_int8_t*),
                             NdpiModule* module, NdpiFlow* flow, bool& guessed) {
  u_int8_t was_guessed = 0;
  const ndpi_protocol result = function(module, flow, 1, &was_guessed);
  guessed = was_guessed != 0;
  return result;
}
inline ndpi_protocol give_up(ndpi_protocol (*function)(NdpiModule*, NdpiFlow*, u_int8_t*),
                             NdpiModule* module, NdpiFlow* flow, bool& guessed) {
  u_int8_t was_guessed = 0;
  const ndpi_protocol result = function(module, flow, &was_guessed);
  guessed = was_guessed != 0;
  return result;
}
template <class Flow>
ndpi_protocol give_up(ndpi_protocol (*function)(NdpiModule*, Flow*), NdpiModule* module, Flow* flow,
                      bool& guessed) {
  const ndpi_protocol result = function(module, flow);
  guessed = flow->protocol_was_guessed != 0;
  return result;
}

// --- ndpi_protocol
// -------------------------------------------------------------------------------------------

template <class Protocol>
auto master(const Protocol& p, first) -> decltype(uint16_t(p.proto.master_protocol)) {
  return p.proto.master_protocol;
}
template <class Protocol>
auto master(const Protocol& p, second) -> decltype(uint16_t(p.master_protocol)) {
  return p.master_protocol;
}
template <class Protocol>
auto app(const Protocol& p, first) -> decltype(uint16_t(p.proto.app_protocol)) {
  return p.proto.app_protocol;
}
template <class Protocol>
auto app(const Protocol& p, second) -> decltype(uint16_t(p.app_protocol)) {
  return p.app_protocol;
}

// 5.0: the breed belongs to the flow's result. Before, to the protocol: `by_protocol`.
template <class Protocol>
auto breed(const Protocol& p, uint8_t, first) -> decltype(uint8_t(p.breed)) {
  return uint8_t(p.breed);
}
template <class Protocol>
uint8_t breed(const Protocol&, uint8_t by_protocol, second) {
  return by_protocol;
}

#if DIPPER_NDPI_AT_LEAST(5, 0)
// The result carries a state: the library says itself when it has no use for another packet. A
// classified flow may still have a dissector that waits for metadata.
inline DpiStep progress(NdpiModule*, NdpiFlow* flow, const ndpi_protocol& p) {
  if (p.state == NDPI_STATE_CLASSIFIED && flow->extra_packets_func == nullptr) return DpiStep::done;
  return app(p, first{}) || master(p, first{}) ? DpiStep::partial : DpiStep::inspecting;
}
// True when the answer so far is not the library's last word and give_up() is to be asked for one.
inline bool open_ended(const ndpi_protocol& p) {
  return p.state != NDPI_STATE_CLASSIFIED && p.state != NDPI_STATE_MONITORING;
}
#else
// Unknown: look on. Known and nothing more to dissect: done. Asked for only when the protocol is
// known, as ndpiReader does.
inline DpiStep progress(NdpiModule* module, NdpiFlow* flow, const ndpi_protocol& p) {
  if (app(p, first{}) == 0) return DpiStep::inspecting;
  return ndpi_extra_dissection_possible(module, flow) ? DpiStep::partial : DpiStep::done;
}
inline bool open_ended(const ndpi_protocol& p) { return app(p, first{}) == 0; }
#endif

// Cross-site scripting, SQL and command injection in a URL: ndpiReader asks for it when it prints a
// flow.
inline ndpi_risk_enum validate_url(ndpi_risk_enum (*function)(char*), NdpiModule*, NdpiFlow*,
                                   char* url) {
  return function(url);
}
inline ndpi_risk_enum validate_url(ndpi_risk_enum (*function)(NdpiModule*, NdpiFlow*, char*),
                                   NdpiModule* module, NdpiFlow* flow, char* url) {
  return function(module, flow, url);
}

// --- Names
// ---------------------------------------------------------------------------------------------------

template <class Text>
const char* breed_name(Text (*function)(NdpiModule*, ndpi_protocol_breed_t), NdpiModule* module,
                       int id) {
  return function(module, static_cast<ndpi_protocol_breed_t>(id));
}
template <class Text>
const char* breed_name(Text (*function)(ndpi_protocol_breed_t), NdpiModule*, int id) {
  return function(static_cast<ndpi_protocol_breed_t>(id));
}

template <class Module>
auto protocol_count(Module* module, first) -> decltype(unsigned(ndpi_get_num_protocols(module))) {
  return ndpi_get_num_protocols(module);
}
template <class Module>
auto protocol_count(Module* module, second)
    -> decltype(unsigned(ndpi_get_num_supported_protocols(module))) {
  return ndpi_get_num_supported_protocols(module);
}

// Later releases have a flag; before, a protocol with neither dissector nor port is one that names and addresses tell.
template <class Defaults>
auto application_flag(const Defaults& defaults, first) -> decltype(bool(defaults.isAppProtocol)) {
  return defaults.isAppProtocol;
}
template <class Defaults>
auto application_flag(const Defaults& defaults, second) -> decltype(defaults.func == nullptr) {
  return defaults.func == nullptr && !defaults.tcp_default_ports[0] && !defaults.udp_default_ports[0];
}
template <class Module>
auto is_application(Module* module, uint16_t id, first)
    -> decltype(application_flag(ndpi_get_proto_defaults(module)[id], first{})) {
  return application_flag(ndpi_get_proto_defaults(module)[id], first{});
}
template <class Module>
bool is_application(Module*, uint16_t, second) {
  return false;
}

template <class Module>
auto category_of(Module* module, uint16_t id, first) -> decltype(unsigned(ndpi_get_proto_defaults(module)[id].protoCategory)) {
  return static_cast<unsigned>(ndpi_get_proto_defaults(module)[id].protoCategory);
}
template <class Module>
unsigned category_of(Module*, uint16_t, second) {
  return 0;
}

struct CipherText {
  char text[64];
  void copy(const char* name) {
    const size_t length = strnlen(name, sizeof text - 1);
    memcpy(text, name, length);
    text[length] = '\0';
  }
};
// Up to 4.4 an unknown cipher is printed into a buffer that is shared by all threads.
inline CipherText cipher_name(const char* (*function)(u_int32_t), unsigned cipher) {
  static std::mutex shared_buffer;
  const std::lock_guard<std::mutex> lock(shared_buffer);
  CipherText result;
  result.copy(function(cipher));
  return result;
}
inline CipherText cipher_name(const char* (*function)(u_int32_t, char*), unsigned cipher) {
  char unknown[8] = "";
  CipherText result;
  result.copy(function(cipher, unknown));
  return result;
}

}  // namespace dipper::compat
