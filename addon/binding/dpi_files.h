#pragma once
#include <napi.h>

#include "core/dpi.h"

namespace dipper {

// The files that JavaScript names, an array in the order of Engine.fileNames ("" = none), into `options`.
void read_dpi_files(const Napi::Array& files, DpiOptions& options);

}  // namespace dipper
