// What libndpi calls protocols, categories and risks, for JavaScript. Thread: that of the environment.
#pragma once
#include <napi.h>

namespace dipper {

// (files) -> {protocols: [{id, name, category, application}], categories: [{id, name}], risks: [{id, name}]}, with the
// user's files loaded (the order of Engine.fileNames). Throws an Error with `exitCode` 69 or 78.
Napi::Value protocol_names(const Napi::CallbackInfo& info);

}  // namespace dipper
