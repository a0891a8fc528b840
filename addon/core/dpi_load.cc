// Making a detection module: the check that header and library agree, the user's files in
// ndpiReader's order, and where libndpi's own printing goes. Any thread; one at a time, by
// library_mutex().
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "dpi_compat.h"

// C's stdout can be replaced with glibc only.
#if defined(__GLIBC__)
#define DIPPER_NDPI_PRINTS 1
#else
#define DIPPER_NDPI_PRINTS 0
#endif

namespace dipper {
namespace {

#if DIPPER_NDPI_PRINTS
// libndpi prints what it dislikes about a file to C's stdout, where our JSON goes. While it lives,
// this catches the text instead. Node itself writes to the descriptor, never
// through C's stdout.
// One stream for the process, never closed: a worker whose packet makes libndpi print meanwhile may
// hold it. Used under library_mutex().
class LibraryOutput {
 public:
  LibraryOutput() : saved_(stdout) {
    if (!stream) stream = open_memstream(&text, &size);
    if (!stream) return;
    rewind(stream);
    stdout = stream;
  }
  ~LibraryOutput() { stdout = saved_; }
  LibraryOutput(const LibraryOutput&) = delete;
  LibraryOutput& operator=(const LibraryOutput&) = delete;
  // What was printed since the last call, without the line feed at its end.
  std::string take() {
    if (!stream) return {};
    fflush(stream);
    std::string taken(text, size);
    rewind(stream);
    while (!taken.empty() && taken.back() == '\n') taken.pop_back();
    return taken;
  }

 private:
  inline static FILE* stream = nullptr;
  inline static char* text = nullptr;
  inline static size_t size = 0;
  FILE* saved_;
};
#else
struct LibraryOutput {
  std::string take() { return {}; }
};
#endif

// libndpi opens the file again; asking first gives a message that names the option and the reason.
// A directory opens but can't be read.
bool readable(const std::string& path, std::string& reason) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (fd < 0 || fstat(fd, &status) != 0) {
    reason = strerror(errno);
  } else if (S_ISDIR(status.st_mode)) {
    reason = strerror(EISDIR);
  }
  if (fd >= 0) close(fd);
  return reason.empty();
}

// In the order of ndpiReader: each of these calls may depend on the one before.
bool load(NdpiModule* module, const DpiOptions& options, LibraryOutput& output,
          std::string& error) {
  using Load = int (*)(NdpiModule*, const char*);
  const struct {
    const char* option;
    const std::string& path;
    Load load;
  } files[] = {
      {"--ndpi-protocols", options.protocols_file,
       [](NdpiModule* m, const char* path) -> int { return ndpi_load_protocols_file(m, path); }},
      {"--ndpi-categories", options.categories_file,
       [](NdpiModule* m, const char* path) {
         return compat::load_categories(&ndpi_load_categories_file, m, path);
       }},
      {"--ndpi-risky-domains", options.risky_domains_file,
       [](NdpiModule* m, const char* path) -> int { return ndpi_load_risk_domain_file(m, path); }},
      {"--ndpi-ja3", options.ja3_file,
       [](NdpiModule* m, const char* path) -> int {
         return compat::load_ja3(m, path, compat::first{});
       }},
      {"--ndpi-certificates", options.certificates_file,
       [](NdpiModule* m, const char* path) -> int {
         return ndpi_load_malicious_sha1_file(m, path);
       }},
  };
  for (const auto& file : files) {
    if (file.path.empty()) continue;
    std::string reason;
    if (!readable(file.path, reason)) {
      error = std::string(file.option) + ": can't read " + file.path + ": " + reason;
      return false;
    }
    const int loaded = file.load(module, file.path.c_str());
    const std::string said = output.take();
    if (loaded < 0 || !said.empty()) {
      error = std::string(file.option) + ": libndpi can't load " + file.path +
              (said.empty() ? ": check its format" : ": " + said);
      return false;
    }
  }
  if (!options.reference) {
    compat::set_packet_limit(module, std::max(options.max_packets_tcp, options.max_packets_udp),
                             compat::first{});
  }
  if (!compat::finalize(&ndpi_finalize_initialization, module)) {
    error = "libndpi can't finish its initialization";
    return false;
  }
  return true;
}

}  // namespace

std::mutex& library_mutex() {
  static std::mutex mutex;
  return mutex;
}

bool Dpi::same_library(std::string& error) {
  const unsigned header_api = static_cast<uint16_t>(NDPI_API_VERSION),
                 library_api = ndpi_get_api_version();
  const size_t header_size = sizeof(NdpiFlow),
               library_size = ndpi_detection_get_sizeof_ndpi_flow_struct();
  if (header_api == library_api && header_size == library_size) return true;
  char text[400];
  snprintf(text, sizeof text,
           "libndpi does not match the headers Dipper was built with: headers %d.%d (API %u, %zu "
           "bytes a flow), "
           "library %s (API %u, %zu bytes a flow); rebuild with `npm run build`",
           NDPI_MAJOR, NDPI_MINOR, header_api, header_size, ndpi_revision(), library_api,
           library_size);
  error = text;
  return false;
}

NdpiModule* open_module(const DpiOptions& options, unsigned& own_protocols, std::string& error) {
  if (!Dpi::same_library(error)) return nullptr;
  const std::lock_guard<std::mutex> lock(library_mutex());
  LibraryOutput output;
  NdpiModule* module = compat::init(&ndpi_init_detection_module);
  if (!module) {
    error = "libndpi can't make a detection module: out of memory?";
    return nullptr;
  }
  compat::enable_all(module);
  own_protocols = compat::protocol_count(module, compat::first{});
  output.take();
  if (load(module, options, output, error)) return module;
  ndpi_exit_detection_module(module);
  return nullptr;
}

void close_module(NdpiModule* module) {
  const std::lock_guard<std::mutex> lock(library_mutex());
  ndpi_exit_detection_module(module);
}

void Dpi::silence_library() {
#if DIPPER_NDPI_PRINTS
  static FILE* const nowhere = fopen("/dev/null", "we");
  if (nowhere) stdout = nowhere;
#endif
}

}  // namespace dipper
