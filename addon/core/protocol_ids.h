// Numbers for protocols that the user's files name. The library counts them from its last own one on, in the order of the
// file, so that another file gives the same number to another name. Here a name keeps its number for the life of
// the process, over all modules: flows outlive the module that named them. Any thread; locked.
#pragma once
#include <cstdint>
#include <string>

namespace dipper {

class ProtocolIds {
 public:
  static constexpr uint16_t most_names = 8192;

  // The number of `name`, at least `first`, the number of the library's own protocols; 0 when there have been too many names.
  static uint16_t of(const std::string& name, uint16_t first);
};

}  // namespace dipper
