// Why the host refused something, for people, with the exit code of sysexits.h that fits.
#pragma once
#include <string>

namespace dipper {

struct HostError {
  int exit_code = 0;  // 0: no error
  std::string message;

  bool set(int code, std::string text) {  // always false: `return error.set(...)`
    exit_code = code;
    message = std::move(text);
    return false;
  }
};

}  // namespace dipper
