// The description of a source, from JavaScript. Thread: that of the environment.
#pragma once
#include <napi.h>

#include "sources/sources.h"

namespace dipper {

// Reads the properties that SourceOptions has a field for; those that are absent keep their default.
// src/capture/source.ts has checked their types and ranges.
SourceOptions read_source_options(const Napi::Object& source);

}  // namespace dipper
