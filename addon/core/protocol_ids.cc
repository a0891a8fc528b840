#include "protocol_ids.h"

#include <mutex>
#include <unordered_map>

namespace dipper {

uint16_t ProtocolIds::of(const std::string& name, uint16_t first) {
  static std::mutex mutex;
  static std::unordered_map<std::string, uint16_t> numbers;
  const std::lock_guard<std::mutex> lock(mutex);
  const auto known = numbers.find(name);
  if (known != numbers.end()) return static_cast<uint16_t>(first + known->second);
  if (numbers.size() >= most_names || first > UINT16_MAX - most_names) return 0;
  const auto number = static_cast<uint16_t>(numbers.size());
  numbers.emplace(name, number);
  return static_cast<uint16_t>(first + number);
}

}  // namespace dipper
