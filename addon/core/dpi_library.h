// The one header that includes libndpi's; only dpi*.cc include it. Nothing of it shows in dpi.h.
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored \
    "-Wpedantic"  // libndpi's headers use zero-length arrays and anonymous structs
#endif
#include <ndpi_api.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#include "dpi.h"

// Odd minor numbers are development trees that change from day to day: prefer asking for a member
// or a function (dpi_compat.h) to asking for a version.
#define DIPPER_NDPI_AT_LEAST(major, minor) \
  (NDPI_MAJOR > (major) || (NDPI_MAJOR == (major) && NDPI_MINOR >= (minor)))

namespace dipper {

using NdpiModule = ndpi_detection_module_struct;
using NdpiFlow = ndpi_flow_struct;

// A DpiState is the library's flow struct under a name that dpi.h can say.
inline NdpiFlow* flow_of(DpiState* state) { return reinterpret_cast<NdpiFlow*>(state); }
inline const NdpiFlow* flow_of(const DpiState* state) {
  return reinterpret_cast<const NdpiFlow*>(state);
}
inline DpiState* state_of(NdpiFlow* flow) { return reinterpret_cast<DpiState*>(flow); }

// dpi_load.cc. libndpi's init and exit touch process-wide state and must not run in parallel (its
// header says so).
std::mutex& library_mutex();
// Null and a message. `own_protocols`: how many the library knows without the user's files.
NdpiModule* open_module(const DpiOptions& options, unsigned& own_protocols, std::string& error);
void close_module(NdpiModule* module);

}  // namespace dipper
