// Privileges, the opener, the service manager and the PID file for JavaScript. Thread: the
// environment's.
#pragma once
#include <napi.h>

namespace dipper {

// Adds to `exports`: privileges, findAccount, dropPrivileges, notifyServiceManager, lockPidFile,
// pidFileHolder, Opener. They throw an Error with `exitCode` (sysexits). src/addon.ts checks and
// orders the arguments.
void define_host(Napi::Env env, Napi::Object exports);

}  // namespace dipper
