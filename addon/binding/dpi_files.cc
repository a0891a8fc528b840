#include "dpi_files.h"

namespace dipper {

void read_dpi_files(const Napi::Array& files, DpiOptions& options) {
  std::string* const paths[] = {&options.protocols_file, &options.categories_file, &options.risky_domains_file,
                                &options.ja3_file, &options.certificates_file};
  uint32_t i = 0;
  for (std::string* path : paths) *path = files.Get(i++).As<Napi::String>().Utf8Value();
}

}  // namespace dipper
