// Fuzz target: DNS messages -> answers. The first byte chooses unicast or multicast. Whatever comes, answers are bounded and
// their names clean; the parser reads a copy of exact size, so that ASan sees a read past it.
#include <cstdlib>
#include <cstring>
#include <memory>

#include "core/dns_answers.h"

using namespace dipper;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::unique_ptr<uint8_t[]> message(new uint8_t[size]);
  memcpy(message.get(), data + 1, size - 1);
  const auto answers = dns_answers(message.get(), size - 1, data[0] & 1);
  if (answers.size() > 64) abort();
  for (const DnsAnswer& answer : answers) {
    if (answer.name.empty() || answer.name.size() > 253) abort();
    if (answer.ip_version != 4 && answer.ip_version != 6) abort();
    for (const char c : answer.name)
      if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.')) abort();
  }
  return 0;
}
