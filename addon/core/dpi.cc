// One nDPI detection module and the pool of its flow states; see dpi.h. What a worker asks per packet is step():
// 44 instructions of ours, measured with callgrind, where libndpi 4.2 takes some 8,000.
#include "dpi.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <mutex>
#include <utility>
#include <vector>

#include "dpi_compat.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) static_cast<void>(0)
#define ASAN_UNPOISON_MEMORY_REGION(address, size) static_cast<void>(0)
#endif

namespace dipper {
namespace {

// libndpi's init and exit touch process-wide state and must not run in parallel (its header says so).
std::mutex& library_mutex() {
  static std::mutex mutex;
  return mutex;
}

// C's stdout can be replaced with glibc only.
#if !DIPPER_NDPI_AT_LEAST(4, 6) && defined(__GLIBC__)
#define DIPPER_NDPI_PRINTS 1
#else
#define DIPPER_NDPI_PRINTS 0
#endif

#if DIPPER_NDPI_PRINTS
// libndpi 4.2 and 4.4 print what they dislike about a file to C's stdout, where our JSON goes. While it lives,
// this catches the text instead. Node itself writes to the descriptor, never through C's stdout.
class LibraryOutput {
 public:
  LibraryOutput() : stream_(open_memstream(&text_, &size_)), saved_(stdout) {
    if (stream_) stdout = stream_;
  }
  ~LibraryOutput() {
    stdout = saved_;
    if (stream_) fclose(stream_);
    free(text_);
  }
  LibraryOutput(const LibraryOutput&) = delete;
  LibraryOutput& operator=(const LibraryOutput&) = delete;
  // What was printed since the last call, without the line feed at its end.
  std::string take() {
    if (!stream_) return {};
    fflush(stream_);
    std::string taken(text_ + taken_, size_ - taken_);
    taken_ = size_;
    while (!taken.empty() && taken.back() == '\n') taken.pop_back();
    return taken;
  }

 private:
  char* text_ = nullptr;
  size_t size_ = 0, taken_ = 0;
  FILE* stream_;
  FILE* saved_;
};
#else
struct LibraryOutput {
  std::string take() { return {}; }
};
#endif

// libndpi opens the file again; asking first gives a message that names the option and the reason. A directory
// opens but can't be read.
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

bool same_library(std::string& error) {
  const unsigned header_api = static_cast<uint16_t>(NDPI_API_VERSION), library_api = ndpi_get_api_version();
  const size_t header_size = sizeof(NdpiFlow), library_size = ndpi_detection_get_sizeof_ndpi_flow_struct();
  if (header_api == library_api && header_size == library_size) return true;
  char text[400];
  snprintf(text, sizeof text,
           "libndpi does not match the headers Dipper was built with: headers %d.%d (API %u, %zu bytes a flow), "
           "library %s (API %u, %zu bytes a flow); rebuild with `npm run build`",
           NDPI_MAJOR, NDPI_MINOR, header_api, header_size, ndpi_revision(), library_api, library_size);
  error = text;
  return false;
}

const char* name_or_unknown(const char* name) { return name ? name : "Unknown"; }

// Free states are chained through their own first bytes.
struct FreeState {
  FreeState* next;
};
constexpr size_t state_bytes = (sizeof(NdpiFlow) + 63) / 64 * 64;  // a state shares no cache line
constexpr size_t slab_states = 64;

}  // namespace

struct Dpi::Impl {
  NdpiModule* module = nullptr;
  FreeState* free = nullptr;
  uint64_t in_use = 0;
  // A flow is given up with the packet that reaches the limit of its L4 protocol.
  uint32_t limit_tcp = 0, limit_udp = 0, limit_other = 0;
  uint64_t scored_risks = 0;  // the last mask that was scored, and its score: most flows repeat a few masks
  uint16_t score = 0;
  std::vector<uint8_t> breeds;  // of each protocol id
  std::vector<const char*> protocol_names, category_names;
  std::array<const char*, 256> breed_names{}, confidence_names{};
  std::array<std::string, 64> risk_names;  // copies: libndpi prints an unknown one into a shared buffer
  std::vector<void*> slabs;

  ~Impl() {
    for (void* slab : slabs) {
      ASAN_UNPOISON_MEMORY_REGION(slab, slab_states * state_bytes);
      std::free(slab);
    }
    if (!module) return;
    const std::lock_guard<std::mutex> lock(library_mutex());
    ndpi_exit_detection_module(module);
  }

  bool load(const DpiOptions& options, std::string& error);
  void read_names();
  bool grow();
  void read(const ndpi_protocol& p, NdpiFlow* flow, Detection& detection);
  void last_word(NdpiFlow* flow, Detection& detection);
  void add_url_risk(NdpiFlow* flow, Detection& detection);
  uint16_t score_of(uint64_t risks);

  uint32_t limit(uint8_t ip_protocol) const {
    return ip_protocol == 6 ? limit_tcp : ip_protocol == 17 ? limit_udp : limit_other;
  }
};

// In the order of ndpiReader: each of these calls may depend on the one before.
bool Dpi::Impl::load(const DpiOptions& options, std::string& error) {
  LibraryOutput output;
  module = compat::init(&ndpi_init_detection_module);
  if (!module) {
    error = "libndpi can't make a detection module: out of memory?";
    return false;
  }
  compat::enable_all(module);
  output.take();

  using Load = int (*)(NdpiModule*, const char*);
  const struct {
    const char* option;
    const std::string& path;
    Load load;
  } files[] = {
      {"--ndpi-protocols", options.protocols_file,
       [](NdpiModule* m, const char* path) -> int { return ndpi_load_protocols_file(m, path); }},
      {"--ndpi-categories", options.categories_file,
       [](NdpiModule* m, const char* path) { return compat::load_categories(&ndpi_load_categories_file, m, path); }},
      {"--ndpi-risky-domains", options.risky_domains_file,
       [](NdpiModule* m, const char* path) -> int { return ndpi_load_risk_domain_file(m, path); }},
      {"--ndpi-ja3", options.ja3_file,
       [](NdpiModule* m, const char* path) -> int { return compat::load_ja3(m, path, compat::first{}); }},
      {"--ndpi-certificates", options.certificates_file,
       [](NdpiModule* m, const char* path) -> int { return ndpi_load_malicious_sha1_file(m, path); }},
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
    compat::set_packet_limit(module, std::max(options.max_packets_tcp, options.max_packets_udp), compat::first{});
  }
  if (!compat::finalize(&ndpi_finalize_initialization, module)) {
    error = "libndpi can't finish its initialization";
    return false;
  }
  return true;
}

void Dpi::Impl::read_names() {
  const unsigned protocols = compat::protocol_count(module, compat::first{});
  for (unsigned id = 0; id < protocols; ++id) {
    protocol_names.push_back(name_or_unknown(ndpi_get_proto_name(module, static_cast<uint16_t>(id))));
    breeds.push_back(static_cast<uint8_t>(ndpi_get_proto_breed(module, static_cast<uint16_t>(id))));
  }
  for (int id = 0; id < NDPI_PROTOCOL_NUM_CATEGORIES; ++id) {
    category_names.push_back(
        name_or_unknown(ndpi_category_get_name(module, static_cast<ndpi_protocol_category_t>(id))));
  }
  breed_names.fill("Unknown");
  confidence_names.fill("Unknown");
  risk_names.fill("Unknown");
  for (int id = 0; id < NUM_BREEDS; ++id) {
    breed_names[id] = name_or_unknown(compat::breed_name(&ndpi_get_proto_breed_name, module, id));
  }
  for (int id = 0; id < NDPI_CONFIDENCE_MAX; ++id) {
    confidence_names[id] = name_or_unknown(ndpi_confidence_get_name(static_cast<ndpi_confidence_t>(id)));
  }
  for (int bit = 0; bit < NDPI_MAX_RISK && bit < 64; ++bit) {
    risk_names[bit] = name_or_unknown(ndpi_risk2str(static_cast<ndpi_risk_enum>(bit)));
  }
}

bool Dpi::Impl::grow() {
  char* slab = static_cast<char*>(std::aligned_alloc(64, slab_states * state_bytes));
  if (!slab) return false;
  slabs.push_back(slab);
  for (size_t i = slab_states; i-- > 0;) {
    free = new (slab + i * state_bytes) FreeState{free};
  }
  return true;
}

uint16_t Dpi::Impl::score_of(uint64_t risks) {
  if (risks != scored_risks) {
    u_int16_t client = 0, server = 0;
    score = ndpi_risk2score(risks, &client, &server);
    scored_risks = risks;
  }
  return score;
}

void Dpi::Impl::read(const ndpi_protocol& p, NdpiFlow* flow, Detection& detection) {
  detection.master = compat::master(p, compat::first{});
  detection.app = compat::app(p, compat::first{});
  detection.category = static_cast<uint16_t>(p.category);
  detection.confidence = static_cast<uint8_t>(flow->confidence);
  detection.risks = flow->risk;
  detection.score = score_of(flow->risk);
  const uint16_t protocol = detection.protocol();
  const uint8_t breed = protocol < breeds.size()
                            ? breeds[protocol]
                            : static_cast<uint8_t>(ndpi_get_proto_breed(module, protocol));
  detection.breed = compat::breed(p, breed, compat::first{});
  detection.guessed = false;
}

void Dpi::Impl::last_word(NdpiFlow* flow, Detection& detection) {
  const bool known = flow->detected_protocol_stack[0] != NDPI_PROTOCOL_UNKNOWN;
  bool guessed = false;
  read(compat::give_up(&ndpi_detection_giveup, module, flow, guessed), flow, detection);
  // 4.2 does not raise its flag for an answer out of the mining cache.
  detection.guessed =
      !known && detection.protocol() != 0 && (guessed || detection.confidence != NDPI_CONFIDENCE_DPI);
}

// The last part of ndpiReader's risk set: it asks for the URL's when it prints a flow, for those protocols whose
// HTTP part it keeps, and looks at the first 255 bytes.
void Dpi::Impl::add_url_risk(NdpiFlow* flow, Detection& detection) {
  if (!flow->http.url) return;
  const auto is = [&](uint16_t id) { return detection.master == id || detection.app == id; };
  if (!is(NDPI_PROTOCOL_HTTP)) return;
  for (const uint16_t shown_otherwise :
       {NDPI_PROTOCOL_DHCP, NDPI_PROTOCOL_BITTORRENT, NDPI_PROTOCOL_DNS, NDPI_PROTOCOL_MDNS, NDPI_PROTOCOL_UBNTAC2,
        NDPI_PROTOCOL_FTP_CONTROL, NDPI_PROTOCOL_MAIL_IMAP, NDPI_PROTOCOL_MAIL_POP, NDPI_PROTOCOL_MAIL_SMTP,
        NDPI_PROTOCOL_KERBEROS}) {
    if (is(shown_otherwise)) return;
  }
  char url[256];
  const size_t length = strnlen(flow->http.url, sizeof url - 1);
  memcpy(url, flow->http.url, length);
  url[length] = '\0';
  const int risk = compat::validate_url(&ndpi_validate_url, module, flow, url);
  if (risk == NDPI_NO_RISK) return;
  detection.risks |= uint64_t{1} << risk;
  detection.score = score_of(detection.risks);
}

Dpi::Dpi() : impl_(std::make_unique<Impl>()) {}
Dpi::~Dpi() = default;

std::unique_ptr<Dpi> Dpi::create(const DpiOptions& options, std::string& error) {
  if (!same_library(error)) return nullptr;
  std::unique_ptr<Dpi> dpi(new Dpi);
  Impl& impl = *dpi->impl_;
  bool loaded = false;
  {
    const std::lock_guard<std::mutex> lock(library_mutex());
    loaded = impl.load(options, error);
    if (loaded) impl.read_names();
  }
  if (!loaded) return nullptr;
  // ndpiReader gives up with the packet after its limit of 80 and 24. Ours is the last packet that libndpi looks
  // at, 32: showing it one more teaches nothing.
  constexpr uint32_t never = std::numeric_limits<uint32_t>::max();
  impl.limit_tcp = options.reference ? 81 : options.max_packets_tcp;
  impl.limit_udp = options.reference ? 25 : options.max_packets_udp;
  impl.limit_other = options.reference ? never : options.max_packets_udp;
  return dpi;
}

DpiState* Dpi::acquire() {
  Impl& impl = *impl_;
  if (!impl.free && !impl.grow()) return nullptr;
  FreeState* state = impl.free;
  ASAN_UNPOISON_MEMORY_REGION(state, state_bytes);
  impl.free = state->next;
  ++impl.in_use;
  return state_of(static_cast<NdpiFlow*>(memset(static_cast<void*>(state), 0, sizeof(NdpiFlow))));
}

void Dpi::release(DpiState* state) {
  Impl& impl = *impl_;
  ndpi_free_flow_data(flow_of(state));
  impl.free = new (state) FreeState{impl.free};
  ASAN_POISON_MEMORY_REGION(state, state_bytes);  // the pool must not hide a use after release
  --impl.in_use;
}

uint64_t Dpi::states_in_use() const { return impl_->in_use; }

DpiStep Dpi::step(DpiState* state, const Packet& packet, uint32_t packets_seen, Detection& detection) {
  Impl& impl = *impl_;
  NdpiFlow* flow = flow_of(state);
  const ndpi_protocol p = compat::process(&ndpi_detection_process_packet, impl.module, flow, packet.l3,
                                          packet.l3_length, packet.timestamp_ns / 1000000);
  DpiStep step;
  if (packets_seen < impl.limit(packet.key.ip_protocol)) {
    step = compat::progress(impl.module, flow, p);
    if (step == DpiStep::inspecting) return step;
    impl.read(p, flow, detection);
    if (step == DpiStep::partial) return step;
  } else if (compat::open_ended(p)) {
    impl.last_word(flow, detection);
  } else {
    impl.read(p, flow, detection);
  }
  impl.add_url_risk(flow, detection);
  return DpiStep::done;
}

void Dpi::give_up(DpiState* state, Detection& detection) {
  impl_->last_word(flow_of(state), detection);
  impl_->add_url_risk(flow_of(state), detection);
}

const char* Dpi::protocol_name(uint16_t id) const {
  if (id < impl_->protocol_names.size()) return impl_->protocol_names[id];
  return name_or_unknown(ndpi_get_proto_name(impl_->module, id));
}
const char* Dpi::category_name(uint16_t id) const {
  return id < impl_->category_names.size() ? impl_->category_names[id] : "Unknown";
}
const char* Dpi::breed_name(uint8_t id) const { return impl_->breed_names[id]; }
const char* Dpi::confidence_name(uint8_t id) const { return impl_->confidence_names[id]; }
const char* Dpi::risk_name(unsigned bit) const { return bit < 64 ? impl_->risk_names[bit].c_str() : "Unknown"; }
uint16_t Dpi::protocol_count() const { return static_cast<uint16_t>(impl_->protocol_names.size()); }

const char* Dpi::library_version() {
  // "4.2.0", or "4.11.0-5018-3b1286ab0" for a build out of git.
  static const std::string version = [] {
    const std::string revision = ndpi_revision();
    return revision.substr(0, revision.find('-'));
  }();
  return version.c_str();
}

void Dpi::silence_library() {
#if DIPPER_NDPI_PRINTS
  static FILE* const nowhere = fopen("/dev/null", "we");
  if (nowhere) stdout = nowhere;
#endif
}

size_t Dpi::state_size() { return state_bytes; }

}  // namespace dipper
